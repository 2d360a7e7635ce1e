"""Schedule triggers: opens each slot once, whoever ticks,
and lets everybody in who satisfies the audience, by pages.

Slots missed while nothing ran are made up for by one: the latest.
A slot's row remembers how far it got. Slots that stand at the same place go on together: customers
and their history are read once for all their audiences. Those who are in a segment already, when a
journey that takes them goes live, come in by a slot of their own.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from journeys.core.cron import next_slot, previous_slot
from journeys.core.parts import Timer
from journeys.operations.alone import Culprit, failing, set_aside
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.run import run
from journeys.queries import plans
from journeys.queries.plans import Live, Loaded
from profiles.core.conditions import All, Condition
from profiles.queries import segments
from profiles.queries.conditions import members
from profiles.queries.zones import zones, zones_of

PAGE = 5000
MOST = 5000
"""A page ends early when so many come in: a transaction is no longer for many slots than for one.
"""
TOGETHER = 50
EVERYBODY = All(())

LAST = """
SELECT journey_id, trigger, zone, max(slot_at) FROM journeys_slot
GROUP BY journey_id, trigger, zone
"""
OPEN = """
INSERT INTO journeys_slot (journey_id, trigger, slot_at, zone, after_customer)
VALUES (%s, %s, %s, %s, 0) ON CONFLICT DO NOTHING
"""
CLAIM = """
WITH open AS (
    SELECT s.id, s.after_customer, s.slot_at, j.slug, s.trigger, s.zone
    FROM journeys_slot s JOIN journeys_journey j ON j.id = s.journey_id
    WHERE s.finished_at IS NULL AND j.state <> 'paused' AND s.slot_at <= %s
), oldest AS MATERIALIZED (
    SELECT s.id, s.after_customer FROM journeys_slot s JOIN open USING (id)
    WHERE s.finished_at IS NULL ORDER BY s.slot_at, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
)
SELECT s.id, open.slug, s.trigger, s.slot_at, s.zone, s.after_customer
FROM journeys_slot s JOIN open USING (id), oldest
WHERE s.finished_at IS NULL AND s.after_customer = oldest.after_customer
ORDER BY s.slot_at, s.id LIMIT %s FOR UPDATE OF s SKIP LOCKED
"""
UNFINISHED = """
SELECT min(s.slot_at) FROM journeys_slot s JOIN journeys_journey j ON j.id = s.journey_id
WHERE s.finished_at IS NULL AND j.state <> 'paused'
"""
PROGRESS = """
UPDATE journeys_slot SET after_customer = %s, finished_at = %s WHERE id = ANY(%s)
"""


class Series(NamedTuple):
    """The slots of one timer in one zone; `last` is the latest one opened, or the publishing."""

    version: Loaded
    trigger: int
    timer: Timer
    zone: str
    last: dt.datetime

    @property
    def clock(self) -> ZoneInfo:
        """The zone whose wall clock the schedule names: the customers' own, or the workspace's."""
        return ZoneInfo(self.zone or settings.SOJOURN_TIME_ZONE)


class Claimed(NamedTuple):
    """An open slot, held: its journey's slug, which trigger, and the last customer looked at."""

    id: int
    slug: str
    trigger: int
    at: dt.datetime
    zone: str
    after: int


class Intake(NamedTuple):
    """Whom a slot lets in: customers of a condition, in one `zone` unless that is None, with the
    properties that they enter by.
    """

    version: Loaded
    audience: Condition
    entry: dict[str, str]
    zone: str | None


def open_slots(*, now: dt.datetime) -> int:
    """Open the latest slot that has come of every schedule. Returns how many were opened."""
    live = plans.current()
    opened = 0
    for each in _series(live):
        slot = previous_slot(each.timer.schedule, each.clock, now)
        if slot is not None and slot > each.last:
            opened += _open(each.version, each.trigger, slot, each.zone)
    return opened + _open_existing(_untaken(live))


def _open_existing(untaken: Sequence[tuple[Loaded, int]]) -> int:
    """Those inside are taken when it is known who is: not while a segment is being filled."""
    if not untaken:
        return 0
    filling = {each.slug for each in segments.current().by_id.values() if each.building}
    return sum(
        _open(version, _of_existing(number), version.published_at, "")
        for version, number in untaken
        if version.plan.enter.existing[number].segment not in filling
    )


def _open(version: Loaded, trigger: int, slot: dt.datetime, zone: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [version.journey_id, trigger, slot, zone])
        opened: int = cursor.rowcount
    return opened


def _of_existing(number: int) -> int:
    """What a slot calls such a trigger: timers count from 0 up, these from -1 down."""
    return -1 - number


def run_slots(*, now: dt.datetime) -> int:
    """Open what has come, and let in one page of customers of the oldest open slots.

    Returns the pieces of work done.
    """
    return open_slots(now=now) + _page(now)


