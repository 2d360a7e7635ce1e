"""What lets customers into a journey: the table of triggers, each with what it needs.

Stage and lifecycle triggers are events too: the customer's `lifecycle.changed` with the right
properties. Moments and calls through the API are no events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import time, timedelta
from typing import Any, ClassVar

import msgspec

from journeys.core.cron import Schedule, ScheduleError, parse_cron, parse_moment
from journeys.core.problem import Problem, problem
from journeys.core.reading import TIME_PATTERN, Fields
from journeys.core.steps.base import Known
from journeys.core.waiting import dated_words
from profiles.core.problems import did_you_mean

LIFECYCLE_CHANGED = "lifecycle.changed"
REQUESTED = "journey.requested"
CHANGES = ["entered", "left"]
WHERE_EXAMPLE = "{value: {gte: 30}}"


class Watched(msgspec.Struct, frozen=True):
    """An event with clauses over its properties (`where` as written, or None)."""

    path: str
    event: str
    where: Any = None

    def faults(self, known: Known, *, entry: bool = True) -> Iterator[Problem]:
        if not self.event:
            yield problem(f"{self.path}.event", "missing", "Name the event.")
        yield from known.where(self.where, f"{self.path}.where", entry=entry)


class EventTrigger(Watched, frozen=True):
    kind: ClassVar[str] = "event"

    def watched(self) -> Watched:
        return self

    def words(self) -> str:
        return self.event


class StageTrigger(msgspec.Struct, frozen=True):
    """The customer moves into a lifecycle stage from another one."""

    kind: ClassVar[str] = "stage"
    path: str
    stage: str

    def words(self) -> str:
        return f"stage {self.stage}"

    def watched(self) -> Watched:
        where = {"stage": {"eq": self.stage}, "previous_stage": {"ne": self.stage}}
        return Watched(self.path, LIFECYCLE_CHANGED, where)

    def faults(self, known: Known) -> Iterator[Problem]:
        return _named(self.stage, known.vocabulary.stages, self.path, "stage")


class LifecycleTrigger(msgspec.Struct, frozen=True):
    """The customer moves into a lifecycle segment from another one."""

    kind: ClassVar[str] = "lifecycle"
    path: str
    lifecycle: str

    def words(self) -> str:
        return f"lifecycle {self.lifecycle}"

    def watched(self) -> Watched:
        where = {"to": {"eq": self.lifecycle}, "from": {"ne": self.lifecycle}}
        return Watched(self.path, LIFECYCLE_CHANGED, where)

    def faults(self, known: Known) -> Iterator[Problem]:
        return _named(self.lifecycle, known.vocabulary.lifecycles, self.path, "lifecycle")


class SegmentTrigger(msgspec.Struct, frozen=True):
    """The customer comes into a segment, or out of it; `existing` takes those inside once, too."""

    kind: ClassVar[str] = "segment"
    path: str
    segment: str
    change: str = "entered"
    existing: bool = False

    def words(self) -> str:
        return f"segment {self.segment} {self.change}"

    def watched(self) -> Watched:
        return Watched(self.path, f"segment.{self.change}", {"segment": {"eq": self.segment}})

    def faults(self, known: Known) -> Iterator[Problem]:
        yield from _named(self.segment, known.vocabulary.segments, self.path, "segment")
        if self.existing and self.change == "left":
            message = "`existing` takes those inside: leave it out, or write `change: entered`."
            yield problem(f"{self.path}.existing", "invalid", message)


class TimeTrigger(msgspec.Struct, frozen=True):
    """A moment, or slots of a cron: for everybody at once, or when `local` at each customer's own
    wall time. `schedule` is None while the draft has none.
    """

    kind: ClassVar[str] = "time"
    path: str
    schedule: Schedule | None
    local: bool = False

    def words(self) -> str:
        return self.schedule.text if self.schedule else ""

    def watched(self) -> None:
        return None

    def faults(self, known: Known) -> Iterator[Problem]:
        if self.schedule is None:
            yield problem(self.path, "missing", "Say when, such as 2026-12-01T10:00.")


class DateTrigger(msgspec.Struct, frozen=True):
    """`offset` from a date in an attribute, by the customer's clock; every year when `yearly`."""

    kind: ClassVar[str] = "date"
    path: str
    date: str
    offset: timedelta = timedelta()
    at: time | None = None
    yearly: bool = False

    def words(self) -> str:
        return dated_words(self.date, self.offset, self.at) + (" (yearly)" if self.yearly else "")

    def watched(self) -> None:
        return None

    def faults(self, known: Known) -> Iterator[Problem]:
        if not self.date:
            yield problem(f"{self.path}.date", "missing", "Name the attribute that has the date.")
        else:
            yield from known.attribute(self.date, f"{self.path}.date")


