"""Reads what is new in the event log and lets it take effect:
one page, one transaction, one reader at a time.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import chain

from django.db import connection, transaction

from journeys.operations.alone import Culprit, failing, set_aside
from journeys.operations.react import concerns, react
from journeys.queries import plans
from journeys.queries.plans import Live
from profiles.queries import events
from profiles.queries.events import LoggedEvent

READER = "journeys"
PAGE = 1000

CURSOR = """
SELECT done, upto, after_xid, after_id FROM journeys_cursor WHERE name = %s FOR UPDATE SKIP LOCKED
"""
PLACE = "SELECT done, upto, after_xid, after_id FROM journeys_cursor WHERE name = %s"
BEGIN = """
INSERT INTO journeys_cursor (name, done, upto, after_xid, after_id)
VALUES (%s, %s, NULL, 0, 0) ON CONFLICT DO NOTHING
"""
MOVE = (
    "UPDATE journeys_cursor SET done = %s, upto = %s, after_xid = %s, after_id = %s WHERE name = %s"
)


def match(*, now: dt.datetime, limit: int = PAGE) -> int:
    """Work off one page of new events.

    Returns how many were read; 0 also when another reader is at it.
    """
    with transaction.atomic():
        place = _place(CURSOR)
        if place is None:
            return 0
        done, upto, xid, id = place
        page = events.read(done, upto, (xid, id), limit)
        if page.events:
            take(page.events, now=now)
        if (page.done, page.upto) != (done, upto) or page.events:
            with connection.cursor() as cursor:
                cursor.execute(MOVE, [page.done, page.upto, *page.after, READER])
    return len(page.events)


def behind() -> bool:
    """Whether the log holds events that have not been read."""
    place = _place(PLACE)
    if place is None:
        return False
    done, upto, xid, id = place
    return bool(events.read(done, upto, (xid, id), 1).events)


def take(page: Sequence[LoggedEvent], *, now: dt.datetime) -> None:
    """Let a page of events take effect;
    a customer whose events fail is set aside, the others go on.
    """
    live = plans.current()
    queues: dict[int, list[LoggedEvent]] = {}
    for event in page:
        if concerns(event, live):
            queues.setdefault(event.customer_id, []).append(event)
    for queue, _ in failing(
        list(queues.values()), lambda some: react(list(chain(*some)), live=live, now=now)
    ):
        _one_by_one(queue, live, now)


def _one_by_one(queue: Sequence[LoggedEvent], live: Live, now: dt.datetime) -> None:
    """Of a customer's events only those that fail by themselves are set aside."""
    for event in queue:
        for failed, error in failing([event], lambda some: react(some, live=live, now=now)):
            set_aside(Culprit("event", failed.id, failed.customer_id), error, now=now)


def _place(sql: str) -> tuple[str, str | None, int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [READER])
        row: tuple[str, str | None, int, int] | None = cursor.fetchone()
        if row is None:
            cursor.execute(BEGIN, [READER, events.BEGINNING])
            cursor.execute(sql, [READER])
            row = cursor.fetchone()
    return row
