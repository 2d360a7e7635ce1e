"""What a page of events does to journeys:
goals, leave rules, waits and entries, then everybody concerned moves on.

Events of one customer are worked off one after the other, in rounds; a round takes the next event
of every customer and costs the same number of statements however many there are.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings

from channels.operations import outbox
from journeys.operations import apply, entrance, standstill
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.rules import SKIPPED, Leaving, Met, Triggered, judge
from journeys.operations.run import left_event, run
from journeys.queries import enrollments, plans
from journeys.queries.enrollments import Row
from journeys.queries.plans import Live, Loaded
from profiles.core.events import SystemEvent
from profiles.operations.record import record
from profiles.queries.events import LoggedEvent

SENT = "message.sent"
EXPOSING = (SENT, "message.withheld")
MERGED = "customer.merged"
OWN = frozenset({*EXPOSING, SKIPPED, MERGED})
"""Events that the engine itself reacts to, whatever the journeys say."""


def concerns(event: LoggedEvent, live: Live) -> bool:
    """Whether anybody has to look at this event."""
    return event.name in OWN or live.hears(event.name, event.properties)


def react(events: Sequence[LoggedEvent], *, live: Live, now: dt.datetime) -> None:
    """Let these events, in the log's order, take effect."""
    entrance.keep_open()
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
    heard = [
        event
        for event in events
        if event.name == SKIPPED or live.hears(event.name, event.properties)
    ]
    if not heard:
        return
    rows = _rows(heard, live)
    loaded = plans.of_versions(row.version_id for row in rows)
    triggered, found = judge(heard, _triggers(heard, live, now), rows, loaded, now)
    _convert(found.goals, loaded, now)
    _leave(found.leaving, loaded, now)
    entered = enroll(triggered, now=now)
    met = {id: signal for id, signal in found.signals.items() if id not in found.leaving}
    woken = {id: each for id, each in met.items() if each.row.journey_id not in live.halted}
    standstill.keep({id: met[id] for id in met.keys() - woken.keys()}, now=now)
    run(
        [*(signal.row for signal in woken.values()), *entered.rows],
        now=now,
        signals=woken,
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
        (event.properties["enrollment"], event.at, event.name == SENT)
        for event in events
        if event.name in EXPOSING and event.properties.get("enrollment")
    ])  # fmt: skip
    pairs = [
        (event.properties["merged"], event.customer_id) for event in events if event.name == MERGED
    ]
    if pairs:
        outbox.repoint(pairs)
        apply.repoint(pairs)


def _triggers(events: Sequence[LoggedEvent], live: Live, now: dt.datetime) -> list[Triggered]:
    oldest = now - dt.timedelta(hours=settings.SOJOURN_TRIGGER_MAX_AGE_HOURS)
    return [
        (Candidate(event.customer_id, version, event.properties, event.id), event, listener.where)
        for event in events
        if event.at >= oldest
        and not event.properties.get("correction")
        and (access := live.triggers.get(event.name)) is not None
        for version, listener in access.of(event.properties)
    ]


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


def _leave(leaving: Mapping[int, Leaving], loaded: Mapping[int, Loaded], now: dt.datetime) -> None:
    """Leave at once, wherever the customer stands; what is still queued is skipped."""
    if not leaving:
        return
    rows = [each.row for each in leaving.values()]
    outbox.cancel([row.id for row in rows], reason="left", now=now)
    apply.move([left(each.row, each.reason, now) for each in leaving.values()])
    apply.listen([], stopped=[row.id for row in rows])
    apply.log([_left_by_rule(each, now) for each in leaving.values()])
    record(
        [
            left_event(each.row, loaded[each.row.version_id], "left", each.reason, now)
            for each in leaving.values()
        ],
        now=now,
    )


def _left_by_rule(each: Leaving, now: dt.datetime) -> apply.Reason:
    why, row = {"reason": each.reason, **each.cause}, each.row
    return apply.reason(row, "left_by_rule", why, step=row.step, visit=row.visit, at=now)


def left(row: Row, reason: str, now: dt.datetime) -> apply.Move:
    """The move that ends an enrollment where it stands."""
    return apply.Move(
        row.id, "left", row.ghost, row.arms, row.step, row.visit, row.visits, None, row.step_at,
        now, reason, row.failures,
    )  # fmt: skip
