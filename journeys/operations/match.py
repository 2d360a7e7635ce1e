"""Reads what is new in the event log and lets it take effect:
one page, one transaction, one reader at a time.

A look that finds nothing takes no lock and writes nothing: whoever comes at the same moment is not
turned away by it.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from django.db import connection, transaction

from journeys.operations import dates
from journeys.operations.alone import Culprit, failing, set_aside
from journeys.operations.react import concerns, react
from journeys.queries import plans
from journeys.queries.plans import Live
from profiles.operations import membership
from profiles.queries import events
from profiles.queries.events import LoggedEvent

READER = "journeys"
PAGE = 1000

PLACE = "SELECT done, upto, after_xid, after_id FROM journeys_cursor WHERE name = %s"
HOLD = f"{PLACE} FOR UPDATE SKIP LOCKED"
BEGIN = """
INSERT INTO journeys_cursor (name, done, upto, after_xid, after_id)
VALUES (%s, %s, NULL, 0, 0) ON CONFLICT DO NOTHING
"""
MOVE = (
    "UPDATE journeys_cursor SET done = %s, upto = %s, after_xid = %s, after_id = %s WHERE name = %s"
)


class Place(NamedTuple):
    """How far the reader has come."""

    done: str
    upto: str | None
    xid: int
    id: int


def match(*, now: dt.datetime, limit: int = PAGE) -> int:
    """Work off one page of new events.

    Returns how many were read; 0 also when another reader is at it, who reads on afterwards.
    """
    place = _place()
    page = _read(place, limit)
    if not page.events and place.upto is None:
        return 0
    with transaction.atomic():
        if not _held(place):
            return 0
        if page.events:
            take(page.events, now=now)
        with connection.cursor() as cursor:
            cursor.execute(MOVE, [page.done, page.upto, *page.after, READER])
    return len(page.events) or match(now=now, limit=limit)


def behind() -> bool:
    """Whether the log holds events that have not been read."""
    return bool(_read(_place(), 1).events)


def take(page: Sequence[LoggedEvent], *, now: dt.datetime) -> None:
    """Let a page of events take effect;
    a customer whose events fail is set aside, the others go on.
    """
    live = plans.current()
    membership.refresh(page, now=now)
    dates.refresh(page, live=live, now=now)
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


def _read(place: Place, limit: int) -> events.Batch:
    return events.read(place.done, place.upto, (place.xid, place.id), limit)


def _place() -> Place:
    with connection.cursor() as cursor:
        cursor.execute(PLACE, [READER])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(BEGIN, [READER, events.BEGINNING])
            cursor.execute(PLACE, [READER])
            row = cursor.fetchone()
    return Place(*row)


def _held(place: Place) -> bool:
    """Lock the reader's place, unless another one is at it or has moved on meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [READER])
        return bool(cursor.fetchone() == place)
