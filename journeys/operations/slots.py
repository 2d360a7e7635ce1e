"""Schedule triggers: opens each slot once, whoever ticks,
and lets everybody in who satisfies the audience, by pages.

Slots missed while nothing ran are made up for by one: the latest.
A slot's row remembers how far it got. Those who are in a segment already, when a journey that
takes them goes live, come in by a slot of their own.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from journeys.core.cron import next_slot, previous_slot
from journeys.core.plan import Timer
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
SELECT s.id, j.slug, s.trigger, s.slot_at, s.zone, s.after_customer
FROM journeys_slot s JOIN journeys_journey j ON j.id = s.journey_id
WHERE s.finished_at IS NULL AND j.state <> 'paused' AND s.slot_at <= %s
ORDER BY s.slot_at, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
"""
UNFINISHED = """
SELECT min(s.slot_at) FROM journeys_slot s JOIN journeys_journey j ON j.id = s.journey_id
WHERE s.finished_at IS NULL AND j.state <> 'paused'
"""
PROGRESS = "UPDATE journeys_slot SET after_customer = %s, finished_at = %s WHERE id = %s"


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
    filling = {each.slug for each in segments.current().by_id.values() if each.building}
    for version, number in _untaken(live):
        if version.plan.enter.existing[number].segment not in filling:
            opened += _open(version, _of_existing(number), version.published_at, "")
    return opened


def _open(version: Loaded, trigger: int, slot: dt.datetime, zone: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [version.journey_id, trigger, slot, zone])
        opened: int = cursor.rowcount
    return opened


def _of_existing(number: int) -> int:
    """What a slot calls such a trigger: timers count from 0 up, these from -1 down."""
    return -1 - number


def run_slots(*, now: dt.datetime) -> int:
    """Open what has come, and let in one page of customers of the oldest open slot.

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
        cursor.execute(CLAIM, [now])
        row = cursor.fetchone()
        if row is None:
            return 0
        slot, slug, trigger, at, zone, after = row
        version = plans.current().entering.get(slug)
        intake = _intake(version, trigger, at, zone) if version is not None else None
        upto = _let_in(intake, after, now) if intake is not None else None
        cursor.execute(PROGRESS, [upto or after, None if upto else now, slot])
    return 1


def _intake(version: Loaded, trigger: int, at: dt.datetime, zone: str) -> Intake | None:
    """Whom a slot lets in; None when this version has no such trigger any more."""
    enter, conditions = version.plan.enter, version.plan.conditions
    if 0 <= trigger < len(enter.timers):
        audience = EVERYBODY if enter.audience is None else conditions[enter.audience]
        local = zone if enter.timers[trigger].local else None
        return Intake(version, audience, {"slot": at.isoformat()}, local)
    if trigger < 0 and _of_existing(trigger) < len(enter.existing):
        existing = enter.existing[_of_existing(trigger)]
        return Intake(version, conditions[existing.condition], {"segment": existing.segment}, None)
    return None


def _let_in(intake: Intake, after: int, now: dt.datetime) -> int | None:
    """Enroll one page. Returns the last customer looked at; None when nobody was left."""
    page = next(members(intake.audience, now=now, after=after, page=PAGE), None)
    if page is None:
        return None
    customers = page.customers
    if intake.zone is not None:
        own = zones_of(customers)
        customers = [customer for customer in customers if own.get(customer, "") == intake.zone]
    candidates = [Candidate(customer, intake.version, intake.entry) for customer in customers]
    for candidate, error in failing(candidates, lambda some: _enter(some, now)):
        set_aside(Culprit("entry", candidate.customer_id, candidate.customer_id), error, now=now)
    return page.upto


def _enter(candidates: Sequence[Candidate], now: dt.datetime) -> None:
    entered = enroll(candidates, now=now)
    run(entered.rows, now=now, earlier_arms=entered.earlier_arms)
