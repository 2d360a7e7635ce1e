"""What runs on this machine, for tests that start and kill real processes."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def until(fact: Callable[[], object], *, seconds: float = 20.0) -> float:
    """Poll until the fact holds; return how long it took."""
    born = time.monotonic()
    while not fact():
        assert time.monotonic() - born < seconds, f"not so within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - born


def alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has reaped does not."""
    return any(pid == running for running, _parent in _table())


def descendants(root: int) -> set[int]:
    """The running children of `root`, and theirs."""
    table = list(_table())
    found = {root}
    while more := {pid for pid, parent in table if parent in found} - found:
        found |= more
    return found - {root}


def child_running(root: int, *words: str) -> int | None:
    """The oldest descendant whose command line holds all words."""
    fitting = (p for p in sorted(descendants(root)) if all(w in command_of(p) for w in words))
    return next(fitting, None)


def command_of(pid: int) -> str:
    told = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout


def environment(**changes: str | None) -> dict[str, str]:
    """The environment without the test run's own servers."""
    own = {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "SOJOURN_STATE", "PUBLIC_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return kept | {name: value for name, value in changes.items() if value is not None}


def _table() -> Iterator[tuple[int, int]]:
    """(pid, parent) of each process that is not a zombie."""
    told = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False
    )
    for line in told.stdout.splitlines():
        pid, parent, state = line.split()
        if not state.startswith("Z"):
            yield int(pid), int(parent)
