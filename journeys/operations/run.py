"""Runs locked enrollments as far as they can go:
one query for the answers, pure decisions, one statement a table.

Shared by everything that moves customers: entries, events that wake, time that is up.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from channels.core.message import Draft
from channels.operations import outbox
from journeys.core.decide import decide
from journeys.core.decisions import (
    LEAVE_IF,
    Await,
    Call,
    Decision,
    Leave,
    Outcome,
    Record,
    Request,
    Send,
    Sleep,
)
from journeys.core.triggers import REQUESTED
from journeys.core.walk import Reply, State
from journeys.operations import apply
from journeys.operations.call import Asked, call_out
from journeys.operations.record import ProfileChange, record_changes
from journeys.operations.rules import Signal
from journeys.queries import enrollments, plans
from journeys.queries.asking import answer
from journeys.queries.enrollments import Row, last_arms
from journeys.queries.knowledge import texts_know
from journeys.queries.plans import Loaded
from journeys.queries.replies import hear
from profiles.core.events import SystemEvent
from profiles.operations.record import record


@dataclass(slots=True)
class Written:
    """What one run writes, gathered over all its customers."""

    moves: list[apply.Move] = field(default_factory=list)
    reasons: list[apply.Reason] = field(default_factory=list)
    listening: list[apply.Listening] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    changes: list[ProfileChange] = field(default_factory=list)
    calls: list[Asked] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    contexts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    events: list[SystemEvent] = field(default_factory=list)


def run(
    rows: Sequence[Row],
    *,
    now: dt.datetime,
    signals: Mapping[int, Signal] | None = None,
    earlier_arms: Mapping[int, Mapping[str, str]] | None = None,
) -> None:
    """Decide and write for these enrollments, which the caller holds locked.

    `signals` names the case of a `wait_for` that is met, and by what;
    `earlier_arms` the arms of walks before this one.
    """
    signals, earlier = signals or {}, earlier_arms or {}
    while rows:
        unanswered = _run(rows, signals, earlier, now)
        rows = enrollments.again(unanswered)


def _run(
    rows: Sequence[Row],
    signals: Mapping[int, Signal],
    earlier: Mapping[int, Mapping[str, str]],
    now: dt.datetime,
) -> list[int]:
    """One stretch, until everybody rests or needs fresh answers. Returns those who need some."""
    loaded = plans.of_versions(row.version_id for row in rows)
    rows, replies, contexts = hear(rows, loaded)
    arms = _arms_before(rows, loaded, earlier)
    states = [
        _state(row, signals.get(row.id) or _kept(row), arms.get(row.id, {}), replies.get(row.id))
        for row in rows
    ]
    answers = answer(rows, states, loaded, now=now)
    unanswered: list[int] = []
    written = Written(contexts=contexts)
    for row, state, known in zip(rows, states, answers, strict=True):
        version = loaded[row.version_id]
        outcome = decide(version.plan, state, known, _instant(row, state, now), clock=now)
        gather(written, row, version, outcome, now)
        if outcome.unanswered:
            unanswered.append(row.id)
    write(written, now=now)
    return unanswered


def _arms_before(
    rows: Sequence[Row],
    loaded: Mapping[int, Loaded],
    known: Mapping[int, Mapping[str, str]],
) -> Mapping[int, Mapping[str, str]]:
    """Arms of other walks, for those who can come to a draw: asked only where not `known`."""
    drawing = [
        row
        for row in rows
        if row.id not in known and _draws(row, loaded[row.version_id]) - row.arms.keys()
    ]
    if not drawing:
        return known
    past = enrollments.history(
        sorted({row.customer_id for row in drawing}), sorted({row.journey_id for row in drawing})
    )
    found = {row.id: last_arms(past[row.journey_id, row.customer_id]) for row in drawing}
    return {**known, **found}


def _draws(row: Row, version: Loaded) -> frozenset[str]:
    """The draws that the customer can come to before the next rest."""
    begun = row.visits.get(row.step, 0) >= row.visit
    return version.plan.asks(row.step, begun=begun).draws


def write(written: Written, *, now: dt.datetime) -> None:
    """Write everything gathered, a statement a table."""
    apply.move(written.moves)
    apply.remember(written.contexts)
    apply.listen(written.listening, stopped=written.stopped)
    apply.log(written.reasons)
    outbox.cancel(written.cancelled, reason="left", now=now)
    outbox.enqueue(written.drafts, now=now)
    record_changes(written.changes, now=now)
    call_out(written.calls, now=now)
    record(written.events, now=now)


def _instant(row: Row, state: State, now: dt.datetime) -> dt.datetime:
    """A wait that fell due counts as over at that instant, so that lateness does not add up from
    step to step.
    """
    return row.due_at if row.due_at and row.due_at <= now and state.signal is None else now


def _kept(row: Row) -> Signal | None:
    """What ended the wait while the journey stood still."""
    return Signal(row, row.met["case"], row.met["cause"]) if row.met else None


def _state(
    row: Row, signal: Signal | None, earlier_arms: Mapping[str, str], reply: Reply | None
) -> State:
    return State(
        enrollment=row.id,
        customer=str(row.customer_id),
        entry_at=row.entered_at,
        step_at=row.step_at,
        step=row.step,
        visit=row.visit,
        visits=row.visits,
        arms=row.arms,
        earlier_arms=earlier_arms,
        ghost=row.ghost,  # type: ignore[arg-type]
        signal=signal.case if signal else None,
        cause=signal.cause if signal else {},
        entry=row.entry,
        reply=reply,
    )


def gather(written: Written, row: Row, version: Loaded, outcome: Outcome, now: dt.datetime) -> None:
    """Add one customer's outcome to what will be written."""
    status, due_at, left_reason = "active", None, ""
    if row.step:
        written.stopped.append(row.id)
    for decision in outcome.decisions:
        _effect(written, row, version, decision, now)
    match outcome.rest:
        case Sleep() | Await():
            due_at = outcome.rest.until
            written.listening.extend(_listening(row, outcome.rest))
        case Leave():
            status = "completed" if outcome.rest.completed else "left"
            left_reason = outcome.rest.reason
            if left_reason == LEAVE_IF:
                written.cancelled.append(row.id)
            written.events.append(left_event(row, version, status, left_reason, now))
        case _:
            assert_never(outcome.rest)
    written.reasons.extend(_reasons(row, outcome, now))
    written.moves.append(
        apply.Move(
            row.id, status, outcome.ghost, outcome.arms, outcome.step, outcome.visit,
            outcome.visits, due_at, outcome.step_at,
            None if status == "active" else now, left_reason, 0,
        )
    )  # fmt: skip


