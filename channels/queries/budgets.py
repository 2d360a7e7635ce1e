"""The frequency caps, and what counts for the customers of a batch."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

from django.db import connection

from channels.core.budget import Cap, Coming, Counted, Period
from channels.models import FrequencyCap

# What may have been sent counts as sent: at the latest moment at which it can have been.
COUNTED = """
SELECT m.customer_id, coalesce(m.sent_at, m.send_after), m.channel, m.topic, m.status = 'withheld'
FROM channels_message m
WHERE m.customer_id = ANY(%s) AND m.purpose <> 'transactional'
  AND (m.status IN ('sending', 'unknown', 'withheld') OR m.sent_at IS NOT NULL)
  AND coalesce(m.sent_at, m.send_after) > %s
"""

QUEUED = """
SELECT m.customer_id, m.send_after, m.channels, m.topic, m.priority
FROM channels_message m
WHERE m.customer_id = ANY(%s) AND m.purpose <> 'transactional' AND m.ghost = ''
  AND m.status = 'queued' AND m.send_after <= %s AND m.id <> ALL(%s)
"""

Expected = Callable[[Sequence[int], dt.datetime, dt.datetime], Sequence[tuple[int, Coming]]]
LONGEST_MONTH = dt.timedelta(days=33)

_expecting: list[Expected] = []


def register_expected(found: Expected) -> None:
    """Teach the caps what is not in the outbox yet but will be: (customers, now, until) to pairs of
    a customer and what is coming. Called once at start.
    """
    _expecting.append(found)


def caps() -> list[Cap]:
    """All caps, by name."""
    return [
        Cap(
            slug=row.slug,
            most=row.most,
            rolling=None if row.period else dt.timedelta(hours=row.hours or 0),
            period=cast(Period, row.period or "day"),
            channel=row.channel,
            topic=row.topic,
            reserve=dt.timedelta(hours=row.reserve_hours),
        )
        for row in FrequencyCap.objects.order_by("slug")
    ]


def counted(
    customers: Collection[int], known: Sequence[Cap], *, now: dt.datetime
) -> dict[int, list[Counted]]:
    """What each customer has had in the longest of the windows."""
    longest = max((cap.rolling or LONGEST_MONTH for cap in known), default=LONGEST_MONTH)
    found: dict[int, list[Counted]] = {}
    for customer, *rest in _rows(COUNTED, [list(customers), now - longest]):
        found.setdefault(customer, []).append(Counted(*rest))
    return found


def coming(
    customers: Collection[int], known: Sequence[Cap], *, now: dt.datetime, besides: Sequence[int]
) -> dict[int, list[Coming]]:
    """What each customer is due within the longest reserve: in the outbox, the messages `besides`
    left out, and what others have taught us to expect.
    """
    reserve = max((cap.reserve for cap in known), default=dt.timedelta())
    found: dict[int, list[Coming]] = {}
    if not reserve:
        return found
    until = now + reserve
    for customer, at, channels, topic, priority in _rows(
        QUEUED, [list(customers), until, list(besides)]
    ):
        found.setdefault(customer, []).append(Coming(at, tuple(channels), topic, priority))
    for expected in _expecting:
        for customer, each in expected(list(customers), now, until):
            found.setdefault(customer, []).append(each)
    return found


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())
