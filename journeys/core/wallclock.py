"""Instants named by a wall clock: the next nine o'clock, a window of hours, a customer's date.

All take the zone whose clock it is. A wall time that the clock skips is the end of its gap, one
that it repeats is its first occurrence.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from profiles.core.instants import instant, is_instant

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)
_MIDNIGHT = time()
# Weekdays come again within a week; one whole day can be missing from a zone's calendar.
_FAR = 16


class Window(msgspec.Struct, frozen=True):
    """From `start` up to `end` on the `days` (0 is Monday) on which it opens.

    One that ends before it starts goes on over midnight; equal ends are a whole day.
    """

    start: time
    end: time
    days: frozenset[int] = EVERY_DAY

    def next_open(self, now: datetime, zone: tzinfo) -> datetime:
        """`now` inside, else the instant at which it opens next; in UTC."""
        for opens, closes in self._openings(now, zone):
            if now < closes:
                return max(opens, now.astimezone(UTC))
        raise AssertionError("a window opens every week")

    def _openings(self, now: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        over = self.end <= self.start
        for day in _days(now.astimezone(zone).date() - 2 * _DAY, self.days):
            opens = instant(datetime.combine(day, self.start), zone)
            closes = instant(datetime.combine(day + _DAY if over else day, self.end), zone)
            if opens < closes:
                yield opens, closes


def next_time(at: time, days: frozenset[int], now: datetime, zone: tzinfo) -> datetime:
    """The first instant later than `now` at which the clock shows `at` on one of `days`; UTC."""
    today = now.astimezone(zone).date()
    for day in _days(today - 2 * _DAY, days):
        found = instant(datetime.combine(day, at), zone)
        if found > now:
            return found
    raise AssertionError("a weekday comes every week")


def _days(start: date, days: frozenset[int]) -> Iterator[date]:
    for number in range(_FAR + 2):
        day = start + number * _DAY
        if day.weekday() in days:
            yield day


def dated(value: object, offset: timedelta, at: time | None, zone: tzinfo) -> datetime | None:
    """The instant `offset` from a written date, at `at` o'clock where given; None for no date.

    Whole days are counted on the calendar, so that the wall time stays over a change of the clock;
    anything else is counted in time.
    """
    read = _read(value)
    if read is None:
        return None
    try:
        return _dated(read, offset, at, zone)
    except OverflowError:
        return None


def _dated(read: datetime, offset: timedelta, at: time | None, zone: tzinfo) -> datetime:
    if read.tzinfo is not None and at is None:
        return read.astimezone(UTC) + offset
    wall = read.astimezone(zone).replace(tzinfo=None, fold=0) if read.tzinfo else read
    if at is not None:
        wall = datetime.combine(wall.date(), at)
    if offset % _DAY:
        return instant(wall, zone) + offset
    return instant(wall + offset, zone)


def _read(value: object) -> datetime | None:
    if not isinstance(value, str) or not is_instant(value.strip()):
        return None
    return datetime.fromisoformat(value.strip())


def anniversary(day: date, year: int) -> date:
    """The same day of another year; 28 February for a 29th that the year does not have."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def coming(
    value: object,
    offset: timedelta,
    at: time | None,
    zone: tzinfo,
    *,
    after: datetime,
    yearly: bool,
) -> datetime | None:
    """The instant `offset` from a written date, or from one of its anniversaries when `yearly`,
    that comes first after `after`; None when there is none.
    """
    read = _read(value)
    if read is None:
        return None
    if not yearly:
        found = dated(value, offset, at, zone)
        return found if found is not None and found > after else None
    wall = read.astimezone(zone).replace(tzinfo=None, fold=0) if read.tzinfo else read
    around = (after - offset).astimezone(zone).year
    for year in range(max(around - 1, wall.year), min(max(around, wall.year) + 3, MAXYEAR)):
        day = datetime.combine(anniversary(wall.date(), year), wall.time())
        if (found := _dated(day, offset, at, zone)) > after:
            return found
    return None
