"""`wait` — the customer stays for a duration, until a time of day, a window of hours, or a date.

Wall clocks are the customer's own. What ends the wait is reckoned once, at the instant of arrival.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from journeys.core.decisions import Leave, Sleep
from journeys.core.problem import Problem, problem
from journeys.core.reading import TIME_PATTERN, Fields, read_time
from journeys.core.steps.base import Builder, Common, Exit, Known, Planned, Step
from journeys.core.waiting import ENTRY, BestTime, Dated, Facts, Form, IfPast, InWindow, Until
from journeys.core.walk import END, UNANSWERED, Person, Walk
from journeys.core.wallclock import DAYS, EVERY_DAY, Window
from profiles.core import durations

_NONE = timedelta()
_LEAST, _MOST = timedelta(hours=1), timedelta(days=7)
IF_PAST = ("continue", "skip", "leave")
FORMS = '2h, {until: "09:00"}, {window: "14:00-16:00"}, {best_time: 1d} or {date: renewal_at}'

_DAYS_SCHEMA = {"type": "array", "items": {"enum": list(DAYS)}}
_TIME_SCHEMA = {"type": "string", "pattern": TIME_PATTERN}


def _form(required: str, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [required],
        "properties": properties,
    }


SCHEMA: Mapping[str, Any] = {
    "wait": {
        "anyOf": [
            {"$ref": "#/$defs/duration"},
            _form("until", {"until": _TIME_SCHEMA, "on": _DAYS_SCHEMA}),
            _form("window", {"window": {"type": "string"}, "on": _DAYS_SCHEMA}),
            _form("best_time", {"best_time": {"$ref": "#/$defs/duration"}}),
            _form(
                "date",
                {
                    "date": {"type": "string"},
                    "offset": {"type": "string"},
                    "at": _TIME_SCHEMA,
                    "if_past": {"enum": list(IF_PAST)},
                },
            ),
        ]
    }
}


class Wait(Step, frozen=True, kw_only=True):
    """`form` is None while the draft has none."""

    kind: ClassVar[str] = "wait"
    form: timedelta | Form | None

    def exits(self) -> tuple[Exit, ...]:
        if isinstance(self.form, Dated) and self.form.if_past == "skip":
            return (Exit(self.then), Exit(self.then, "date has passed", skips=True))
        waits = isinstance(self.form, Until) or (
            not isinstance(self.form, InWindow | Dated | BestTime) and self.form != _NONE
        )
        return (Exit(self.then, waits=waits),)

    def words(self) -> str:
        return f"Wait {_written(self.form)}" if self.form else "Wait"

    def faults(self, known: Known) -> Iterator[Problem]:
        if self.form is None:
            message = f"Say how long to wait, such as {FORMS}."
            yield problem(f"{self.path}.wait", "missing", message)
        elif isinstance(self.form, Dated):
            yield from self._faults_of_date(self.form, known)

    def _faults_of_date(self, form: Dated, known: Known) -> Iterator[Problem]:
        path = f"{self.path}.wait.date"
        if form.date.startswith(ENTRY) and not known.entry:
            message = "No event lets customers into this journey, so there is no entry."
            yield problem(path, "no_entry", message)
        if form.attribute:
            yield from known.attribute(form.attribute, path)

    def build(self, builder: Builder, index: int) -> PlannedWait:
        following = builder.target(self.then, index)
        skips = isinstance(self.form, Dated) and self.form.if_past == "skip" and following != END
        return PlannedWait(
            index=index,
            id=self.id,
            next=following,
            past=builder.target("", following) if skips else following,
            form=self.form if self.form is not None else _NONE,
            inputs={"wait": _written(self.form)},
        )


def _written(form: timedelta | Form | None) -> str:
    if isinstance(form, timedelta):
        return durations.written(form)
    return form.words() if form else durations.written(_NONE)


def read(fields: Fields, common: Common) -> Wait:
    value = fields.get("wait")
    if not isinstance(value, dict):
        return Wait(**common, form=fields.duration("wait"))
    inner = Fields(value, fields.at("wait"), fields.problems)
    forms = [name for name in READERS if name in value]
    if len(forms) == 1:
        form = READERS[forms[0]](inner)
        inner.close()
        return Wait(**common, form=form)
    word = "is two waits; make two steps of it" if forms else "is no form of wait"
    inner.report("", "unknown_key", f"This {word}. Write one of {FORMS}.")
    return Wait(**common, form=None)


def _read_until(fields: Fields) -> Form | None:
    at, days = fields.time("until"), _read_days(fields)
    return None if at is None else Until(at, days)


def _read_window(fields: Fields) -> Form | None:
    text, days = fields.text("window"), _read_days(fields)
    start, dash, end = text.partition("-")
    opens, closes = read_time(start), read_time(end)
    if not dash or opens is None or closes is None:
        fields.report("window", "invalid", 'Write two times, such as "14:00-16:00".')
        return None
    return InWindow(Window(opens, closes, days))


def _read_date(fields: Fields) -> Form | None:
    date, at = fields.text("date"), fields.time("at")
    offset = fields.duration("offset", signed=True) or _NONE
    if_past = fields.choice("if_past", IF_PAST, "continue")
    if not date or date == ENTRY:
        fields.report("date", "missing", "Name an attribute, entry.PROPERTY, or a date.")
        return None
    chosen: IfPast = "skip" if if_past == "skip" else "leave" if if_past == "leave" else "continue"
    return Dated(date, offset, at, chosen)


def _read_best_time(fields: Fields) -> Form | None:
    within = fields.duration("best_time")
    if within is None:
        return None
    if not _LEAST <= within <= _MOST:
        fields.report("best_time", "invalid", "Write a time of 1h to 7d, such as 24h.")
        return None
    return BestTime(within)


READERS = {
    "until": _read_until,
    "window": _read_window,
    "date": _read_date,
    "best_time": _read_best_time,
}


def _read_days(fields: Fields) -> frozenset[int]:
    names = fields.texts("on")
    for name in names:
        if name not in DAYS:
            fields.report("on", "invalid", f"“{name}” is no weekday: write {', '.join(DAYS)}.")
    return frozenset(DAYS.index(name) for name in names if name in DAYS) or EVERY_DAY


class PlannedWait(Planned, frozen=True, kw_only=True):
    """`past` follows when a date has passed that is to be skipped."""

    kind: ClassVar[str] = "wait"
    form: timedelta | Form
    past: int
    inputs: Mapping[str, Any]

    @property
    def passes(self) -> tuple[int, ...]:
        if isinstance(self.form, Until):
            return ()
        if isinstance(self.form, timedelta):
            return () if self.form else (self.next,)
        return tuple({self.next, self.past})

    @property
    def resumes(self) -> tuple[int, ...]:
        return (self.next,)

    @property
    def local(self) -> bool:
        return not isinstance(self.form, timedelta)

    @property
    def rechecks(self) -> bool:
        return isinstance(self.form, InWindow)

    @property
    def hours(self) -> bool:
        return isinstance(self.form, BestTime)

    @property
    def attributes(self) -> tuple[str, ...]:
        named = self.form.attribute if isinstance(self.form, Dated) else ""
        return (named,) if named else ()

    def run(self, walk: Walk) -> int:
        if isinstance(self.form, timedelta):
            return self._until(walk, walk.now + self.form, self.inputs)
        person = walk.person()
        if person is None:
            return UNANSWERED
        facts = self._facts(walk, person)
        if isinstance(self.form, BestTime):
            return self._best(walk, self.form, facts)
        end = self.form.end(facts)
        inputs = {**self.inputs, "zone": person.zone, "until": end.isoformat() if end else ""}
        if isinstance(self.form, Dated):
            inputs["date"] = self.form.value(facts)
            if end is None or end < walk.now:
                return self._past(walk, "date_past" if end else "date_missing", inputs)
        return self._until(walk, end or walk.now, inputs)

    def _facts(self, walk: Walk, person: Person) -> Facts:
        """A window is open or not by the time it is: nothing goes out late behind a closed one."""
        now = walk.clock if isinstance(self.form, InWindow) else walk.now
        zone = ZoneInfo(person.zone)
        entry = walk.state.entry
        return Facts(now, zone, person.attributes, entry, person.hours, person.everybody)

    def _best(self, walk: Walk, form: BestTime, facts: Facts) -> int:
        occasion = f"{walk.journey}:{self.id}:{walk.visit}:{walk.state.customer}"
        chosen = form.choose(facts, occasion)
        inputs = {
            **self.inputs, "zone": str(facts.zone), "until": chosen.at.isoformat(),
            "hour": chosen.hour, "rate": round(chosen.rate, 4), "explored": chosen.explored,
        }  # fmt: skip
        return self._until(walk, chosen.at, inputs)

    def _until(self, walk: Walk, until: datetime, inputs: Mapping[str, Any]) -> int:
        now = walk.clock if isinstance(self.form, InWindow) else walk.now
        if until <= now:
            walk.note("wait_passed", inputs)
            return self.next
        walk.note("wait_started", inputs)
        return walk.stop(Sleep(until))

    def _past(self, walk: Walk, code: str, inputs: Mapping[str, Any]) -> int:
        """The date is over, or there is none."""
        walk.note(code, inputs)
        if isinstance(self.form, Dated) and self.form.if_past == "leave":
            return walk.stop(Leave(code, completed=False))
        return self.past

    def resume(self, walk: Walk) -> int:
        person = walk.person()
        if isinstance(self.form, InWindow) and person is not None:
            opens = self.form.end(self._facts(walk, person))
            if opens > walk.clock:
                missed = {**self.inputs, "zone": person.zone, "until": opens.isoformat()}
                walk.note("window_missed", missed)
                return walk.stop(Sleep(opens))
        walk.note("wait_over", self.inputs)
        return self.next
