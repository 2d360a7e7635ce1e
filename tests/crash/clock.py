"""A wrong time of day for a whole installation: Python, PostgreSQL and Valkey see the same one.

The machine's own clock stays as it is, and so does the provider's. Linux with a C compiler only.
"""

import shutil
import stat
import struct
import subprocess
from pathlib import Path

import pytest

from config.embedded_binaries import postgres_folder, valkey_binary

SOURCE = Path(__file__).with_name("wrong_clock.c")
HOUR = 3600


class Clock:
    """The clock of every process that is started with its variables, in a folder open to all."""

    def __init__(self, home: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None or not Path("/proc/self/stat").exists():
            pytest.skip("a wrong clock needs Linux and a C compiler (Debian: apt-get install gcc)")
        self.library = home / "wrong_clock.so"
        self.offset = home / "offset"
        self.jumped = 0
        self.home = home
        paths = [str(self.library), str(SOURCE)]
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", *paths, "-ldl"]
        subprocess.run(command, check=True)
        self.offset.write_bytes(struct.pack("q", 0))
        self.offset.chmod(0o644)

    def jumps(self, *, to: float) -> None:
        """From here on the clock is so many hours ahead of the true one; behind it if negative."""
        with self.offset.open("r+b") as file:
            file.write(struct.pack("q", int(to * HOUR)))
        self.jumped += 1

    def variables(self) -> dict[str, str]:
        """What `up` is started with. Its servers get none, so their programs are wrapped."""
        folder = postgres_folder()
        for program in (folder / "postgres", folder / "initdb", valkey_binary()):
            self._wrap(program)
        return {
            **self._preloaded(),
            "PG_BIN": str(self.home),
            "VALKEY_BIN": str(self.home / valkey_binary().name),
        }

    def _preloaded(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "CLOCK_OFFSET": str(self.offset)}

    def _wrap(self, program: Path) -> None:
        told = " ".join(f"{name}='{value}'" for name, value in self._preloaded().items())
        wrapper = self.home / program.name
        wrapper.write_text(f"#!/bin/sh\n{told} exec '{program}' \"$@\"\n")
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
