"""A document compiled: steps by index, conditions and clauses once each, event names by purpose.

A plan is immutable and made once for a version; everything that runs a journey reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from journeys.core.asks import Asks, asks
from journeys.core.check import check, has_entry
from journeys.core.document import Document, Enter, Leaving, Purpose
from journeys.core.document import Goal as WrittenGoal
from journeys.core.links import positions, resolve
from journeys.core.parts import (
    Dates,
    Departure,
    Entrance,
    Existing,
    Goal,
    Listener,
    Listening,
    Lookback,
    Timer,
)
from journeys.core.problem import DocumentError
from journeys.core.steps import PlannedStep
from journeys.core.triggers import REQUESTED, DateTrigger, SegmentTrigger, TimeTrigger, Watched
from journeys.core.walk import END
from profiles.core.conditions.ast import Condition, Where
from profiles.core.conditions.parse import parse as parse_condition
from profiles.core.conditions.parse import parse_where

VISIT_LIMIT = 100
STEP_LIMIT = 200


class Plan(msgspec.Struct, frozen=True):
    """What every operation needs to know of a version.

    `places` gives the index of a step by its id. `arriving` and `resuming` are parallel to `steps`:
    what a run can ask that begins with coming to a step, or with going on from it.
    """

    journey: str
    title: str
    purpose: Purpose
    stage: str
    priority: float
    topic: str
    enter: Entrance
    leave: Departure
    goal: Goal | None
    steps: tuple[PlannedStep, ...]
    places: Mapping[str, int]
    conditions: tuple[Condition, ...]
    where: tuple[Where, ...]
    lookbacks: tuple[Lookback, ...]
    contents: tuple[Mapping[str, Any], ...]
    event_names: Listening
    arriving: tuple[Asks, ...]
    resuming: tuple[Asks, ...]

    def step(self, id: str) -> PlannedStep:
        """The step with this id, the first for "". Raises LookupError."""
        place = self.places.get(id) if id else 0
        if place is None:
            raise LookupError(f"The journey {self.journey} has no step “{id}” in this version.")
        return self.steps[place]

    def asks(self, id: str, *, begun: bool) -> Asks:
        """What `decide` can ask about a customer at this step. Raises LookupError."""
        index = self.step(id).index
        return self.resuming[index] if begun else self.arriving[index]


def compile(document: Document) -> Plan:
    """The plan of a document that `check` finds sound. Raises DocumentError."""
    errors = [each for each in check(document) if each.severity == "error"]
    if errors:
        raise DocumentError(errors)
    builder = _Builder(document)
    enter, leave = _entrance(document.enter, builder), _departure(document.leave, builder)
    goal = _goal(document.goal, builder)
    builder.leaving = leave.condition
    steps = tuple(step.build(builder, index) for index, step in enumerate(document.steps))
    return Plan(
        journey=document.journey,
        title=document.title,
        purpose=document.purpose,
        stage=document.stage,
        priority=document.priority,
        topic=document.topic,
        enter=enter,
        leave=leave,
        goal=goal,
        steps=steps,
        places=builder.places,
        conditions=tuple(builder.conditions),
        where=tuple(builder.clauses),
        lookbacks=tuple(builder.lookbacks),
        contents=tuple(builder.contents),
        event_names=_listening(enter, leave, goal, steps),
        arriving=tuple(asks(steps, (index,)) for index in range(len(steps))),
        resuming=tuple(asks(steps, step.resumes, local=step.rechecks) for step in steps),
    )


class _Builder:
    """Gives indexes to what steps refer to, the same one to what is written alike."""

    def __init__(self, document: Document) -> None:
        self.topic = document.topic
        self.leaving: int | None = None
        self.journey = document.journey
        self.places = positions(document)
        self.last = len(document.steps) - 1
        self.entry = has_entry(document)
        self.conditions: list[Condition] = []
        self.clauses: list[Where] = []
        self.lookbacks: list[Lookback] = []
        self.contents: list[Mapping[str, Any]] = []
        self.seen: dict[tuple[str, str], int] = {}

    def _index(self, kind: str, raw: Any, known: list[Any]) -> tuple[int, bool]:
        """Where `raw` is or will be in `known`. As text, for 1 and true are equal to Python."""
        key = (kind, json.dumps(raw, sort_keys=True))
        new = key not in self.seen
        return self.seen.setdefault(key, len(known)), new

    def condition(self, raw: Any) -> int:
        index, new = self._index("condition", raw, self.conditions)
        if new:
            found = parse_condition(raw, entry_allowed=self.entry, context_allowed=True)
            self.conditions.append(found)
        return index

    def maybe(self, raw: Any) -> int | None:
        return None if raw is None else self.condition(raw)

    def where(self, raw: Any) -> int | None:
        if not raw:
            return None
        index, new = self._index("where", raw, self.clauses)
        if new:
            self.clauses.append(parse_where(raw, entry_allowed=self.entry))
        return index

    def lookback(self, step: str, event: str, where: int | None) -> int:
        self.lookbacks.append(Lookback(step, event, where))
        return len(self.lookbacks) - 1

    def content(self, body: Mapping[str, Any]) -> int:
        index, new = self._index("content", body, self.contents)
        if new:
            self.contents.append(body)
        return index

    def target(self, to: str, index: int) -> int:
        place = resolve(to, index, self.places, self.last)
        return END if place is None else place

    def listeners(self, watched: Sequence[Watched]) -> dict[str, tuple[Listener, ...]]:
        """The events by name; several of one name are alternatives."""
        found: dict[str, tuple[Listener, ...]] = {}
        for each in watched:
            listener = Listener(each.event, self.where(each.where))
            found[each.event] = (*found.get(each.event, ()), listener)
        return found


def _entrance(enter: Enter, builder: _Builder) -> Entrance:
    watched = [found for each in enter.triggers if (found := each.watched()) is not None]
    api = any(each.kind == "api" for each in enter.triggers)
    if api:
        watched.append(Watched("", REQUESTED, {"journey": {"eq": builder.journey}}))
    times = [each for each in enter.triggers if isinstance(each, TimeTrigger)]
    dates = [each for each in enter.triggers if isinstance(each, DateTrigger)]
    inside = [e for e in enter.triggers if isinstance(e, SegmentTrigger) and e.existing]
    return Entrance(
        triggers=builder.listeners(watched),
        timers=tuple(Timer(each.schedule, each.local) for each in times if each.schedule),
        dates=tuple(Dates(each.date, each.offset, each.at, each.yearly) for each in dates),
        existing=tuple(_existing(each, enter, builder) for each in inside),
        api=api,
        audience=builder.maybe(enter.audience),
        key=enter.key,
        again=enter.again,
        holdout=enter.holdout,
        limits=enter.limits,
    )


def _existing(trigger: SegmentTrigger, enter: Enter, builder: _Builder) -> Existing:
    inside: dict[str, Any] = {"segment": trigger.segment}
    audience = inside if enter.audience is None else {"all": [inside, enter.audience]}
    return Existing(trigger.segment, builder.condition(audience))


def _departure(leave: Leaving, builder: _Builder) -> Departure:
    return Departure(builder.listeners(leave.on), builder.maybe(leave.condition))


def _goal(goal: WrittenGoal | None, builder: _Builder) -> Goal | None:
    if goal is None:
        return None
    return Goal(goal.on.event, builder.where(goal.on.where), goal.within, goal.value)


def _listening(
    enter: Entrance, leave: Departure, goal: Goal | None, steps: Sequence[PlannedStep]
) -> Listening:
    return Listening(
        enter=frozenset(enter.triggers),
        leave=frozenset(leave.on),
        goal=frozenset([goal.event] if goal else ()),
        wait_for=frozenset(event for step in steps for event in step.events),
    )
