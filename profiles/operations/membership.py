"""Keeps memberships of segments true: after events, when time changes an answer, and for everybody
when a segment is new or says something else.

Only what can have changed is asked: the segments that an event concerns, or a row whose instant
has come. A batch costs the same number of statements however many customers and segments it has.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from profiles.core.events import SystemEvent
from profiles.operations.record import record
from profiles.queries import segments, workspace
from profiles.queries.conditions import Ask, Subject, standings
from profiles.queries.cursor import bigints, booleans, instants, quick_cursor
from profiles.queries.events import LoggedEvent
from profiles.queries.segments import ENTERED, LEFT, NONE, Loaded, Segments

PAGE = 5000
TOGETHER = dt.timedelta(seconds=1)
"""What falls due within so long is asked about at one instant."""
LOCK = 7_211_903
"""With a segment's number, the advisory lock that keeps filling it apart from following events and
time. Conditions are read once it is held: nobody goes by one that was changed and filled meanwhile.
"""

KNOWN = """
SELECT m.segment_id, m.customer_id, m.member, m.since, m.next_at
FROM unnest(%s::bigint[], %s::int[]) AS w(customer_id, part)
JOIN profiles_membership m ON m.customer_id = w.customer_id
    AND m.segment_id = ANY(((%s::text[])[w.part])::bigint[])
ORDER BY m.segment_id, m.customer_id FOR UPDATE OF m
"""
DUE = """
SELECT segment_id, customer_id, member, since, next_at FROM profiles_membership
WHERE next_at <= %(now)s AND segment_id = ANY(%(known)s::bigint[])
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
Concerned = dict[int, frozenset[int]]
"""Of each customer the segments to look at again. Few different sets, however many customers."""


class Standing(NamedTuple):
    """What is known of a place. `next_at` is when to look again, None for not by time alone."""

    member: bool
    since: dt.datetime | None
    next_at: dt.datetime | None


OUTSIDE = Standing(False, None, None)
NOWHERE = (False, None)
Known = dict[Place, Standing]


def refresh(events: Sequence[LoggedEvent], *, now: dt.datetime) -> int:
    """Look again at whoever these events concern. Returns how many memberships changed.

    In a private copy nobody's changes: there the log says itself who came in and who left.
    """
    if workspace.is_private():
        return 0
    wanted = _concerned(segments.current(), events)
    if not wanted:
        return 0
    with transaction.atomic(savepoint=False):
        _keep_apart(frozenset().union(*wanted.values()), alone=False)
        known = segments.current()
        agreed = {
            customer: both
            for customer, ids in _concerned(known, events).items()
            if (both := ids & wanted.get(customer, NONE))
        }
        return _settle(known, agreed, _known(agreed), now=now)


def _concerned(known: Segments, events: Sequence[LoggedEvent]) -> Concerned:
    """Whom these events can have moved. Those whom filling has not come to yet are left to it: what
    they do meanwhile counts as done before.
    """
    found: Concerned = {}
    for event in events:
        if ids := known.concerned(event):
            found[event.customer_id] = found.get(event.customer_id, NONE) | ids
    for each in known.by_id.values():
        if each.building:
            unseen = [
                one for one, ids in found.items() if each.id in ids and not each.has_seen(one)
            ]
            found |= {one: found[one] - {each.id} for one in unseen}
    return {customer: ids for customer, ids in found.items() if ids}


def work(*, now: dt.datetime) -> int:
    """Look again at those whose instant has come, and at one page of a segment that is being
    filled. Returns how many were looked at: call until that is 0.
    """
    return 0 if workspace.is_private() else _advance_due(now) + _fill(now)


@transaction.atomic
def _advance_due(now: dt.datetime) -> int:
    due_at = segments.next_change()
    if due_at is None or due_at > now:
        return 0
    _keep_apart(segments.current().by_id, alone=False)
    known = segments.current()
    given: dict[str, Any] = {"now": min(now, due_at + TOGETHER), "page": PAGE}
    with quick_cursor() as cursor:
        cursor.execute(DUE, {"known": bigints(known.by_id), **given})
        due = {(row[0], row[1]): Standing(*row[2:]) for row in cursor.fetchall()}
    if due:
        concerned: Concerned = {}
        for segment, customer in due:
            concerned[customer] = concerned.get(customer, NONE) | {segment}
        latest = max(each.next_at for each in due.values() if each.next_at is not None)
        _settle(known, concerned, due, now=latest)
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
            everybody = dict.fromkeys(customers, frozenset([segment.id]))
            _settle(known, everybody, _known(everybody), now=now, filling=True)
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


def _known(concerned: Concerned) -> Known:
    """Where they stand so far, held until the transaction ends; outside, where nothing is known."""
    if not concerned:
        return {}
    parts = {ids: number for number, ids in enumerate(set(concerned.values()), start=1)}
    with quick_cursor() as cursor:
        cursor.execute(KNOWN, [
            bigints(concerned),
            bigints(parts[ids] for ids in concerned.values()),
            [bigints(ids) for ids in parts],
        ])  # fmt: skip
        return {(row[0], row[1]): Standing(*row[2:]) for row in cursor.fetchall()}


def _settle(
    known: Segments, concerned: Concerned, before: Known, *, now: dt.datetime, filling: bool = False
) -> int:
    """Ask about every place, keep what is new, and log who came in and who left."""
    if not concerned:
        return 0
    found = _answered(known, concerned, before, now)
    changed: Known = {}
    events: list[SystemEvent] = []
    for place in _in_order(before, found):
        was, (member, next_at) = before.get(place, OUTSIDE), found.get(place, NOWHERE)
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


def _in_order(before: Known, found: Collection[Place]) -> Iterable[Place]:
    """The order in which changes are told: that of their instants where time brought them."""
    more = [place for place in found if place not in before]
    return sorted([*before, *more]) if more else before


def _answered(
    known: Segments, concerned: Concerned, before: Known, now: dt.datetime
) -> dict[Place, tuple[bool, dt.datetime | None]]:
    """Whether the customer belongs, and when to look again: one question about each customer,
    whatever the number of segments. Left out are those who are customers no more, and those who
    were outside and stay there.
    """
    groups = {ids: number for number, ids in enumerate(set(concerned.values()))}
    subjects = [Subject(one, one, None, groups[ids]) for one, ids in concerned.items()]
    ids = sorted(frozenset().union(*groups))
    asks = [
        Ask(known.by_id[id].condition, frozenset(n for group, n in groups.items() if id in group))
        for id in ids
    ]
    return {
        (id, customer): (bool(belongs), at)
        for customer, said in standings(asks, subjects, now=now).items()
        for id, belongs, at in zip(ids, *said, strict=True)
        if belongs or at is not None or (belongs is False and (id, customer) in before)
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
            booleans(each.member for each in standings),
            instants(each.since for each in standings),
            instants(each.next_at for each in standings),
        ])  # fmt: skip
