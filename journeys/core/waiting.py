"""What can end a wait besides a duration: a time of day, a window of hours, a date.

Each form says in words what it waits for, and when that is by a customer's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Literal

import msgspec

from journeys.core import wallclock
from journeys.core.wallclock import DAYS, EVERY_DAY, Window
from profiles.core import durations, timing
from profiles.core.instants import is_instant

IfPast = Literal["continue", "skip", "leave"]
ENTRY = "entry."
_NONE = timedelta()


class Facts(msgspec.Struct, frozen=True):
    """What a form may ask: the instant of arrival, the customer's zone, attributes by path, the
    properties of the entry event, and the hours at which they and all others look at messages.
    """

    now: datetime
    zone: tzinfo
    attributes: Mapping[str, Any]
    entry: Mapping[str, Any]
    hours: timing.Record = timing.Record()
    everybody: timing.Record = timing.Record()


class Until(msgspec.Struct, frozen=True):
    """The next time that the customer's clock shows `at` on one of `days`; never the present."""

    at: time
    days: frozenset[int]

    def words(self) -> str:
        return f"until {self.at:%H:%M}{_on(self.days)}"

    def end(self, facts: Facts) -> datetime:
        return wallclock.next_time(self.at, self.days, facts.now, facts.zone)


class InWindow(msgspec.Struct, frozen=True):
    """Now, when inside; else when the window opens."""

    window: Window

    def words(self) -> str:
        hours = f"{self.window.start:%H:%M}-{self.window.end:%H:%M}"
        return f"for the window {hours}{_on(self.window.days)}"

    def end(self, facts: Facts) -> datetime:
        return self.window.next_open(facts.now, facts.zone)


class Dated(msgspec.Struct, frozen=True):
    """`offset` from a date: an attribute, `entry.PROPERTY`, or the date itself."""

    date: str
    offset: timedelta
    at: time | None
    if_past: IfPast

    @property
    def attribute(self) -> str:
        """The attribute to be read, "" when the date is not one."""
        return "" if self.date.startswith(ENTRY) or is_instant(self.date) else self.date

    def words(self) -> str:
        return "until " + dated_words(self.date, self.offset, self.at)

    def value(self, facts: Facts) -> Any:
        """The date as it is written."""
        if self.attribute:
            return facts.attributes.get(self.attribute)
        if not self.date.startswith(ENTRY):
            return self.date
        value: Any = facts.entry
        for part in self.date.removeprefix(ENTRY).split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def end(self, facts: Facts) -> datetime | None:
        """None when there is no date."""
        return wallclock.dated(self.value(facts), self.offset, self.at, facts.zone)


class BestTime(msgspec.Struct, frozen=True):
    """Within this long, the hour at which the customer is most likely to look."""

    within: timedelta

    def words(self) -> str:
        return f"for the best time within {durations.written(self.within)}"

    def choose(self, facts: Facts, draw: str) -> timing.Chosen:
        return timing.best(
            facts.hours, facts.everybody, now=facts.now, within=self.within, zone=facts.zone,
            draw=draw,
        )  # fmt: skip


Form = Until | InWindow | Dated | BestTime


def dated_words(date: str, offset: timedelta, at: time | None) -> str:
    """`5d before renewal_at at 10:00`."""
    side = "before" if offset < _NONE else "after"
    shift = f"{durations.written(abs(offset))} {side} " if offset else ""
    return f"{shift}{date}" + (f" at {at:%H:%M}" if at else "")


def _on(days: frozenset[int]) -> str:
    return "" if days == EVERY_DAY else f" ({', '.join(DAYS[day] for day in sorted(days))})"
