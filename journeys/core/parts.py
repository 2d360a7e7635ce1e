"""What a plan is made of besides its steps: entrance, departure, goal, and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

import msgspec

from journeys.core.cron import Schedule
from journeys.core.document import Again
from journeys.core.limits import Limits
from journeys.core.wallclock import coming


class Listener(msgspec.Struct, frozen=True):
    """An event of the log that must pass clauses: an index of `plan.where`, None for none."""

    event: str
    where: int | None


class Lookback(msgspec.Struct, frozen=True):
    """An event at or after entry that ends the `wait_for` at `step` as soon as it is reached."""

    step: str
    event: str
    where: int | None


class Timer(msgspec.Struct, frozen=True):
    """A moment or a cron that takes everybody, at each customer's own wall time when `local`."""

    schedule: Schedule
    local: bool


class Dates(msgspec.Struct, frozen=True):
    """A date of the profile that takes its customer, `offset` from it, at `at` where given."""

    attribute: str
    offset: timedelta
    at: time | None
    yearly: bool

    def coming(self, value: object, zone: tzinfo, after: datetime) -> datetime | None:
        """The first instant later than `after`, for the attribute's value."""
        return coming(value, self.offset, self.at, zone, after=after, yearly=self.yearly)


class Existing(msgspec.Struct, frozen=True):
    """Those who are in a segment already: taken once, when they satisfy this condition."""

    segment: str
    condition: int


class Goal(msgspec.Struct, frozen=True):
    """What counts as a conversion; `value` is the property it is worth, "" for none."""

    event: str
    where: int | None
    within: timedelta
    value: str


class Listening(msgspec.Struct, frozen=True):
    """The names of events that a plan listens to, by purpose."""

    enter: frozenset[str]
    leave: frozenset[str]
    goal: frozenset[str]
    wait_for: frozenset[str]

    @property
    def enrolled(self) -> frozenset[str]:
        """Those that matter to a customer who is in the journey."""
        return self.leave | self.goal | self.wait_for


class Entrance(msgspec.Struct, frozen=True):
    """Who comes in. `triggers` by event name; `audience` is an index of `plan.conditions`."""

    triggers: Mapping[str, tuple[Listener, ...]]
    timers: tuple[Timer, ...]
    dates: tuple[Dates, ...]
    existing: tuple[Existing, ...]
    api: bool
    audience: int | None
    key: str
    again: Again
    holdout: float
    limits: Limits


class Departure(msgspec.Struct, frozen=True):
    """What makes a customer leave from anywhere: events by name, or an index of conditions."""

    on: Mapping[str, tuple[Listener, ...]]
    condition: int | None
