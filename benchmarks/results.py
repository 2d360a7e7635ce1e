"""Results as values: runs of a line, medians with their spread, goals; as a table, JSON and
Markdown.
"""

import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.meter import Cost

EACH = "per second"


class Line(msgspec.Struct):
    """One way of doing the work. `runs` hold the same figures each, named with their unit."""

    name: str
    runs: list[dict[str, float]]

    def median(self, figure: str) -> float:
        return statistics.median(run[figure] for run in self.runs)

    def spread(self, figure: str) -> tuple[float, float]:
        values = [run[figure] for run in self.runs]
        return min(values), max(values)


class Goal(msgspec.Struct):
    """What is wanted of a figure: at least (or at most) so much."""

    text: str
    value: float
    wanted: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.value <= self.wanted if self.at_most else self.value >= self.wanted


class Result(msgspec.Struct):
    """One benchmark: what was measured, on how much, and what came out."""

    name: str
    title: str
    what: str
    lines: list[Line]
    goals: list[Goal] = []
    notes: list[str] = []
    measured: str = ""


class Machine(msgspec.Struct):
    """Where and when."""

    processor: str
    cores: int
    load_before: float
    commit_ms: float
    system: str
    python: str
    postgres: str
    date: str


def figures(cost: Cost, items: int) -> dict[str, float]:
    """The figures of a stretch of work over so many items."""
    return {
        EACH: items / cost.seconds,
        "CPU µs each": cost.all_cpu / items * 1e6,
        "of it PostgreSQL": cost.cpu["postgres"] / items * 1e6,
        "WAL bytes each": cost.wal / items,
        "peak MB": cost.peak_mb,
    }


def machine(*, postgres: str, commit_ms: float, date: str) -> Machine:
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        load_before=round(os.getloadavg()[0], 2),
        commit_ms=commit_ms,
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        postgres=postgres,
        date=date,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")


def show(console: Console, result: Result) -> None:
    """Print one benchmark as a table."""
    headers, rows = _cells(result)
    table = Table(title=f"{result.name}  {result.title}", title_justify="left")
    for number, header in enumerate(headers):
        table.add_column(header, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for line in (*_verdicts(result.goals), *result.notes):
        console.print(f"  {line}", highlight=False)
    console.print()


def markdown(
    machine: Machine, results: Sequence[Result], *, kept: Mapping[str, str], order: Sequence[str]
) -> str:
    """The page `docs/benchmarks.md`: these results, and what was `kept` of those not run again."""
    known = {**kept, **{result.name.upper(): _part(result) for result in results}}
    head = HEAD.format(**msgspec.to_builtins(machine))
    return "\n".join([head, *(known[name] for name in order if name in known)])


def parts(page: str) -> dict[str, str]:
    """The part of each benchmark on such a page, by its name in capitals."""
    found = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    return {part[3 : part.index(":")].upper(): part.rstrip("\n") + "\n" for part in found}


def _part(result: Result) -> str:
    headers, rows = _cells(result)
    written = [
        f"## {result.name}: {result.title}\n\n{result.what} {result.measured}\n",
        _markdown_table(headers, rows),
        "".join(f"- {line}\n" for line in _verdicts(result.goals)),
        "".join(f"- {line}\n" for line in result.notes),
    ]
    return "\n".join(each for each in written if each)


HEAD = """# Benchmarks

Written by `python -m benchmarks --write-docs`; do not edit.

Measured on {cores} cores with everything on them (load generator, web, worker, broker, PostgreSQL,
provider), {system}, Python {python}, PostgreSQL {postgres}, `synchronous_commit=on`. Each benchmark
says when, on which processor, how long a commit of one row took there, and how busy it was: figures
of different machines do not compare, their ratios to the floor do.

Each table shows Sojourn beside its **floor** (the least work that the task can cost) and its
**peer** (the usual way), measured in the same run on clones of the same rows. A cell is the median
of the runs, with the least and the most in brackets. Processor time is the kernel's account of all
processes but the load generator and the emulated provider; on a shared machine it says more than
time on the wall.
How the figures came to be what they are is in [performance.md](performance.md).
"""


def _verdicts(goals: Sequence[Goal]) -> list[str]:
    return [
        f"{'met' if goal.met else 'NOT met'}: {goal.text}: {_number(goal.value)}"
        f" (goal {'≤' if goal.at_most else '≥'} {_number(goal.wanted)})"
        for goal in goals
    ]


def _cells(result: Result) -> tuple[list[str], list[list[str]]]:
    names = list(dict.fromkeys(name for line in result.lines for name in line.runs[0]))
    rows = [[line.name, *(_cell(line, name) for name in names)] for line in result.lines]
    return [f"{result.name}, median of {_runs(result)}", *names], rows


def _runs(result: Result) -> str:
    counts = sorted({len(line.runs) for line in result.lines})
    return " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))


def _cell(line: Line, name: str) -> str:
    if name not in line.runs[0]:
        return "–"
    low, high = line.spread(name)
    middle = _number(line.median(name))
    return middle if len(line.runs) == 1 else f"{middle} ({_number(low)}–{_number(high)})"


def _number(value: float) -> str:
    if value and abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def _markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headers) + " |", "|---" * len(headers) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def as_json(machine: Machine, results: Sequence[Result]) -> bytes:
    """Everything that was measured, run by run."""
    found: Mapping[str, Any] = {"machine": machine, "results": list(results)}
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def dated(result: Result, machine: Machine) -> Result:
    """The result with when and where it was measured, and the load of the minute before."""
    said = (
        f"Measured on {machine.date}, {machine.processor}, {machine.commit_ms:.1f} ms a commit, "
        f"load average {machine.load_before} before."
    )
    return msgspec.structs.replace(result, measured=result.measured or said)