class ApiTrigger(msgspec.Struct, frozen=True):
    """Customers are enrolled through the API."""

    kind: ClassVar[str] = "api"
    path: str

    def words(self) -> str:
        return "API"

    def watched(self) -> None:
        return None

    def faults(self, known: Known) -> Iterator[Problem]:
        return iter(())


Moved = EventTrigger | StageTrigger | LifecycleTrigger | SegmentTrigger
Trigger = Moved | TimeTrigger | DateTrigger | ApiTrigger


def _named(word: str, names: frozenset[str] | None, path: str, what: str) -> Iterator[Problem]:
    if not word:
        yield problem(f"{path}.{what}", "missing", f"Name the {what}.")
    elif names is not None and word not in names:
        code = "unknown_stage" if what == "stage" else "unknown_segment"
        message = f"There is no {what} “{word}”. {did_you_mean(word, names)}"
        yield problem(f"{path}.{what}", code, message)


def _read_event(fields: Fields) -> Trigger:
    return EventTrigger(fields.path, fields.text("event"), fields.mapping("where", WHERE_EXAMPLE))


def _read_stage(fields: Fields) -> Trigger:
    return StageTrigger(fields.path, fields.text("stage"))


def _read_lifecycle(fields: Fields) -> Trigger:
    return LifecycleTrigger(fields.path, fields.text("lifecycle"))


def _read_segment(fields: Fields) -> Trigger:
    change, existing = fields.choice("change", CHANGES, "entered"), fields.flag("existing", False)
    return SegmentTrigger(fields.path, fields.text("segment"), change, existing)


def _read_schedule(fields: Fields) -> Trigger:
    text, local = fields.text("schedule"), fields.flag("local", default=False)
    moment = None
    try:
        moment = parse_moment(text) if text else None
    except ScheduleError as error:
        fields.report("schedule", "invalid", str(error))
    if moment is not None and local and moment.wall.tzinfo is not None:
        message = "A local time has no offset; take the offset or `local` away."
        fields.report("schedule", "ambiguous", message)
    return TimeTrigger(fields.path, moment, local)


def _read_cron(fields: Fields) -> Trigger:
    text = fields.text("cron")
    try:
        return TimeTrigger(fields.path, parse_cron(text) if text else None)
    except ScheduleError as error:
        fields.report("cron", "invalid", str(error))
        return TimeTrigger(fields.path, None)


def _read_date(fields: Fields) -> Trigger:
    offset = fields.duration("offset", signed=True) or timedelta()
    date, yearly = fields.text("date"), fields.flag("yearly", default=False)
    return DateTrigger(fields.path, date, offset, fields.time("at"), yearly)


def _read_api(fields: Fields) -> Trigger:
    if not fields.flag("api", default=True):
        fields.report("api", "invalid", "Write `api: true`, or take the trigger away.")
    return ApiTrigger(fields.path)


TRIGGERS: Mapping[str, Callable[[Fields], Trigger]] = {
    "event": _read_event,
    "stage": _read_stage,
    "lifecycle": _read_lifecycle,
    "segment": _read_segment,
    "schedule": _read_schedule,
    "cron": _read_cron,
    "date": _read_date,
    "api": _read_api,
}

_WHERE = {"$ref": "#/$defs/where"}
_TEXT, _FLAG = {"type": "string"}, {"type": "boolean"}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "event": {"event": _TEXT, "where": _WHERE},
    "stage": {"stage": _TEXT},
    "lifecycle": {"lifecycle": _TEXT},
    "segment": {"segment": _TEXT, "change": {"enum": CHANGES}, "existing": _FLAG},
    "schedule": {"schedule": _TEXT, "local": _FLAG},
    "cron": {"cron": _TEXT},
    "date": {
        "date": _TEXT,
        "offset": _TEXT,
        "at": {"type": "string", "pattern": TIME_PATTERN},
        "yearly": _FLAG,
    },
    "api": {"api": {"const": True}},
}


def read_trigger(fields: Fields) -> Trigger | None:
    """One trigger; None, and a problem, when it is none of the table."""
    found = [key for key in TRIGGERS if key in fields.raw]
    if len(found) > 1:
        message = f"This is both {found[0]} and {found[1]}; make two triggers of it."
        fields.report(found[1], "ambiguous", message)
        return None
    if not found:
        _report_unknown(fields)
        return None
    trigger = TRIGGERS[found[0]](fields)
    fields.close()
    return trigger


def _report_unknown(fields: Fields) -> None:
    word = next(iter(fields.raw), None)
    if word is None:
        fields.report("", "missing", f"Say what lets customers in: {', '.join(TRIGGERS)}.")
        return
    message = f"“{word}” is no trigger. {did_you_mean(word, TRIGGERS)}"
    fields.report(word, "unknown_key", message)


def read_watched(fields: Fields) -> Watched:
    """An event with clauses, as in `leave.on`."""
    found = Watched(fields.path, fields.text("event"), fields.mapping("where", WHERE_EXAMPLE))
    fields.close()
    return found
