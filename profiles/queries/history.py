"""What became of customers month by month: who moved between stages, who came back to buy.

Months are those of the workspace's zone. Counting reads the event log: the night does it and keeps
the result (profiles.operations.history); of a few customers it is done when somebody asks.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from profiles.core.events import SYSTEM
from profiles.core.months import Move, begin, month_of, whole
from profiles.core.stage_changes import EVENT
from profiles.queries.purchases import ORDERS, order_names
from profiles.queries.worth import are_few

FEW = 10_000
"""Up to so many customers their history is counted when somebody asks for it."""

# A merge leaves two chains in one history: what counts before a change is the change before it.
MOVES = """
WITH told AS (
    SELECT e.customer_id, e.at, e.id, e.properties->>'stage' AS after,
           e.properties->>'previous_stage' AS before,
           date_trunc('month', e.at AT TIME ZONE %(zone)s)::date AS month
    FROM profiles_event e JOIN profiles_lifecyclestate s ON s.customer_id = e.customer_id
    WHERE e.name = %(name)s AND e.source = %(system)s AND e.at >= %(since)s
), chained AS (
    SELECT customer_id, month, at, id, after, coalesce(lag(after) OVER walk, before) AS before
    FROM told WINDOW walk AS (PARTITION BY customer_id ORDER BY at, id)
), ends AS (
    SELECT month, (array_agg(before ORDER BY at, id))[1] AS before,
           (array_agg(after ORDER BY at DESC, id DESC))[1] AS after
    FROM chained GROUP BY customer_id, month
)
SELECT month, before, after, count(*) FROM ends GROUP BY month, before, after
"""
NOW = "SELECT stage, count(*) FROM profiles_lifecyclestate GROUP BY stage"
KEPT_MOVES = """
SELECT month, before, after, customers, counted_at FROM profiles_stagemove
WHERE month >= %s ORDER BY month, before, after
"""
MONTHS_KEPT = "SELECT DISTINCT month FROM profiles_stagemove WHERE month >= %s"
COHORTS = (
    "WITH "
    + ORDERS.format(whose="")
    + """,
bought AS (
    SELECT customer_id, month, count(*) AS orders, sum(net) AS revenue FROM (
        SELECT customer_id, net, date_trunc('month', at AT TIME ZONE %(zone)s)::date AS month
        FROM orders
    ) AS dated GROUP BY customer_id, month
), chained AS (
    SELECT *, min(month) OVER (PARTITION BY customer_id) AS cohort,
           lag(month) OVER (PARTITION BY customer_id ORDER BY month) AS before
    FROM bought
)
SELECT cohort, month, count(*), count(*) FILTER (WHERE before = month - interval '1 month'),
       sum(orders)::bigint, sum(revenue)
FROM chained GROUP BY cohort, month
"""
)
KEPT_COHORTS = """
SELECT cohort, month, buyers, returned, orders, revenue, counted_at FROM profiles_cohort
ORDER BY cohort, month
"""


class Cohort(NamedTuple):
    """What those whose first order lies in the month `cohort` bought in `month`; `returned` are
    those of its buyers who had bought in the month before, too.
    """

    cohort: dt.date
    month: dt.date
    buyers: int
    returned: int
    orders: int
    revenue: Decimal


class Moves(NamedTuple):
    """When they were counted; None where nothing has been counted yet."""

    at: dt.datetime | None
    found: Sequence[Move]


class Cohorts(NamedTuple):
    """When they were counted; None where nothing has been counted yet."""

    at: dt.datetime | None
    found: Sequence[Cohort]


def moves(*, now: dt.datetime, months: int) -> list[Move]:
    """Everybody's way through each of the last `months` months, the present one included."""
    zone = settings.SOJOURN_TIME_ZONE
    asked = [month_of(now, zone=zone, back=back) for back in range(months)]
    since = begin(asked[-1], zone=zone)
    given: dict[str, Any] = {"zone": zone, "name": EVENT, "system": SYSTEM, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(MOVES, given)
        moved = [Move(*row) for row in cursor.fetchall()]
        cursor.execute(NOW)
        standing = dict(cursor.fetchall())
    return whole(moved, standing, months=asked)


def cohorts() -> list[Cohort]:
    """Everybody who bought, by the month of the first order and by month."""
    with connection.cursor() as cursor:
        cursor.execute(COHORTS, {**order_names(), "zone": settings.SOJOURN_TIME_ZONE})
        return [Cohort(*row) for row in cursor.fetchall()]


def uncounted(*, now: dt.datetime, months: int) -> int:
    """How many months back the night has to count: two, and all that were not counted yet."""
    zone = settings.SOJOURN_TIME_ZONE
    asked = [month_of(now, zone=zone, back=back) for back in range(months)]
    with connection.cursor() as cursor:
        cursor.execute(MONTHS_KEPT, [asked[-1]])
        kept = {month for (month,) in cursor.fetchall()}
    if not kept:
        return months
    gaps = [back for back, month in enumerate(asked) if month > min(kept) and month not in kept]
    return max([1, *gaps]) + 1


def known_moves(*, now: dt.datetime, months: int) -> Moves:
    """The same as `moves`; of a large base as they were counted last."""
    if are_few(FEW):
        return Moves(now, moves(now=now, months=months))
    since = month_of(now, zone=settings.SOJOURN_TIME_ZONE, back=months - 1)
    with connection.cursor() as cursor:
        cursor.execute(KEPT_MOVES, [since])
        rows = cursor.fetchall()
    return Moves(max((row[-1] for row in rows), default=None), [Move(*row[:-1]) for row in rows])


def known_cohorts(*, now: dt.datetime) -> Cohorts:
    """The same as `cohorts`; of a large base as they were counted last."""
    if are_few(FEW):
        return Cohorts(now, cohorts())
    with connection.cursor() as cursor:
        cursor.execute(KEPT_COHORTS)
        rows = cursor.fetchall()
    found = [Cohort(*row[:-1]) for row in rows]
    return Cohorts(max((row[-1] for row in rows), default=None), found)