def next_due(live: Live) -> dt.datetime | None:
    """The next slot of any schedule, or one that is still being worked off."""
    if not any(_takes(each) for each in live.entering.values()):
        return None
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED)
        (unfinished,) = cursor.fetchone()
    coming = [next_slot(each.timer.schedule, each.clock, each.last) for each in _series(live)]
    untaken = [version.published_at for version, _number in _untaken(live)]
    return min((due for due in (unfinished, *coming, *untaken) if due is not None), default=None)


def _takes(version: Loaded) -> bool:
    """Whether everybody is looked through for this version, once or again and again."""
    return bool(version.plan.enter.timers or version.plan.enter.existing)


def _untaken(live: Live) -> list[tuple[Loaded, int]]:
    """Triggers that take those who are inside already, and have not yet: (version, number)."""
    taking = [each for each in live.entering.values() if each.plan.enter.existing]
    if not taking:
        return []
    last = _last()
    return [
        (version, number)
        for version in taking
        for number in range(len(version.plan.enter.existing))
        if (version.journey_id, _of_existing(number), "") not in last
    ]


def _last() -> dict[tuple[int, int, str], dt.datetime]:
    """The latest slot of each trigger in each zone."""
    with connection.cursor() as cursor:
        cursor.execute(LAST)
        return {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}


def _series(live: Live) -> Iterator[Series]:
    timed = [each for each in live.entering.values() if each.plan.enter.timers]
    if not timed:
        return
    last = _last()
    local = (
        zones() if any(timer.local for each in timed for timer in each.plan.enter.timers) else []
    )
    for version in timed:
        for number, timer in enumerate(version.plan.enter.timers):
            for zone in local if timer.local else [""]:
                opened = last.get((version.journey_id, number, zone))
                began = max(opened, version.published_at) if opened else version.published_at
                yield Series(version, number, timer, zone, began)


@transaction.atomic
def _page(now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, TOGETHER])
        claimed = [Claimed(*row) for row in cursor.fetchall()]
    if not claimed:
        return 0
    entering = plans.current().entering
    found = {each: _intake(each, entering.get(each.slug)) for each in claimed}
    intakes = {each: intake for each, intake in found.items() if intake is not None}
    _progress([each for each in claimed if each not in intakes], None, now)
    if intakes:
        upto = _let_in(list(intakes.values()), claimed[0].after, now)
        _progress(list(intakes), upto, now)
    return len(claimed)


def _progress(slots: Sequence[Claimed], upto: int | None, now: dt.datetime) -> None:
    """They have come up to this customer; to the end, with None."""
    if slots:
        finished = now if upto is None else None
        with connection.cursor() as cursor:
            cursor.execute(
                PROGRESS, [upto or slots[0].after, finished, [each.id for each in slots]]
            )


def _intake(slot: Claimed, version: Loaded | None) -> Intake | None:
    """Whom a slot lets in; None when the journey has no such trigger any more."""
    if version is None:
        return None
    enter, conditions, trigger = version.plan.enter, version.plan.conditions, slot.trigger
    if 0 <= trigger < len(enter.timers):
        audience = EVERYBODY if enter.audience is None else conditions[enter.audience]
        local = slot.zone if enter.timers[trigger].local else None
        return Intake(version, audience, {"slot": slot.at.isoformat()}, local)
    if trigger < 0 and _of_existing(trigger) < len(enter.existing):
        existing = enter.existing[_of_existing(trigger)]
        return Intake(version, conditions[existing.condition], {"segment": existing.segment}, None)
    return None


def _let_in(intakes: Sequence[Intake], after: int, now: dt.datetime) -> int | None:
    """Enroll one page. Returns the last customer looked at; None when nobody was left."""
    audiences = [each.audience for each in intakes]
    page = next(members(audiences, now=now, after=after, page=PAGE), None)
    if page is None:
        return None
    inside = _in_zones(intakes, page.customers)
    upto = _end(inside, page.upto)
    candidates = [
        Candidate(customer, intake.version, intake.entry)
        for intake, customers in zip(intakes, inside, strict=True)
        for customer in customers
        if customer <= upto
    ]
    for candidate, error in failing(candidates, lambda some: _enter(some, now)):
        set_aside(Culprit("entry", candidate.customer_id, candidate.customer_id), error, now=now)
    return upto


def _in_zones(intakes: Sequence[Intake], pages: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Of each page only those who live in its intake's zone."""
    zoned = [page for each, page in zip(intakes, pages, strict=True) if each.zone is not None]
    own = zones_of(set(chain(*zoned))) if zoned else {}
    return [
        page if each.zone is None else [one for one in page if own.get(one, "") == each.zone]
        for each, page in zip(intakes, pages, strict=True)
    ]


def _end(pages: Sequence[Sequence[int]], upto: int) -> int:
    """Where the page has to end, so that about MOST come in at once."""
    if sum(map(len, pages)) <= MOST:
        return upto
    return sorted(chain(*pages))[MOST - 1]


def _enter(candidates: Sequence[Candidate], now: dt.datetime) -> None:
    entered = enroll(candidates, now=now)
    run(entered.rows, now=now, earlier_arms=entered.earlier_arms)
