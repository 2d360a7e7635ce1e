"""Which triggers, goals, leave rules and waits a page of events satisfies. Decides nothing else."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from journeys.core.plan import Plan
from journeys.core.steps.send import PlannedSend
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.operations.enroll import Candidate
from journeys.queries.enrollments import Row
from journeys.queries.plans import Loaded
from profiles.queries.conditions import Ask, Pair, Subject, matches, weighed
from profiles.queries.events import LoggedEvent, instants

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


class Leaving(NamedTuple):
    """Who leaves, why, and what decided."""

    row: Row
    reason: str
    cause: Mapping[str, Any]


class Signal(NamedTuple):
    """Who goes on, by which case of the wait, and what met it."""

    row: Row
    case: int
    cause: Mapping[str, Any]

    def kept(self) -> dict[str, Any]:
        """As an enrollment keeps it while its journey stands still."""
        return {"case": self.case, "cause": self.cause}


@dataclass(slots=True)
class Found:
    """What one round established about the enrollments it touched."""

    goals: list[Met] = field(default_factory=list)
    leaving: dict[int, Leaving] = field(default_factory=dict)
    signals: dict[int, Signal] = field(default_factory=dict)


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
    for each in _since_entry(met):
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


def _since_entry(found: Sequence[Met]) -> list[Met]:
    """What happened before the customer came in, and is told of later, is no success of it. They
    came in by an event, which the engine may have read a little later than it happened.
    """
    early = [each for each in found if each.kind == "goal" and each.event.at < each.row.entered_at]
    if not early:
        return list(found)
    entries = instants({each.row.entry_event_id for each in early if each.row.entry_event_id})
    late = {
        each.row.id
        for each in early
        if each.event.at < entries.get(each.row.entry_event_id or 0, each.row.entered_at)
    }
    return [each for each in found if each.kind != "goal" or each.row.id not in late]


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
            _let_go(found, met.row, f"leave_on:{met.event.name}", {"by": met.event.id})
        case _:
            found.signals.setdefault(met.row.id, Signal(met.row, met.case, {"by": met.event.id}))


def _let_go(found: Found, row: Row, reason: str, cause: Mapping[str, Any]) -> None:
    """The first reason counts."""
    found.leaving.setdefault(row.id, Leaving(row, reason, cause))


def _conditions(
    found: Found, rows: Sequence[Row], loaded: Mapping[int, Loaded], now: dt.datetime
) -> None:
    """Leave conditions, and waits for a condition: judged at every event. The first case of a wait
    that holds is taken, as on arrival.
    """
    groups: dict[tuple[int, int], int] = {}
    owners: list[tuple[Row, str, int]] = []
    subjects: list[Subject] = []
    for row in rows:
        for kind, case, condition in _judged(row, loaded[row.version_id]):
            group = groups.setdefault((row.version_id, condition), len(groups))
            subject = Subject(len(owners), row.customer_id, row.entry, group, row.context)
            subjects.append(subject)
            owners.append((row, kind, case))
    if not subjects:
        return
    asks = [
        Ask(loaded[version].plan.conditions[condition], frozenset([group]))
        for (version, condition), group in groups.items()
    ]
    for number, values in weighed(asks, subjects, now=now).items():
        row, kind, case = owners[number]
        met = next((each for each in values if each is not None and each.holds), None)
        if met is not None and kind == "leave":
            _let_go(found, row, "leave_if", {"saw": [met.saw]})
        elif met is not None and (row.id not in found.signals or case < found.signals[row.id].case):
            found.signals[row.id] = Signal(row, case, {"saw": [met.saw]})


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
    """A message that a gate refused, at a step that says to leave for it."""
    skipped = {
        event.properties.get("enrollment"): event for event in events if event.name == SKIPPED
    }
    for row in rows:
        event = skipped.get(row.id)
        if event is None or row.status != "active":
            continue
        place = loaded[row.version_id].plan.places.get(event.properties.get("step", ""))
        step = None if place is None else loaded[row.version_id].plan.steps[place]
        why = event.properties.get("reason", "")
        if isinstance(step, PlannedSend) and step.leaves(why):
            reason = f"skipped:{why}"
            _let_go(found, row, reason, {"by": event.id})
