"""python -m tests.crash.page FILE: writes docs/reliability.md from the figures in FILE.

`make chaos` does so at its end. Nothing stands on the page that a test has not counted.
"""

import sys
import textwrap
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.config.processes import REPOSITORY
from tests.crash.chapters import CHAPTERS, Chapter
from tests.crash.figures import Entry, Kept, kept

PAGE = REPOSITORY / "docs" / "reliability.md"
FIGURES = REPOSITORY / "docs" / "reliability.json"

HEAD = """# Reliability

Written by `make chaos`; do not edit.

Each test starts a whole Sojourn (`manage.py up`: web, two workers, Beat, PostgreSQL, Valkey), lets
customers into a journey of a wait and one message, and does harm to it in the middle. The provider
is a process of its own that keeps its own log of what it took; no harm comes to that log, and it is
what counts. At the end, every time:

- nobody's message was taken **twice**, and nobody's is **lost**: whoever was due one has one;
- nobody of a control group (5 % of everybody, 10 % of each journey) was written to;
- every message is in its last status, known to the provider by the id that Sojourn keeps;
- no step was decided, no event told and no accepted attempt written down twice, nothing is set
  aside, nothing is leased to anybody;
- the journey's report says what a recount says.

Where other events came in beside the campaign: what the event API answered 200 to is in the log,
once, and every other answer was a 503 that says when to come again.
"""

SUMMARY = """## At a glance

| {} |
|{}
"""
COLUMNS = (
    *("what happens", "customers", "taken", "twice", "lost", "in doubt: found, absent"),
    *("events beside", "slowest answer", "took", "load", "measured"),
)
LEGEND = """
*taken*: messages in the provider's log. *in doubt*: how often it had to be asked whether it had a
message; those it had were *found*, those *absent* were sent. *events beside*: taken by the event
API meanwhile, with its slowest answer in seconds. *took*: seconds for the whole test, from starting
the installation; *load*: the machine's load average of the minute before.
"""
OF_THE_TABLE = frozenset(
    ("customers", "taken", "twice", "lost", "found", "absent", "events", "slowest")
)
WORDS = {
    "customers": "{} customers",
    "kept out": "{} in control groups",
    "taken": "{} taken",
    "twice": "{} twice",
    "lost": "{} lost",
    "found": "in doubt {} found",
    "absent": "{} absent",
    "drained": "all over {} s later",
    "slept": "asleep for {} s",
    "answered 503": "{} × answered 503",
    "answered nothing": "{} × no answer",
    "before our commit": "{} messages reported before our own commit",
    "reports": "{} reports",
    "copies of each": "{} copies of each",
    "taken when it was full": "{} taken when room was made",
    "slots": "{} slots",
    "jumps": "{} jumps",
    "restarts": "{} restarts",
    "slowest stop": "the slowest stop {} s",
    "Beats killed": "{} Beats killed",
}
"""How a figure is said; those without words of their own are called by their names."""


def page(found: Kept) -> str:
    """The page, from everything that is kept."""
    rows = list(_rows(found))
    table = (
        SUMMARY.format(" | ".join(COLUMNS), "---|" * len(COLUMNS))
        + "".join(_row(title, entry) for title, _, entry in rows)
        + LEGEND
    )
    chapters = [_chapter(each, of(found, name)) for name, each in CHAPTERS.items()]
    return "\n".join([HEAD, _machine(found), table, *filter(None, chapters)])


def of(found: Kept, name: str) -> dict[str, Entry]:
    """The entries of a test by what it was given, '' where that is nothing."""
    entries = {key.partition("["): entry for key, entry in found.tests.items()}
    return {key[2].rstrip("]"): entry for key, entry in entries.items() if key[0] == name}


def _rows(found: Kept) -> Iterator[tuple[str, Chapter, Entry]]:
    whole = {name: each for name, each in CHAPTERS.items() if not each.brief}
    for name, chapter in whole.items():
        for given, entry in sorted(of(found, name).items()):
            yield f"{chapter.title} ({given})" if given else chapter.title, chapter, entry


def _machine(found: Kept) -> str:
    if found.machine is None:
        return "Nothing has been measured yet.\n"
    here = found.machine
    return (
        f"Measured on {here.processor}, {here.cores} cores with everything on them, {here.system},"
        f" Python {here.python}, PostgreSQL {here.postgres}.\n"
    )


def _row(title: str, entry: Entry) -> str:
    told = entry.figures
    doubt = f"{_cell(told, 'found')}, {_cell(told, 'absent')}"
    cells = [title, *(_cell(told, name) for name in ("customers", "taken", "twice", "lost")), doubt]
    cells += [_cell(told, "events"), _cell(told, "slowest"), f"{entry.seconds:.0f} s"]
    cells += [f"{entry.load:.1f}", entry.date if entry.passed else f"**NOT passed**, {entry.date}"]
    return f"| {' | '.join(cells)} |\n"


def _cell(told: Mapping[str, Any], name: str) -> str:
    return _number(told[name]) if name in told else "–"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _chapter(chapter: Chapter, entries: Mapping[str, Entry]) -> str:
    if not entries:
        return ""
    text = f"{chapter.what} {chapter.checked}".strip()
    wrapped = textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)
    lines = [f"## {chapter.title}", "", wrapped, ""]
    for given, entry in sorted(entries.items()):
        passed = "" if entry.passed else "**NOT passed**, "
        told = "; ".join(_more(entry.figures, () if chapter.brief else OF_THE_TABLE))
        lines.append(f"- {f'{_plain(given)}: ' if given else ''}{passed}{told}.")
    return "\n".join([*lines, ""])


def _more(told: Mapping[str, Any], left_out: Container[str]) -> Iterator[str]:
    """What has no column in the table, with its words, in their order."""
    places = {name: place for place, name in enumerate(WORDS)}
    for name, value in sorted(told.items(), key=lambda each: places.get(each[0], -1)):
        if isinstance(value, dict):
            parts = (f"{number} × {_plain(key)}" for key, number in value.items())
            yield f"{name}: {', '.join(parts) or 'never'}"
        elif name not in left_out:
            yield WORDS.get(name, f"{name} {{}}").format(_number(value))


def _plain(name: str) -> str:
    return name.replace("_", " ")


def main() -> None:
    found = kept(Path(sys.argv[1]) if sys.argv[1:] else FIGURES)
    PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