def _effect(
    written: Written, row: Row, version: Loaded, decision: Decision, now: dt.datetime
) -> None:
    match decision:
        case Send():
            written.drafts.append(_draft(row, version, decision, now))
        case Record():
            written.changes.append(ProfileChange(row, version, decision))
        case Request():
            written.events.append(_request(row, version, decision, now))
        case Call():
            written.calls.append(Asked(row, version, decision))
        case Sleep() | Await() | Leave():
            pass  # the rest, which is no effect
        case _:
            assert_never(decision)


def _draft(row: Row, version: Loaded, send: Send, now: dt.datetime) -> Draft:
    document = version.plan
    return Draft(
        customer_id=row.customer_id,
        enrollment_id=row.id,
        journey=version.slug,
        version=version.number,
        step=send.step,
        visit=send.visit,
        channels=send.channels,
        content_id=version.contents[send.content],
        send_after=now,
        arm=send.arm,
        purpose=document.purpose,
        topic=send.topic,
        priority=int(document.priority),
        context=texts_know(row, version),
        ghost=send.ghost,
        expires_at=now + send.expires if send.expires else None,
        on_cap=send.on_cap,
    )


def _request(row: Row, version: Loaded, request: Request, now: dt.datetime) -> SystemEvent:
    """The event by which another journey is asked; `entry.*` there is what it is here, and more."""
    properties = {
        **row.entry,
        "journey": request.journey,
        "from_journey": version.slug,
        "hops": request.hops,
    }
    return SystemEvent(customer_id=row.customer_id, name=REQUESTED, at=now, properties=properties)


def _listening(row: Row, rest: Sleep | Await) -> Iterator[apply.Listening]:
    if isinstance(rest, Await):
        for event in sorted({case.event for case in rest.cases if case.event}):
            yield apply.Listening(row.id, row.customer_id, event, rest.since)


def _reasons(row: Row, outcome: Outcome, now: dt.datetime) -> Iterator[apply.Reason]:
    for trace in outcome.trace:
        yield apply.reason(
            row, trace.code, trace.inputs, step=trace.step, visit=trace.visit, at=now
        )


def left_event(
    row: Row, version: Loaded, status: str, reason: str, now: dt.datetime
) -> SystemEvent:
    """The event that tells the log that a customer is out of a journey."""
    properties = {
        "journey": version.slug,
        "enrollment": row.id,
        "completed": status == "completed",
        "reason": reason,
    }
    return SystemEvent(
        customer_id=row.customer_id, name="journey.left", at=now, properties=properties
    )
