"""When a customer may be written to: outside quiet hours, not on quiet days, and SMS within the
hours that the customer's country allows. All by the clock on the customer's wall.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

import msgspec

from profiles.core.instants import instant

_MIDNIGHT = time()
_DAY = timedelta(days=1)
MOST_STEPS = 800
"""More than a year of quiet days and nights in a row is a mistake, not a rule."""


class Hours(NamedTuple):
    """From `start` up to `end` on the wall; one that ends before it starts goes over midnight."""

    start: time
    end: time

    def hold(self, wall: time) -> bool:
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """The rules. `days` are quiet from midnight to midnight: (month, day) each year, or one date.

    `sms` are the hours in which a country (ISO 3166, two letters) allows advertising by SMS.
    """

    hours: Hours | None = None
    days: frozenset[tuple[int, int] | date] = frozenset()
    sms: Mapping[str, Hours] = {}

    def __bool__(self) -> bool:
        return bool(self.hours or self.days or self.sms)

    def open_from(
        self, now: datetime, zone: tzinfo, *, channel: str, country: str = ""
    ) -> datetime:
        """`now` where nothing is quiet, else the first instant at which nothing is; aware UTC.

        Raises ValueError for rules that never let go.
        """
        lawful = self.sms.get(country) if channel in ("sms", "whatsapp") else None
        at = now
        for _ in range(MOST_STEPS):
            ends = self._ends(at.astimezone(zone), lawful)
            if ends is None:
                return at
            at = _later(ends, at, zone)
        raise ValueError("The quiet hours and days never end.")

    def _ends(self, wall: datetime, lawful: Hours | None) -> time | None:
        """Inside something quiet: the time on the wall at which that ends."""
        day = wall.date()
        if day in self.days or (day.month, day.day) in self.days:
            return _MIDNIGHT
        clock = wall.time().replace(fold=0)
        if self.hours is not None and self.hours.hold(clock):
            return self.hours.end
        return lawful.start if lawful is not None and not lawful.hold(clock) else None


def _later(clock: time, at: datetime, zone: tzinfo) -> datetime:
    """The first instant after `at` at which the wall shows `clock`; the end of a gap counts."""
    today = at.astimezone(zone).date()
    for number in range(-1, 3):
        wall = datetime.combine(today + number * _DAY, clock)
        first = instant(wall, zone)
        second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        again = second.astimezone(zone).replace(tzinfo=None) == wall
        for found in (first, second) if again else (first,):
            if found > at:
                return found
    raise ValueError("Every wall clock shows every time within two days.")  # pragma: no cover


def parse(*, hours: str = "", days: Sequence[str] = (), sms: str = "") -> Quiet:
    """The rules from their texts: `21:00-09:00`, `12-25` or `2026-12-31`, `US=08:00-21:00 …`.

    Raises ValueError with a sentence.
    """
    countries = dict(_country(each) for each in sms.split())
    return Quiet(
        hours=_hours(hours) if hours else None,
        days=frozenset(_day(each) for each in days),
        sms=countries,
    )


def _hours(text: str) -> Hours:
    start, _, end = text.partition("-")
    try:
        found = Hours(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        raise ValueError(f"{text} are no hours: write 21:00-09:00.") from None
    if found.start == found.end or found.start.tzinfo or found.end.tzinfo:
        raise ValueError(f"{text} are no hours: write two different times, as in 21:00-09:00.")
    return found


def _country(text: str) -> tuple[str, Hours]:
    name, sign, hours = text.partition("=")
    if not sign or len(name) != len("US") or not name.isalpha():
        raise ValueError(f"{text} names no country's hours: write US=08:00-21:00.")
    return name.upper(), _hours(hours)


def _day(text: str) -> tuple[int, int] | date:
    try:
        if len(text) == len("12-25"):
            leap = date.fromisoformat(f"2000-{text}")
            return leap.month, leap.day
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no day: write 12-25 or 2026-12-31.") from None
