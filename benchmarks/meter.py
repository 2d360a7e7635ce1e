"""What a stretch of work cost: time on the wall, processor time by part, WAL, peak memory.

Processor time is the kernel's own account of whole process trees, read from /proc: it holds on a
machine that others use too, where time on the wall does not.
"""

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.ground import Ground

TICK = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """`cpu` is in seconds by part; `peak_mb` is that of the largest process of `python`."""

    seconds: float
    cpu: Mapping[str, float]
    wal: int
    peak_mb: float

    @property
    def all_cpu(self) -> float:
        """Everything but the load generator and the provider."""
        return sum(spent for part, spent in self.cpu.items() if part not in ("client", "provider"))


class Meter:
    """Watches the servers and the given processes (with all their children) from now on."""

    def __init__(self, ground: Ground, **parts: Iterable[int]) -> None:
        self._ground = ground
        self._parts = {name: list(pids) for name, pids in parts.items()}
        self._parts |= {"postgres": [ground.postgres_pid], "broker": [ground.valkey_pid]}
        self._before = self._cpu()
        self._wal = ground.wal()
        self._began = time.perf_counter()

    def stop(self, *, seconds: float | None = None) -> Cost:
        """The cost since the beginning; `seconds` where somebody else held the watch."""
        took = time.perf_counter() - self._began
        after = self._cpu()
        spent = {name: after[name] - self._before[name] for name in after}
        peak = max((_peak(pid) for pid in _trees(self._parts.get("python", []))), default=0.0)
        return Cost(seconds or took, spent, self._ground.wal() - self._wal, peak)

    def _cpu(self) -> dict[str, float]:
        return {name: sum(_cpu(pid) for pid in _trees(pids)) for name, pids in self._parts.items()}


def _trees(roots: Iterable[int]) -> set[int]:
    """The processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        stat = _stat(int(entry.name))
        if stat:
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _cpu(pid: int) -> float:
    """User and system time of a process and of its children that have ended."""
    stat = _stat(pid)
    return sum(map(int, stat[11:15])) / TICK if stat else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


class Stretch:
    """What a few milliseconds of this process and its backend cost, in milliseconds: the kernel
    counts processor time by the nanosecond in schedstat, where stat has hundredths of a second.
    """

    def __init__(self, backend: int) -> None:
        self._backend = Path(f"/proc/{backend}/schedstat")
        self._before = self._read()

    def lap(self) -> dict[str, float]:
        """Time on the wall, and processor time of both, since the beginning or the last lap."""
        after = self._read()
        wall, python, postgres = (b - a for a, b in zip(self._before, after, strict=True))
        self._before = after
        return {"ms": wall * 1e3, "cpu": (python + postgres) * 1e3, "postgres": postgres * 1e3}

    def _read(self) -> tuple[float, float, float]:
        postgres = int(self._backend.read_text().split()[0]) / 1e9
        return time.perf_counter(), time.process_time(), postgres
