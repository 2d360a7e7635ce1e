"""What runs on this machine, for tests that start and kill real processes."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.lived import Lived

LINUX = Path("/proc/self/stat").exists()
REPOSITORY = Path(__file__).resolve().parents[2]


def until(fact: Callable[[], object], *, seconds: float = 180.0) -> float:
    """Poll until the fact holds, less and less often; return how long it took us.

    A machine that stood still meanwhile has not let us wait.
    """
    with Lived() as waited:
        while not fact():
            assert waited.seconds < seconds, f"not so within {seconds} s"
            time.sleep(min(max(waited.seconds / 20, 0.005), 0.1))
    return waited.seconds


def alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has reaped does not."""
    if not LINUX:
        return any(pid == running for running, *_ in _other_table())
    with suppress(OSError):
        return _state_and_parent(pid)[0] != "Z"
    return False


def descendants(root: int) -> set[int]:
    """The running children of `root`, and theirs."""
    table = list(_table())
    found = {root}
    while more := {pid for pid, parent, _ in table if parent in found} - found:
        found |= more
    return found - {root}


def child_running(root: int, *words: str) -> int | None:
    """The oldest descendant whose command line holds all words."""
    fitting = (p for p in sorted(descendants(root)) if all(w in command_of(p) for w in words))
    return next(fitting, None)


def command_of(pid: int) -> str:
    return next((command for found, _parent, command in _table() if found == pid), "")


def environment(**changes: str | None) -> dict[str, str]:
    """The environment without the test run's own servers."""
    own = {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "SOJOURN_STATE", "PUBLIC_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return kept | {name: value for name, value in changes.items() if value is not None}


def _table() -> Iterator[tuple[int, int, str]]:
    """(pid, parent, command line) of each process that is not a zombie."""
    return _linux_table() if LINUX else _other_table()


def _linux_table() -> Iterator[tuple[int, int, str]]:
    """Small Linux images have no `ps`."""
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):
            state, parent = _state_and_parent(pid)
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if state != "Z":
                yield pid, parent, command


def _state_and_parent(pid: int) -> tuple[str, int]:
    state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return state, int(parent)


def _other_table() -> Iterator[tuple[int, int, str]]:
    command = ["ps", "-axwwo", "pid=,ppid=,stat=,args="]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in told.stdout.splitlines():
        pid, parent, state, args = line.split(maxsplit=3)
        if not state.startswith("Z"):
            yield int(pid), int(parent), args
