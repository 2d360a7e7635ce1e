"""What a page of events does to journeys:
goals, leave rules, waits and entries, then everybody concerned moves on.

Events of one customer are worked off one after the other, in rounds; a round takes the next event
of every customer and costs the same number of statements however many there are.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings

from channels.operations import outbox
from journeys.core.plan import Plan
from journeys.core.steps.send import PlannedSend
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.operations import apply
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.run import left_event, run
from journeys.queries import enrollments, plans
from journeys.queries.enrollments import Row
from journeys.queries.plans import Live, Loaded
from profiles.core.events import SystemEvent
from profiles.operations.record import record
from profiles.queries.conditions import Ask, Pair, Subject, answers, matches
from profiles.queries.events import LoggedEvent

EXPOSING = ("message.sent", "message.withheld")
SKIPPED = "message.skipped"
MERGED = "customer.merged"
OWN = frozenset({*EXPOSING, SKIPPED, MERGED})
"""Events that the engine itself reacts to, whatever the journeys say."""


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


def concerns(event: LoggedEvent, live: Live) -> bool:
    """Whether anybody has to look at this event."""
    return event.name in OWN or live.hears(event.name)


def react(events: Sequence[LoggedEvent], *, live: Live, now: dt.datetime) -> None:
    """Let these events, in the log's order, take effect."""
    queues: dict[int, list[LoggedEvent]] = {}
    for event in events:
        queues.setdefault(event.customer_id, []).append(event)
    waiting = [iter(queue) for queue in queues.values()]
    while waiting:
        heads = [(queue, head) for queue in waiting if (head := next(queue, None)) is not None]
        _round([head for _, head in heads], live, now)
        waiting = [queue for queue, _ in heads]


def _round(events: Sequence[LoggedEvent], live: Live, now: dt.datetime) -> None:
    """At most one event a customer."""
    _own(events)
    heard = [event for event in events if live.hears(event.name) or event.name == SKIPPED]
    if not heard:
        return
    rows = _rows(heard, live)
    loaded = plans.of_versions(row.version_id for row in rows)
    triggered, met = _matched(
        _triggers(heard, live, now), list(_rules(heard, rows, loaded)), loaded, now
    )
    found = Found()
    for each in met:
        _note(found, each)
    _conditions(found, rows, loaded, now)
    _skips(found, heard, rows, loaded)
    _convert(found.goals, loaded, now)
    _leave(found.leaving, loaded, now)
    entered = enroll(triggered, now=now)
    woken = {
        id: (row, case)
        for id, (row, case) in found.signals.items()
        if id not in found.leaving and row.journey_id not in live.paused
    }
    run(
        [*(row for row, _ in woken.values()), *entered.rows],
        now=now,
        signals={id: case for id, (_, case) in woken.items()},
        earlier_arms=entered.earlier_arms,
    )


def _rows(events: Sequence[LoggedEvent], live: Live) -> list[Row]:
    names = {event.name for event in events}
    journeys = live.concerned(names)
    if SKIPPED in names:
        journeys = sorted({*journeys, *(each.journey_id for each in live.entering.values())})
    customers = sorted({event.customer_id for event in events})
    return enrollments.of_customers(
        customers, journeys=journeys, since=min(event.at for event in events)
    )


def _own(events: Sequence[LoggedEvent]) -> None:
    """First messages and merges."""
    apply.expose([
        (event.properties["enrollment"], event.at)
        for event in events
        if event.name in EXPOSING and event.properties.get("enrollment")
    ])  # fmt: skip
    pairs = [
        (event.properties["merged"], event.customer_id) for event in events if event.name == MERGED
    ]
    if pairs:
        outbox.repoint(pairs)
        apply.repoint(pairs)


def _triggers(
    events: Sequence[LoggedEvent], live: Live, now: dt.datetime
) -> list[tuple[Candidate, LoggedEvent, int | None]]:
    oldest = now - dt.timedelta(hours=settings.SOJOURN_TRIGGER_MAX_AGE_HOURS)
    return [
        (Candidate(event.customer_id, version, event.properties, event.id), event, listener.where)
        for event in events
        if event.at >= oldest and not event.properties.get("correction")
        for version, listener in live.triggers.get(event.name, ())
    ]


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
    triggers: Sequence[tuple[Candidate, LoggedEvent, int | None]],
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


def _convert(goals: Sequence[Met], loaded: Mapping[int, Loaded], now: dt.datetime) -> None:
    reached = [
        apply.Goal(
            met.row.id, met.row.customer_id, met.row.journey_id, met.row.version_id, met.event.id,
            met.event.at, _value(met, loaded[met.row.version_id]),
        )
        for met in goals
    ]  # fmt: skip
    new = apply.convert(reached)
    record(
        [_converted(met, loaded[met.row.version_id]) for met in goals if met.row.id in new], now=now
    )


def _value(met: Met, version: Loaded) -> float | None:
    goal = version.plan.goal
    value = met.event.properties.get(goal.value) if goal and goal.value else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _converted(met: Met, version: Loaded) -> SystemEvent:
    properties = {
        "journey": version.slug,
        "enrollment": met.row.id,
        "ghost": met.row.ghost,
        "value": _value(met, version),
    }
    return SystemEvent(
        customer_id=met.row.customer_id,
        name="journey.converted",
        at=met.event.at,
        properties=properties,
    )


def _leave(
    leaving: Mapping[int, tuple[Row, str]], loaded: Mapping[int, Loaded], now: dt.datetime
) -> None:
    """Leave at once, wherever the customer stands; what is still queued is skipped."""
    if not leaving:
        return
    rows = [row for row, _ in leaving.values()]
    outbox.cancel([row.id for row in rows], reason="left", now=now)
    apply.move([left(row, reason, now) for row, reason in leaving.values()])
    apply.listen([], stopped=[row.id for row in rows])
    apply.log([
        apply.Reason(
            row.id, row.customer_id, row.journey_id, row.version_id, row.step, row.visit, now,
            "left_by_rule", {"reason": reason},
        )
        for row, reason in leaving.values()
    ])  # fmt: skip
    record(
        [
            left_event(row, loaded[row.version_id], "left", reason, now)
            for row, reason in leaving.values()
        ],
        now=now,
    )


def left(row: Row, reason: str, now: dt.datetime) -> apply.Move:
    """The move that ends an enrollment where it stands."""
    return apply.Move(
        row.id, "left", row.ghost, row.arms, row.step, row.visit, row.visits, None, row.step_at,
        row.context, now, reason, row.failures,
    )  # fmt: skip
