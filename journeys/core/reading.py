"""Reads one mapping of a document key by key; a key that nobody asked for is a problem.

What is absent or empty comes back empty, for a draft may have holes; what has a wrong form is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from journeys.core.problem import Problem, problem
from profiles.core import durations
from profiles.core.conditions.reader import shown
from profiles.core.problems import did_you_mean, joined

MAX_TEXT = 200
MAX_CONTENT = 400_000
TIME_PATTERN = "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"


class Fields:
    """The keys of one mapping at `path`. Problems go to the list that all readers share."""

    __slots__ = ("asked", "path", "problems", "raw")

    def __init__(self, raw: Mapping[str, Any], path: str, problems: list[Problem]) -> None:
        self.raw = raw
        self.path = path
        self.problems = problems
        self.asked: dict[str, None] = {}

    def at(self, key: str | int) -> str:
        """The path of a key."""
        return joined(self.path, key)

    def report(self, key: str, code: str, message: str) -> None:
        self.problems.append(problem(self.at(key) if key else self.path, code, message))

    def get(self, key: str) -> Any:
        """The value as it is; None when absent."""
        self.asked[key] = None
        return self.raw.get(key)

    def _typed(self, key: str, kind: type | tuple[type, ...], wanted: str) -> Any:
        value = self.get(key)
        if value is None or value == "":
            return None
        if (isinstance(value, bool) and kind is not bool) or not isinstance(value, kind):
            self.report(key, "wrong_type", f"Write {wanted}, not {shown(value)}.")
            return None
        return value

    def text(self, key: str, *, limit: int = MAX_TEXT) -> str:
        value: str | None = self._typed(key, str, "text")
        if value and len(value) > limit:
            self.report(key, "invalid", f"This text has at most {limit:,} characters; shorten it.")
            return ""
        return (value or "").strip() if limit == MAX_TEXT else value or ""

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self.text(key)
        if value and value not in choices:
            self.report(key, "invalid", f"“{value}” is not known. {did_you_mean(value, choices)}")
            return default
        return value or default

    def number(self, key: str, default: float, *, high: float = 100) -> float:
        """A number of 0..`high` with at most two decimals."""
        value: float | None = self._typed(key, (int, float), "a number")
        if value is None:
            return default
        if not 0 <= value <= high or not _hundredths(value):
            message = f"Write a number of 0 to {high:g} with at most two decimals, not {value}."
            self.report(key, "invalid", message)
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        value: bool | None = self._typed(key, bool, "true or false")
        return default if value is None else value

    def duration(self, key: str, *, signed: bool = False) -> timedelta | None:
        value = self.get(key)
        if value is None or value == "":
            return None
        try:
            return durations.parse(value, signed=signed)
        except ValueError as error:
            self.report(key, "invalid", str(error))
            return None

    def time(self, key: str) -> time | None:
        """A time of day such as "09:00"."""
        if self.get(key) in (None, ""):
            return None
        found = read_time(self.text(key)) if isinstance(self.get(key), str) else None
        if found is None:
            self.report(key, "invalid", 'Write a time of day in quotes, such as "09:00".')
        return found

    def mapping(self, key: str, example: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._typed(key, dict, f"a mapping such as {example}")
        return found

    def inner(self, key: str, example: str) -> Fields | None:
        """A reader of the mapping at `key`."""
        found = self.mapping(key, example)
        return None if found is None else Fields(found, self.at(key), self.problems)

    def items(self, key: str, example: str) -> Iterator[Fields]:
        """A reader of each mapping in the list at `key`; a single mapping is a list of one."""
        value = self.get(key)
        listed = [value] if isinstance(value, dict) else value
        if value is None or value == "":
            return
        if not isinstance(listed, list):
            self.report(key, "wrong_type", f"Write a list of {example}, not {shown(value)}.")
            return
        for position, item in enumerate(listed):
            path = self.at(key) if isinstance(value, dict) else joined(self.at(key), position)
            if isinstance(item, dict):
                yield Fields(item, path, self.problems)
            else:
                message = f"Write a mapping such as {example}, not {shown(item)}."
                self.problems.append(problem(path, "wrong_type", message))

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        value = self.get(key)
        if value is None or value == "":
            return ()
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) and each.strip() for each in listed):
            self.report(key, "wrong_type", "Write a name or a list of names.")
            return ()
        return tuple(each.strip() for each in listed)

    def close(self) -> None:
        """Report what nobody asked for."""
        for key in self.raw:
            if key not in self.asked:
                message = f"“{key}” is not known here. {did_you_mean(key, self.asked)}"
                self.report(key, "unknown_key", message)


def read_time(text: str) -> time | None:
    """Hours and minutes; 24:00 is midnight, as the end of a window is written."""
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        return None
    if (
        len(hours) > 2
        or int(hours) > 24
        or int(minutes) > 59
        or (int(hours) == 24 and int(minutes))
    ):
        return None
    return time(int(hours) % 24, int(minutes))


def _hundredths(value: float) -> bool:
    scaled = Decimal(str(value)) * 100
    return scaled == scaled.to_integral_value()
