"""Keeps memberships of segments true: after events, when time changes an answer, and for everybody
when a segment is new or says something else.

Only what can have changed is asked: the segments that an event concerns, or a row whose instant
has come. A batch costs the same number of statements however many customers and segments it has.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection, transaction

from profiles.core.events import SystemEvent
from profiles.operations.record import record
from profiles.queries import segments, workspace
from profiles.queries.conditions import Ask, Subject, answers, flips_each
from profiles.queries.cursor import bigints
from profiles.queries.events import LoggedEvent
from profiles.queries.segments import ENTERED, LEFT, Loaded, Segments

PAGE = 5000
TOGETHER = 1.0
"""What falls due within so many seconds is asked about at one instant."""
LOCK = 7_211_903
"""With a segment's number, the advisory lock that keeps filling it and following events apart."""

KNOWN = """
SELECT m.segment_id, m.customer_id, m.member, m.since, m.next_at
FROM unnest(%s::bigint[], %s::bigint[]) AS w(segment_id, customer_id)
JOIN profiles_membership m USING (segment_id, customer_id)
ORDER BY m.segment_id, m.customer_id FOR UPDATE OF m
"""
DUE = """
SELECT segment_id, customer_id, member, since, next_at FROM profiles_membership
WHERE segment_id = ANY(%(known)s::bigint[]) AND next_at <= LEAST(%(now)s, make_interval(
    secs => %(together)s) + (SELECT min(next_at) FROM profiles_membership
    WHERE next_at IS NOT NULL AND segment_id = ANY(%(known)s::bigint[])))
ORDER BY next_at, id LIMIT %(page)s FOR UPDATE SKIP LOCKED
"""
KEEP = """
WITH given AS (
    SELECT * FROM unnest(
        %s::bigint[], %s::bigint[], %s::bool[], %s::timestamptz[], %s::timestamptz[]
    ) AS g(segment_id, customer_id, member, since, next_at)
), gone AS (
    DELETE FROM profiles_membership m USING given g
    WHERE m.segment_id = g.segment_id AND m.customer_id = g.customer_id
        AND NOT g.member AND g.next_at IS NULL
)
INSERT INTO profiles_membership (segment_id, customer_id, member, since, next_at)
SELECT * FROM given WHERE member OR next_at IS NOT NULL
ON CONFLICT (segment_id, customer_id) DO UPDATE
SET member = EXCLUDED.member, since = EXCLUDED.since, next_at = EXCLUDED.next_at
"""
FOLLOWING = "SELECT id FROM profiles_customer WHERE id > %s ORDER BY id LIMIT %s"
FILLED = """
UPDATE profiles_segment SET built_upto = %s, building = %s,
    built_at = CASE WHEN %s THEN built_at ELSE %s END
WHERE id = %s
"""

Place = tuple[int, int]
"""A segment and a customer."""


class Standing(NamedTuple):
    """What is known of a place. `next_at` is when to look again, None for not by time alone."""

    member: bool
    since: dt.datetime | None
    next_at: dt.datetime | None


OUTSIDE = Standing(False, None, None)


def refresh(events: Iterable[LoggedEvent], *, now: dt.datetime) -> int:
    """Look again at whoever these events concern. Returns how many memberships changed.

    In a private copy nobody's changes: there the log says itself who came in and who left.
    """
    if workspace.is_private():
        return 0
    known = segments.current()
    places = {
        (segment, event.customer_id) for event in events for segment in known.concerned(event)
    }
    if not places:
        return 0
    with transaction.atomic(savepoint=False):
        _keep_apart([segment for segment, _customer in places], alone=False)
        return _settle(known, _known(places), now=now)


def work(*, now: dt.datetime) -> int:
    """Look again at those whose instant has come, and at one page of a segment that is being
    filled. Returns how many were looked at: call until that is 0.
    """
    return _advance_due(now) + _fill(now)


@transaction.atomic
def _advance_due(now: dt.datetime) -> int:
    known = segments.current()
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "known": bigints(known.by_id),
            "now": now,
            "together": TOGETHER,
            "page": PAGE,
        }
        cursor.execute(DUE, given)
        due = {(row[0], row[1]): Standing(*row[2:]) for row in cursor.fetchall()}
    if due:
        latest = max(each.next_at for each in due.values() if each.next_at is not None)
        _settle(known, due, now=latest)
    return len(due)


