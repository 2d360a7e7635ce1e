"""Places customers in the lifecycle, many at once: after their events, and when time moves them.

A prospect's activity is followed lazily: an event that could only put off the next change writes
nothing, and when that instant comes the log is asked anew. A buyer's row holds all that time needs
until an order leaves the window; only orders make it ask the log again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from profiles.core.lifecycle import Facts, Model, Placement, place
from profiles.core.stage_changes import Cause, Change, Touch, Verdict, judge, worth_telling
from profiles.operations import lifecycle_state as state
from profiles.operations.lifecycle_model import model_in_force
from profiles.operations.record import record
from profiles.queries.lifecycle import (
    Known,
    Person,
    Seen,
    active_ever,
    interest_ever,
    people,
    seen_since,
)
from profiles.queries.purchases import purchases


class Case(NamedTuple):
    """One customer to place at `at`. `reread` asks the log for all that ever was."""

    customer_id: int
    at: datetime
    cause: Cause
    known: Known | None
    reread: bool


def refresh(customer_ids: Iterable[int], *, now: datetime, cause: Cause = "event") -> list[Change]:
    """Place customers at `now` from their whole history. The caller logs the changes' events.

    Unknown and merged customers are passed over. Runs in the caller's transaction if there is one.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return []
    with transaction.atomic(savepoint=False):
        anew = dict.fromkeys(ids, Touch.ORDER)
        return _replace(ids, anew, model_in_force(now=now), now, cause)


def follow(touched: Mapping[int, Touch], *, now: datetime) -> list[Change]:
    """Place those customers at `now` whom their new events can have moved; else like `refresh`."""
    if not touched:
        return []
    with transaction.atomic(savepoint=False):
        model = model_in_force(now=now)
        ids = state.concerned(touched, model=model, now=now)
        return _replace(ids, touched, model, now, "event") if ids else []


def advance_due(*, now: datetime, limit: int = 2000) -> int:
    """Place up to `limit` customers whose time has come, each at its own instant; log the changes.

    Answers how many were due. One who is due again before `now` is so at the next call: call until
    the answer is 0.
    """
    with transaction.atomic(savepoint=False):
        due = state.claim(now=now, limit=limit)
        if due:
            model = model_in_force(now=now)
            changes = _settle([_due_case(item, model) for item in due], model)
            record([change.event for change in changes], now=now)
    return len(due)


def _due_case(item: Known, model: Model) -> Case:
    at = item.next_at or item.before.since
    cause: Cause = "time" if item.model_version == model.version else "model"
    return Case(item.customer_id, at, cause, item, _outdated(item, at, model))


def _outdated(item: Known, at: datetime, model: Model) -> bool:
    """True where a row's orders no longer serve at `at`: another model's, or a window ago."""
    slides = item.facts.window_slides_at
    slid = slides is not None and slides <= at
    return bool(item.facts.orders) and (slid or item.model_version != model.version)


def _unheard_of(item: Known, touch: Touch) -> bool:
    """True where an event may tell what the row does not hold, however long ago it happened."""
    seen = item.facts
    asked = Touch.ORDER
    if seen.last_view_at is None:
        asked |= Touch.VIEW
    if seen.last_cart_at is None and seen.last_checkout_at is None:
        asked |= Touch.CART | Touch.CHECKOUT
    return bool(touch & asked)


def _replace(
    ids: Sequence[int], touched: Mapping[int, Touch], model: Model, now: datetime, cause: Cause
) -> list[Change]:
    rows = state.lock(ids)
    cases = []
    for id_ in ids:
        item = rows.get(id_)
        reread = not item or _outdated(item, now, model) or _unheard_of(item, touched[id_])
        cases.append(Case(id_, now, cause, item, reread))
    return _settle(cases, model)


def _settle(cases: Sequence[Case], model: Model) -> list[Change]:
    """Place every case, save the rows, and answer the changes worth telling."""
    persons = people([case.customer_id for case in cases])
    gone = [case.customer_id for case in cases if case.customer_id not in persons and case.known]
    if gone:
        state.forget(gone)
    present = [case for case in cases if case.customer_id in persons]
    if not present:
        return []
    facts = _facts(present, persons, model)
    rows: list[state.Row] = []
    changes: list[Change] = []
    for case in present:
        row, change = _place(case, facts[case.customer_id], model)
        rows.append(row)
        if change:
            changes.append(change)
    lost = state.save(rows, fresh=[case.customer_id for case in present if not case.known])
    return changes if not lost else _settle_again(changes, lost, present, model)


