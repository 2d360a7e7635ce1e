"""Which triggers, goals, leave rules and waits a page of events satisfies. Decides nothing else."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from journeys.core.plan import Plan
from journeys.core.steps.send import PlannedSend
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.operations.enroll import Candidate
from journeys.queries.enrollments import Row
from journeys.queries.plans import Loaded
from profiles.queries.conditions import Ask, Pair, Subject, answers, matches
from profiles.queries.events import LoggedEvent

SKIPPED = "message.skipped"
Triggered = tuple[Candidate, LoggedEvent, int | None]
"""Somebody who may enter, the event that says so, and the clauses it has to satisfy."""


class Met(NamedTuple):
    """A rule that an event may satisfy for an enrollment: a goal, leave rule or case of a wait."""

    row: Row
    event: LoggedEvent
    kind: str
    case: int
    where: int | None


@dataclass(slots=True)
class Found:
    """What one round established about the enrollments it touched."""

    goals: list[Met] = field(default_factory=list)
    leaving: dict[int, tuple[Row, str]] = field(default_factory=dict)
    signals: dict[int, tuple[Row, int]] = field(default_factory=dict)


def judge(
    events: Sequence[LoggedEvent],
    triggers: Sequence[Triggered],
    rows: Sequence[Row],
    loaded: Mapping[int, Loaded],
    now: dt.datetime,
) -> tuple[list[Candidate], Found]:
    """Who may enter, and what happens to those inside: two queries, however many they are."""
    candidates, met = _matched(triggers, list(_rules(events, rows, loaded)), loaded, now)
    found = Found()
    for each in met:
        _note(found, each)
    _conditions(found, rows, loaded, now)
    _skips(found, events, rows, loaded)
    return candidates, found


def _rules(
    events: Sequence[LoggedEvent], rows: Sequence[Row], loaded: Mapping[int, Loaded]
) -> Iterator[Met]:
    by_customer = {event.customer_id: event for event in events}
    for row in rows:
        event = by_customer.get(row.customer_id)
        if event is None:
            continue
        plan = loaded[row.version_id].plan
        if plan.goal and plan.goal.event == event.name and _goal_open(row, event):
            yield Met(row, event, "goal", 0, plan.goal.where)
        if row.status == "active":
            yield from _moving_rules(row, event, plan)


def _goal_open(row: Row, event: LoggedEvent) -> bool:
    return row.converted_at is None and row.goal_until is not None and event.at <= row.goal_until


def _moving_rules(row: Row, event: LoggedEvent, plan: Plan) -> Iterator[Met]:
    """The leave rules and the cases of the present wait that name this event."""
    for rule in plan.leave.on.get(event.name, ()):
        yield Met(row, event, "leave", 0, rule.where)
    step = plan.step(row.step) if row.step else None
    if isinstance(step, PlannedWaitFor) and row.visits.get(row.step, 0) >= row.visit:
        for case in step.cases:
            if case.event == event.name:
                yield Met(row, event, "case", case.index, case.where)


def _matched(
    triggers: Sequence[Triggered],
    rules: Sequence[Met],
    loaded: Mapping[int, Loaded],
    now: dt.datetime,
) -> tuple[list[Candidate], list[Met]]:
    """Those whose clauses hold, all asked in one query; a rule without clauses holds by itself."""
    clauses: dict[tuple[int, int], int] = {}
    versions = {
        candidate.version.version_id: candidate.version for candidate, _, _ in triggers
    } | dict(loaded)
    pairs: list[Pair] = []
    for candidate, event, where in triggers:
        if where is not None:
            clause = clauses.setdefault((candidate.version.version_id, where), len(clauses))
            pairs.append(Pair(event.customer_id, event.id, event.at, clause))
    for rule in rules:
        if rule.where is not None:
            clause = clauses.setdefault((rule.row.version_id, rule.where), len(clauses))
            pairs.append(
                Pair(rule.event.customer_id, rule.event.id, rule.event.at, clause, rule.row.entry)
            )
    wheres = [versions[version].plan.where[where] for version, where in clauses]
    passed = iter(matches(wheres, pairs, now=now))
    candidates = [candidate for candidate, _, where in triggers if where is None or next(passed)]
    return candidates, [rule for rule in rules if rule.where is None or next(passed)]


def _note(found: Found, met: Met) -> None:
    match met.kind:
        case "goal":
            found.goals.append(met)
        case "leave":
            found.leaving.setdefault(met.row.id, (met.row, f"leave_on:{met.event.name}"))
        case _:
            found.signals.setdefault(met.row.id, (met.row, met.case))


def _conditions(
    found: Found, rows: Sequence[Row], loaded: Mapping[int, Loaded], now: dt.datetime
) -> None:
    """Leave conditions, and waits for a condition: judged at every event."""
    groups: dict[tuple[int, int], int] = {}
    owners: list[tuple[Row, str, int]] = []
    subjects: list[Subject] = []
    for row in rows:
        for kind, case, condition in _judged(row, loaded[row.version_id]):
            group = groups.setdefault((row.version_id, condition), len(groups))
            subjects.append(Subject(len(owners), row.customer_id, row.entry, group))
            owners.append((row, kind, case))
    if not subjects:
        return
    asks = [
        Ask(loaded[version].plan.conditions[condition], frozenset([group]))
        for (version, condition), group in groups.items()
    ]
    for number, values in answers(asks, subjects, now=now).items():
        row, kind, case = owners[number]
        if True in values and kind == "leave":
            found.leaving.setdefault(row.id, (row, "leave_if"))
        elif True in values:
            found.signals.setdefault(row.id, (row, case))


def _judged(row: Row, version: Loaded) -> Iterator[tuple[str, int, int]]:
    """(what, case, condition) for everything this enrollment judges at an event."""
    if row.status != "active":
        return
    if version.plan.leave.condition is not None:
        yield "leave", 0, version.plan.leave.condition
    step = version.plan.step(row.step) if row.step else None
    if isinstance(step, PlannedWaitFor) and row.visits.get(row.step, 0) >= row.visit:
        for case in step.cases:
            if case.condition is not None:
                yield "case", case.index, case.condition


def _skips(
    found: Found, events: Sequence[LoggedEvent], rows: Sequence[Row], loaded: Mapping[int, Loaded]
) -> None:
    """A message that a gate refused, at a step that says `on_skip: leave`."""
    skipped = {
        event.properties.get("enrollment"): event for event in events if event.name == SKIPPED
    }
    for row in rows:
        event = skipped.get(row.id)
        if event is None or row.status != "active":
            continue
        place = loaded[row.version_id].plan.places.get(event.properties.get("step", ""))
        step = None if place is None else loaded[row.version_id].plan.steps[place]
        if isinstance(step, PlannedSend) and step.on_skip == "leave":
            found.leaving.setdefault(row.id, (row, f"skipped:{event.properties.get('reason', '')}"))
