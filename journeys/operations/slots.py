"""Schedule triggers: opens each slot once, whoever ticks,
and lets everybody in who satisfies the audience, by pages.

Slots missed while nothing ran are made up for by one: the latest.
A slot's row remembers how far it got.
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
from profiles.core.conditions import All
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


def open_slots(*, now: dt.datetime) -> int:
    """Open the latest slot that has come of every schedule. Returns how many were opened."""
    opened = 0
    for each in _series(plans.current()):
        slot = previous_slot(each.timer.schedule, each.clock, now)
        if slot is not None and slot > each.last:
            with connection.cursor() as cursor:
                cursor.execute(OPEN, [each.version.journey_id, each.trigger, slot, each.zone])
                opened += cursor.rowcount
    return opened


def run_slots(*, now: dt.datetime) -> int:
    """Open what has come, and let in one page of customers of the oldest open slot.

    Returns the pieces of work done.
    """
    return open_slots(now=now) + _page(now)


def next_due(live: Live) -> dt.datetime | None:
    """The next slot of any schedule, or one that is still being worked off."""
    if not any(each.plan.enter.timers for each in live.entering.values()):
        return None
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED)
        (unfinished,) = cursor.fetchone()
    coming = [next_slot(each.timer.schedule, each.clock, each.last) for each in _series(live)]
    return min((due for due in (unfinished, *coming) if due is not None), default=None)


def _series(live: Live) -> Iterator[Series]:
    timed = [each for each in live.entering.values() if each.plan.enter.timers]
    if not timed:
        return
    with connection.cursor() as cursor:
        cursor.execute(LAST)
        last = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
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
        upto = None
        if version is not None and trigger < len(version.plan.enter.timers):
            timer = version.plan.enter.timers[trigger]
            upto = _let_in(
                version, {"slot": at.isoformat()}, zone if timer.local else None, after, now
            )
        cursor.execute(PROGRESS, [upto or after, None if upto else now, slot])
    return 1


def _let_in(
    version: Loaded, entry: dict[str, str], zone: str | None, after: int, now: dt.datetime
) -> int | None:
    """Enroll one page. Returns the last customer looked at; None when nobody was left."""
    plan = version.plan
    audience = EVERYBODY if plan.enter.audience is None else plan.conditions[plan.enter.audience]
    page = next(members(audience, now=now, after=after, page=PAGE), None)
    if page is None:
        return None
    customers = page.customers
    if zone is not None:
        own = zones_of(customers)
        customers = [customer for customer in customers if own.get(customer, "") == zone]
    candidates = [Candidate(customer, version, entry) for customer in customers]
    for candidate, error in failing(candidates, lambda some: _enter(some, now)):
        set_aside(Culprit("entry", candidate.customer_id, candidate.customer_id), error, now=now)
    return page.upto


def _enter(candidates: Sequence[Candidate], now: dt.datetime) -> None:
    entered = enroll(candidates, now=now)
    run(entered.rows, now=now, earlier_arms=entered.earlier_arms)