def _settle_again(
    changes: list[Change], lost: frozenset[int], cases: Sequence[Case], model: Model
) -> list[Change]:
    """Someone else made the first row of the `lost` since we looked: place them on top of it."""
    again = next(case for case in cases if case.customer_id in lost)
    anew = dict.fromkeys(lost, Touch.ORDER)
    rest = _replace(sorted(lost), anew, model, again.at, again.cause)
    return [change for change in changes if change.customer_id not in lost] + rest


def _facts(cases: Sequence[Case], persons: Mapping[int, Person], model: Model) -> dict[int, Facts]:
    """Everybody's facts: buyers' from their row or from the log, prospects' from the log."""
    reread = [(case.customer_id, case.at) for case in cases if case.reread]
    facts = purchases(reread, months=model.thresholds.window_months) if reread else {}
    facts |= {
        case.customer_id: case.known.facts
        for case in cases
        if case.known and not case.reread and case.known.facts.orders
    }
    prospects = [case for case in cases if case.customer_id not in facts]
    return facts | _prospects(prospects, persons, model) if prospects else facts


def _prospects(
    cases: Sequence[Case], persons: Mapping[int, Person], model: Model
) -> dict[int, Facts]:
    """What prospects did: lately, as known before, or, for those read anew, ever."""
    ids = [case.customer_id for case in cases]
    idle = timedelta(seconds=model.thresholds.idle)
    sources = [seen_since(ids, min(case.at for case in cases) - idle)]
    anew = [case.customer_id for case in cases if case.known is None or case.reread]
    if anew:
        sources.append(interest_ever(anew))
    sources.append({case.customer_id: _recalled(case) for case in cases})
    seen = {id_: _newest([said[id_] for said in sources if id_ in said]) for id_ in ids}
    silent = [id_ for id_ in ids if seen[id_].active is None]
    if silent:
        ever = active_ever(silent)
        seen |= {id_: seen[id_]._replace(active=ever.get(id_, Seen()).active) for id_ in silent}
    return {id_: _prospect(persons[id_], seen[id_]) for id_ in ids}


def _recalled(case: Case) -> Seen:
    if case.known is None or case.reread:
        return Seen()
    facts = case.known.facts
    return Seen(
        facts.last_activity_at, facts.last_view_at, facts.last_cart_at, facts.last_checkout_at
    )


def _newest(said: Sequence[Seen]) -> Seen:
    return Seen(*(max(filter(None, ats), default=None) for ats in zip(*said, strict=True)))


def _prospect(person: Person, seen: Seen) -> Facts:
    """One who never did anything of their own counts as active when they were created."""
    return Facts(
        identified=person.identified,
        last_activity_at=seen.active or person.created_at,
        last_view_at=seen.view,
        last_cart_at=seen.cart,
        last_checkout_at=seen.checkout,
    )


def _place(case: Case, facts: Facts, model: Model) -> tuple[state.Row, Change | None]:
    before = case.known.before if case.known else None
    placement = place(facts, model, case.at)
    verdict = judge(before, facts, placement, model, case.at)
    after, previous = placement.standing, before.standing if before else None
    change = None
    if worth_telling(previous, after):
        change = Change(case.customer_id, case.at, case.cause, previous, after, verdict.correction)
    return _row(case.customer_id, facts, placement, verdict, model), change


def _row(
    customer_id: int, facts: Facts, placement: Placement, verdict: Verdict, model: Model
) -> state.Row:
    standing = placement.standing
    return state.Row(
        customer_id=customer_id,
        stage=standing.stage,
        segment=standing.segment,
        lost_stage=standing.lost_stage,
        r=standing.r,
        f=standing.f,
        m=standing.m,
        ever_loyal=standing.ever_loyal,
        orders=facts.orders,
        orders_window=facts.orders_window,
        revenue=facts.revenue,
        revenue_window=facts.revenue_window,
        first_order_at=facts.first_order_at,
        last_order_at=facts.last_order_at,
        gap_seconds=facts.gap_seconds,
        gap_count=facts.gap_count,
        window_slides_at=facts.window_slides_at,
        last_activity_at=facts.last_activity_at,
        last_view_at=facts.last_view_at,
        last_cart_at=facts.last_cart_at,
        last_checkout_at=facts.last_checkout_at,
        since=verdict.since,
        next_at=placement.next_at,
        model_version=model.version,
    )
