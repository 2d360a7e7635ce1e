"""How many messages a customer gets at most: frequency caps over rolling and calendar windows.

What counts are marketing messages that were sent or may have been. For a ghost, what was withheld
counts as well, for it stands for what would have been sent.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Literal, NamedTuple

import msgspec

from profiles.core.instants import instant

Period = Literal["day", "week", "month"]
_DAY = timedelta(days=1)
AFTER_OTHERS = timedelta(minutes=1)
"""How long after a message of higher priority is due the one that made room looks again."""


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """At most `most` messages in the window: `rolling` back from now, or a calendar `period` of the
    customer's zone. Empty `channel` and `topic` are any.

    Room is kept for messages of higher priority that are due within `reserve`.
    """

    slug: str
    most: int
    rolling: timedelta | None = None
    period: Period = "day"
    channel: str = ""
    topic: str = ""
    reserve: timedelta = timedelta()

    def takes(self, channels: Sequence[str], topic: str) -> bool:
        """Whether a message of this topic by any of these channels is counted."""
        return (not self.channel or self.channel in channels) and self.topic in ("", topic)

    def since(self, now: datetime, zone: tzinfo) -> datetime:
        """What happened after this instant lies in the window."""
        if self.rolling is not None:
            return now - self.rolling
        return _begins(self.period, now, zone, 0) - timedelta(microseconds=1)

    def frees(self, at: datetime, now: datetime, zone: tzinfo) -> datetime:
        """When what was sent at `at` no longer counts."""
        if self.rolling is not None:
            return at + self.rolling
        return _begins(self.period, now, zone, 1)


class Counted(NamedTuple):
    """A message that was sent, may have been, or was withheld from a ghost."""

    at: datetime
    channel: str
    topic: str
    ghost: bool


class Coming(NamedTuple):
    """A message that is due at `at` and has not left yet."""

    at: datetime
    channels: tuple[str, ...]
    topic: str
    priority: int


class Asking(NamedTuple):
    """The message that would like to leave by `channel`."""

    channel: str
    topic: str
    priority: int
    ghost: bool


class Known(msgspec.Struct, frozen=True):
    """What counts already, and what is to come, of one customer; and the clock on their wall."""

    counted: Sequence[Counted]
    coming: Sequence[Coming]
    zone: tzinfo


class Capped(msgspec.Struct, frozen=True):
    """Not now: the cap is full (`frequency_cap`), or what is left of it is kept (`priority`)."""

    reason: Literal["frequency_cap", "priority"]
    until: datetime
    inputs: dict[str, Any]


def judge(caps: Iterable[Cap], asking: Asking, known: Known, *, now: datetime) -> Capped | None:
    """None where every cap has room; else the refusal that lasts longest, full before kept."""
    found = [
        refusal
        for cap in caps
        if cap.takes((asking.channel,), asking.topic)
        and (refusal := _judge(cap, asking, known, now)) is not None
    ]
    return max(found, key=lambda each: (each.reason == "frequency_cap", each.until), default=None)


def _judge(cap: Cap, asking: Asking, known: Known, now: datetime) -> Capped | None:
    since = cap.since(now, known.zone)
    times = sorted(
        each.at
        for each in known.counted
        if each.at > since
        and cap.takes((each.channel,), each.topic)
        and (asking.ghost or not each.ghost)
    )
    inputs = {"cap": cap.slug, "most": cap.most, "had": len(times)}
    room = cap.most - len(times)
    if room <= 0:
        return Capped("frequency_cap", cap.frees(times[-cap.most], now, known.zone), inputs)
    before = [
        each.at
        for each in known.coming
        if each.priority > asking.priority
        and each.at <= now + cap.reserve
        and cap.takes(each.channels, each.topic)
    ]
    if len(before) < room:
        return None
    return Capped("priority", max(now, *before) + AFTER_OTHERS, {**inputs, "kept": len(before)})


def _begins(period: Period, now: datetime, zone: tzinfo, later: int) -> datetime:
    """When the present day, week (from Monday) or month of the zone began, or a `later` one."""
    day = now.astimezone(zone).date()
    if period == "day":
        day += later * _DAY
    elif period == "week":
        day += (7 * later - day.weekday()) * _DAY
    else:
        months = day.month - 1 + later
        day = day.replace(year=day.year + months // 12, month=months % 12 + 1, day=1)
    return instant(datetime.combine(day, time()), zone).astimezone(UTC)
