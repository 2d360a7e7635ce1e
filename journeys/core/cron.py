"""When a scheduled journey takes its customers: five cron fields or one ISO moment, in a zone.

A slot is a wall-clock minute. One that the clock skips happens at the first instant after the gap,
one that the clock repeats happens the first time only; so each slot happens once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from profiles.core.instants import instant

_NONE = timedelta()
_DAY = timedelta(days=1)
# No zone ever jumped by more than a day (Manila 1844, Kwajalein 1993).
_LONGEST_JUMP = timedelta(hours=25)

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = {name: at for at, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: at for at, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 7, _WEEKDAYS),
)
_LONGEST_MONTH = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class ScheduleError(ValueError):
    """The text is no schedule; the message says which part and what it may be."""


class Cron(msgspec.Struct, frozen=True):
    """Five parsed fields. A day matches both day fields, or either one when both are limited."""

    text: str
    times: tuple[time, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def on(self, day: date) -> bool:
        """Whether the schedule has slots on this day."""
        if day.month not in self.months:
            return False
        in_month = day.day in self.days
        in_week = day.isoweekday() % 7 in self.weekdays
        return (in_month or in_week) if self.either_day else (in_month and in_week)


class Moment(msgspec.Struct, frozen=True):
    """One slot: a wall time of whatever zone is asked, or an instant when it has an offset."""

    text: str
    wall: datetime


Schedule = Cron | Moment


def parse_cron(text: str) -> Cron:
    """`minute hour day-of-month month day-of-week` with lists, ranges, steps and English names."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        message = f"A cron schedule has 5 fields such as `0 10 * * 1`, this one has {len(parts)}."
        raise ScheduleError(message)
    minutes, hours, days, months, weekdays = (
        _field(part.lower(), *spec) for part, spec in zip(parts, _FIELDS, strict=True)
    )
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    if not either and min(days) > max(_LONGEST_MONTH[month] for month in months):
        raise ScheduleError(f"`{text}` never happens: no such day in that month.")
    times = tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes))
    return Cron(" ".join(parts), times, days, months, frozenset(d % 7 for d in weekdays), either)


def _field(text: str, name: str, low: int, high: int, words: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        body, slash, step = part.partition("/")
        first, dash, last = body.partition("-")
        if body == "*":
            start, end = low, high
        else:
            start = _number(first, name, low, high, words)
            end = _number(last, name, low, high, words) if dash else (high if slash else start)
            if words is _WEEKDAYS and dash and end == 0:
                end = 7  # fri-sun
        stride = _number(step, name, 1, high, {}) if slash else 1
        if end < start:
            raise ScheduleError(f"The {name} `{part}` runs backwards; write {end}-{start}.")
        found.update(range(start, end + 1, stride))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, words: dict[str, int]) -> int:
    if text in words:
        return words[text]
    if text.isascii() and text.isdigit() and len(text) <= 2 and low <= int(text) <= high:
        return int(text)
    names = f" or {', '.join(words)}" if words else ""
    raise ScheduleError(f"The {name} `{text}` is not one of {low}-{high}{names}.")


def parse_moment(text: str) -> Moment:
    """An ISO 8601 date and time, with an offset or without."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        wall = None
    if wall is None or len(text) <= len("2026-12-01"):
        raise ScheduleError(f"`{text}` is not a date and time such as 2026-12-01T10:00.")
    return Moment(text, wall)


def next_slot(schedule: Schedule, zone: tzinfo, after: datetime) -> datetime | None:
    """The first slot later than `after`, in UTC; None when a moment has passed."""
    return next(_later(schedule, zone, after), None)


def previous_slot(schedule: Schedule, zone: tzinfo, at: datetime) -> datetime | None:
    """The last slot at or before `at`, in UTC; None when there was none."""
    if isinstance(schedule, Moment):
        moment = _moment(schedule, zone)
        return moment if moment <= at else None
    latest = _latest_wall(at, zone)
    day = latest.date()
    while True:  # ends: `parse_cron` takes no schedule that never happens
        for wall in reversed(_walls(schedule, day)):
            if wall <= latest and (slot := instant(wall, zone)) <= at:
                return slot
        day -= _DAY


def _walls(schedule: Cron, day: date) -> list[datetime]:
    """The wall times of the day's slots."""
    return [datetime.combine(day, clock) for clock in schedule.times] if schedule.on(day) else []


def _latest_wall(at: datetime, zone: tzinfo) -> datetime:
    """The latest wall time shown up to `at`: later than its own when the clock went back lately."""
    now, before = at.astimezone(zone), (at - _LONGEST_JUMP).astimezone(zone)
    back = (before.utcoffset() or _NONE) - (now.utcoffset() or _NONE)
    return now.replace(tzinfo=None, fold=0) + max(back, _NONE)


def slots(schedule: Schedule, zone: tzinfo, after: datetime, until: datetime) -> list[datetime]:
    """All slots with `after` < slot <= `until`, in UTC and in order."""
    found: list[datetime] = []
    for slot in _later(schedule, zone, after):
        if slot > until:
            break
        found.append(slot)
    return found


def _later(schedule: Schedule, zone: tzinfo, after: datetime) -> Iterator[datetime]:
    if isinstance(schedule, Moment):
        moment = _moment(schedule, zone)
        if moment > after:
            yield moment
        return
    last = after
    start = after.astimezone(zone).replace(tzinfo=None, fold=0)
    day = start.date()
    while True:
        for wall in _walls(schedule, day):
            # slots in one gap share its end
            if wall >= start and (slot := instant(wall, zone)) > last:
                yield slot
                last = slot
        day += _DAY


def _moment(moment: Moment, zone: tzinfo) -> datetime:
    if moment.wall.tzinfo is not None:
        return moment.wall.astimezone(UTC)
    return instant(moment.wall, zone)
