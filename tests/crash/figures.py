"""What tests have counted, kept as JSON beside the page that is written from it.

Each test has one entry, of its last run; a run of a few tests leaves the other entries as they are.
"""

import datetime as dt
import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.results import Machine, machine
from config.embedded_binaries import postgres_folder, postgres_version

Figures = dict[str, Any]
"""Figures by their names on the page; numbers, or texts that say them."""


class Entry(msgspec.Struct, kw_only=True):
    """One test's last run; `load` is the machine's load average of the minute before it."""

    passed: bool
    date: str
    load: float
    seconds: float
    figures: Figures


class Kept(msgspec.Struct):
    """The file: the machine of the last run, and the entries by the tests' names."""

    machine: Machine | None = None
    tests: dict[str, Entry] = {}


def kept(path: Path) -> Kept:
    """What the file holds; nothing where there is none."""
    return msgspec.json.decode(path.read_bytes() or b"{}", type=Kept) if path.exists() else Kept()


def keep(path: Path, name: str, entry: Entry) -> None:
    """Put the entry into the file in place of the earlier one; one run waits for the other."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = kept(path)
        found.machine = _here(entry.date)
        found.tests[name] = entry
        text = msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1)
        path.write_bytes(text + b"\n")


def load() -> float:
    return round(os.getloadavg()[0], 2)


def today() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"


def _here(date: str) -> Machine:
    version = str(postgres_version(postgres_folder()))
    return machine(postgres=version, commit_ms=0.0, date=date)