@transaction.atomic
def _fill(now: dt.datetime) -> int:
    """One page of customers. Nobody follows events for this segment meanwhile."""
    segment = segments.current().unfilled()
    if segment is None:
        return 0
    _keep_apart([segment.id], alone=True)
    known = segments.current()
    segment = known.by_id.get(segment.id)
    if segment is None or not segment.building:
        return 1
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWING, [segment.built_upto, PAGE])
        customers = [row[0] for row in cursor.fetchall()]
        if customers:
            _settle(known, _known((segment.id, each) for each in customers), now=now, filling=True)
        upto = customers[-1] if customers else segment.built_upto
        cursor.execute(FILLED, [upto, bool(customers), bool(customers), now, segment.id])
    return 1 + len(customers)


def _keep_apart(ids: Iterable[int], *, alone: bool) -> None:
    mode = "" if alone else "_shared"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{mode}(%s, id::int) FROM unnest(%s::bigint[]) AS s(id)",
            [LOCK, bigints(sorted(set(ids)))],
        )


def _known(places: Iterable[Place]) -> dict[Place, Standing]:
    """What is known of these places, held until the transaction ends."""
    wanted = sorted(places)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [bigints(at[0] for at in wanted), bigints(at[1] for at in wanted)])
        known = {(row[0], row[1]): Standing(*row[2:]) for row in cursor.fetchall()}
    return {place: known.get(place, OUTSIDE) for place in wanted}


def _settle(
    known: Segments, before: dict[Place, Standing], *, now: dt.datetime, filling: bool = False
) -> int:
    """Ask about every place, keep what is new, and log who came in and who left."""
    found = _answered(known, before, now)
    changed: dict[Place, Standing] = {}
    events: list[SystemEvent] = []
    for place, was in before.items():
        member, next_at = found.get(place, (False, None))
        if (member, next_at) == (was.member, was.next_at):
            continue
        at = was.next_at if was.next_at is not None and was.next_at <= now else now
        since = was.since if member is was.member and was.since else at
        changed[place] = Standing(member, since, next_at)
        segment = known.by_id[place[0]]
        if member is not was.member and place in found and (segment.filled or not filling):
            events.append(_told(segment, place[1], at, entered=member, correction=filling))
    _keep(changed)
    record(events, now=now)
    return len(events)


def _answered(
    known: Segments, places: Iterable[Place], now: dt.datetime
) -> dict[Place, tuple[bool, dt.datetime | None]]:
    """Whether the customer belongs, and when to look again. Two questions about each customer,
    whatever the number of segments; those who are customers no more are left out.
    """
    concerns: dict[int, list[int]] = {}
    for segment, customer in places:
        concerns.setdefault(customer, []).append(segment)
    groups: dict[tuple[int, ...], int] = {}
    subjects = [
        Subject(customer, customer, None, groups.setdefault(tuple(sorted(ids)), len(groups)))
        for customer, ids in concerns.items()
    ]
    ids = sorted({segment for group in groups for segment in group})
    asks = [
        Ask(known.by_id[id].condition, frozenset(n for group, n in groups.items() if id in group))
        for id in ids
    ]
    belongs = answers(asks, subjects, now=now)
    coming = flips_each(asks, subjects, now=now)
    return {
        (id, customer): (belonging is True, at)
        for customer, said in belongs.items()
        for id, belonging, at in zip(ids, said, coming[customer], strict=True)
        if belonging is not None
    }


def _told(
    segment: Loaded, customer: int, at: dt.datetime, *, entered: bool, correction: bool
) -> SystemEvent:
    properties = {"segment": segment.slug} | ({"correction": True} if correction else {})
    name = ENTERED if entered else LEFT
    return SystemEvent(customer_id=customer, name=name, at=at, properties=properties)


def _keep(changed: dict[Place, Standing]) -> None:
    if not changed:
        return
    standings = changed.values()
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [
            bigints(place[0] for place in changed),
            bigints(place[1] for place in changed),
            [each.member for each in standings],
            [each.since for each in standings],
            [each.next_at for each in standings],
        ])  # fmt: skip
