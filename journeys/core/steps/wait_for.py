"""`wait_for` — the customer stays until one of several things happens, or the time is out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import msgspec

from journeys.core.decisions import Await, Case
from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import Builder, Common, Exit, Known, Planned, Step, listed
from journeys.core.walk import UNANSWERED, Walk
from profiles.core import durations

NEVER: Literal["never"] = "never"
EXAMPLE = "{event: Order Completed, then: end}"

SCHEMA: Mapping[str, Any] = {
    "wait_for": {
        "type": "object",
        "additionalProperties": False,
        "required": ["timeout"],
        "properties": {
            "any": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "event": {"type": "string"},
                        "where": {"$ref": "#/$defs/where"},
                        "if": {"$ref": "#/$defs/condition"},
                        "then": {"$ref": "#/$defs/target"},
                    },
                },
            },
            "if": {"$ref": "#/$defs/condition"},
            "timeout": {"anyOf": [{"$ref": "#/$defs/duration"}, {"const": NEVER}]},
            "then": {"$ref": "#/$defs/target"},
            "since": {"enum": ["step", "entry"]},
        },
    }
}


class Awaited(msgspec.Struct, frozen=True):
    """One case of the document: an event with clauses, or a condition."""

    path: str
    event: str
    where: Any
    condition: Any
    then: str


class WaitFor(Step, frozen=True, kw_only=True):
    """`timeout` is a duration, `never`, or None while the draft has none."""

    kind: ClassVar[str] = "wait_for"
    cases: tuple[Awaited, ...]
    timeout: timedelta | Literal["never"] | None
    late: str
    since: str

    def exits(self) -> tuple[Exit, ...]:
        found = [
            Exit(
                case.then or self.then,
                case.event,
                waits=bool(case.event) and self.since == "step",
                condition=case.condition,
            )
            for case in self.cases
        ]
        if self.timeout is None:
            found.append(Exit(self.late or self.then, "time-out", waits=True))
        elif isinstance(self.timeout, timedelta):
            found.append(Exit(self.late or self.then, waits=bool(self.timeout), after=self.timeout))
        return tuple(found)

    def words(self) -> str:
        return f"Wait for {listed(case.event or 'a condition' for case in self.cases)}"

    def faults(self, known: Known) -> Iterator[Problem]:
        if not self.cases:
            yield problem(f"{self.path}.wait_for.any", "missing", "Name an event to wait for.")
        if self.timeout is None:
            message = "Say how long to wait at most, such as `timeout: 2d`, or `timeout: never`."
            yield problem(f"{self.path}.wait_for.timeout", "no_timeout", message)
        if self.timeout == NEVER and self.late:
            message = "The time is never out; take `then` or `timeout: never` away."
            yield problem(f"{self.path}.wait_for.then", "ambiguous", message)
        for case in self.cases:
            yield from self._faults_of(case, known)

    def _faults_of(self, case: Awaited, known: Known) -> Iterator[Problem]:
        if case.condition is not None:
            yield from known.condition(case.condition, f"{case.path}.if")
        elif case.event:
            yield from known.where(case.where, f"{case.path}.where")
        else:
            yield problem(case.path, "missing", "Name the event, or a condition under `if`.")

    def build(self, builder: Builder, index: int) -> PlannedWaitFor:
        timeout = self.timeout if isinstance(self.timeout, timedelta) else None
        late = builder.target(self.late or self.then, index)
        cases = tuple(
            self._case(position, case, builder, index) for position, case in enumerate(self.cases)
        )
        return PlannedWaitFor(
            index=index,
            id=self.id,
            next=late,
            cases=cases,
            instant=_instant(cases),
            timeout=timeout,
            inputs={"timeout": durations.written(timeout) if timeout is not None else NEVER},
        )

    def _case(self, position: int, case: Awaited, builder: Builder, index: int) -> Case:
        to = builder.target(case.then or self.then, index)
        if case.condition is not None:
            condition = builder.condition(case.condition)
            return Case(position, "", None, condition, None, to)
        where = builder.where(case.where)
        since_entry = self.since == "entry"
        lookback = builder.lookback(self.id, case.event, where) if since_entry else None
        return Case(position, case.event, where, None, lookback, to)


def read(fields: Fields, common: Common) -> WaitFor:
    inner = fields.inner("wait_for", f"{{any: [{EXAMPLE}], timeout: 2d}}")
    inner = inner or Fields({}, fields.at("wait_for"), fields.problems)
    cases = [_read_case(case) for case in inner.items("any", EXAMPLE)]
    alone = inner.mapping("if", "{attribute: vip, eq: true}")
    if alone is not None:
        cases.append(Awaited(inner.path, "", None, alone, ""))
    late = inner.text("then")
    if alone is not None and late:
        message = "Does `then` follow the condition or the time-out? Put {if, then} into `any`."
        inner.report("then", "ambiguous", message)
    timeout = _read_timeout(inner)
    since = inner.choice("since", ("step", "entry"), "step")
    inner.close()
    return WaitFor(**common, cases=tuple(cases), timeout=timeout, late=late, since=since)


def _read_timeout(fields: Fields) -> timedelta | Literal["never"] | None:
    return NEVER if fields.get("timeout") == NEVER else fields.duration("timeout")


def _read_case(fields: Fields) -> Awaited:
    event, condition = fields.text("event"), fields.mapping("if", "{attribute: vip, eq: true}")
    where = fields.mapping("where", "{cart_id: {is: entry.cart_id}}")
    if event and condition is not None:
        fields.report("if", "ambiguous", "Wait for an event or for a condition; make two cases.")
    case = Awaited(fields.path, event, where, condition, fields.text("then"))
    fields.close()
    return case


class Instant(msgspec.Struct, frozen=True):
    """A case that can hold on arrival: by a lookback or by a condition, of that index."""

    case: Case
    logged: bool
    question: int


def _instant(cases: tuple[Case, ...]) -> tuple[Instant, ...]:
    found: list[Instant] = []
    for case in cases:
        if case.lookback is not None:
            found.append(Instant(case, True, case.lookback))
        if case.condition is not None:
            found.append(Instant(case, False, case.condition))
    return tuple(found)


class PlannedWaitFor(Planned, frozen=True, kw_only=True):
    """`next` follows the time-out; a timeout of None never comes."""

    kind: ClassVar[str] = "wait_for"
    cases: tuple[Case, ...]
    instant: tuple[Instant, ...]
    timeout: timedelta | None
    inputs: Mapping[str, Any]

    @property
    def questions(self) -> tuple[int, ...]:
        return tuple(each.question for each in self.instant if not each.logged)

    @property
    def lookbacks(self) -> tuple[int, ...]:
        return tuple(each.question for each in self.instant if each.logged)

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(case.event for case in self.cases if case.event)

    @property
    def passes(self) -> tuple[int, ...]:
        instant = tuple(each.case.to for each in self.instant)
        return instant if self.timeout is None or self.timeout else (*instant, self.next)

    @property
    def resumes(self) -> tuple[int, ...]:
        met = tuple(case.to for case in self.cases)
        return met if self.timeout is None else (*met, self.next)

    def run(self, walk: Walk) -> int:
        for each in self.instant:
            holds = walk.happened(each.question) if each.logged else walk.ask(each.question)
            if holds is None:
                return UNANSWERED
            if holds:
                walk.note("met_at_once", {**_told(each.case), **_seen(walk, each)})
                return each.case.to
        if self.timeout is not None and not self.timeout:
            walk.note("timed_out_at_once", self.inputs)
            return self.next
        walk.note("awaiting", self.inputs)
        return self._await(walk, walk.arrived_at)

    def resume(self, walk: Walk) -> int:
        signal = walk.state.signal
        if signal is not None:
            case = self.cases[signal]
            walk.note("case_met", {**_told(case), **walk.state.cause})
            return case.to
        if self.timeout is None:
            return self._await(walk, walk.state.step_at)
        walk.note("timed_out", self.inputs)
        return self.next

    def _await(self, walk: Walk, since: datetime) -> int:
        until = since + self.timeout if self.timeout is not None else None
        return walk.stop(Await(self.cases, since, until))


def _seen(walk: Walk, each: Instant) -> dict[str, Any]:
    return {} if each.logged else {"saw": walk.saw(each.question)}


def _told(case: Case) -> dict[str, Any]:
    return {"case": case.index, "event": case.event} if case.event else {"case": case.index}
