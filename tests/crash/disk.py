"""An installation whose state folder is a small disk of its own, which can be full. Root only."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

import pytest

from tests.acceptance.installation import Installation

MEGABYTES = 700
PIECE = 1 << 16


class OnSmallDisk(Installation):
    """Data of PostgreSQL and Valkey, logs and secrets: all on one file system in memory."""

    def __enter__(self) -> "OnSmallDisk":
        command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0711", "tmpfs"]
        mounted = subprocess.run([*command, self.home], capture_output=True, text=True, check=False)
        if mounted.returncode:
            shutil.rmtree(self.home)
            pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        super().__enter__()
        return self

    def _clear_away(self) -> None:
        try:
            super()._clear_away()
        finally:
            subprocess.run(["umount", self.home], check=True)
            self.home.rmdir()

    @contextmanager
    def full(self) -> Iterator[None]:
        """While entered, whatever becomes free is taken at once."""
        over = threading.Event()
        thread = threading.Thread(target=self._fill, args=[over])
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            (self.home / "ballast").unlink()

    def _fill(self, over: threading.Event) -> None:
        with (self.home / "ballast").open("ab", buffering=0) as ballast:
            while not over.wait(0.02):
                take_all(ballast)

    def free(self) -> int:
        """Bytes that are left."""
        facts = os.statvfs(self.home)
        return facts.f_bavail * facts.f_frsize


def take_all(ballast: IO[bytes]) -> None:
    """Until there is no room for one piece more, nor for a part of it."""
    with suppress(OSError):
        while ballast.write(bytes(PIECE)):
            pass
