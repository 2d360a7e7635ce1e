"""What customers bought, netted out of the event log: the one place that knows what an order is.

Orders are netted by `order_id`; one without an id stands for itself. The amount is that of its
newest report, less refunds; a cancellation, or a refund that names no amount, undoes the order. The
amount is `revenue`, else `total`, else `value`: a number, or text that reads as one, of at most
twelve digits. An order without a readable amount counts, with no revenue; one of 0 does not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from profiles.core.lifecycle import Facts
from profiles.core.stage_changes import EventNames
from profiles.queries.cursor import bigints, instants, quick_cursor

ORDERS = """
reports AS (
    SELECT e.customer_id, e.id, e.at,
           coalesce(e.properties->>'order_id', 'event ' || e.id) AS order_id,
           e.name = ANY(%(ordered)s) AS ordered,
           e.name = ANY(%(refunded)s) AS refunded,
           e.name = ANY(%(cancelled)s) AS cancelled,
           CASE WHEN price.said ~ '^-?[0-9]{{1,12}}([.][0-9]+)?$' THEN price.said::numeric END
               AS amount
    FROM profiles_event e
    CROSS JOIN LATERAL (SELECT coalesce(
        nullif(e.properties->'revenue', 'null'),
        nullif(e.properties->'total', 'null'),
        nullif(e.properties->'value', 'null')
    ) #>> '{{}}' AS said) price
    WHERE {whose} e.name = ANY(%(order_names)s)
),
totals AS (
    SELECT customer_id,
           min(at) FILTER (WHERE ordered) AS at,
           (array_agg(amount ORDER BY at DESC, id DESC) FILTER (WHERE ordered))[1] AS amount,
           coalesce(sum(abs(amount)) FILTER (WHERE refunded), 0) AS back,
           bool_or(cancelled OR (refunded AND amount IS NULL)) AS undone
    FROM reports GROUP BY customer_id, order_id
),
orders AS (
    SELECT customer_id, at, greatest(coalesce(amount, 0) - back, 0) AS net
    FROM totals
    WHERE at IS NOT NULL AND NOT undone AND (amount IS NULL OR amount > back)
)
"""

# `held` runs over arrivals (+1) and departures (-1): how many orders one window holds at a time.
PURCHASES = (
    """
WITH who AS MATERIALIZED (
    SELECT id AS customer_id, at AS placed_at
    FROM unnest(%(ids)s::bigint[], %(instants)s::timestamptz[]) AS w(id, at)
),
"""
    + ORDERS.format(whose="e.customer_id = ANY(ARRAY(SELECT customer_id FROM who)) AND")
    + """,
windows AS (
    SELECT customer_id, at, net,
           (at AT TIME ZONE 'UTC' + %(window)s::interval) AT TIME ZONE 'UTC' AS until
    FROM orders
),
steps AS (
    SELECT o.*, p.step, sum(p.step) OVER (
               PARTITION BY o.customer_id ORDER BY p.at, p.step ROWS UNBOUNDED PRECEDING) AS held
    FROM windows o CROSS JOIN LATERAL (VALUES (o.at, 1), (o.until, -1)) AS p(at, step)
)
SELECT customer_id, count(*), count(*) FILTER (WHERE until > placed_at), max(held),
       least(round(sum(net), 4), 99999999999999),
       least(round(coalesce(sum(net) FILTER (WHERE until > placed_at), 0), 4), 99999999999999),
       min(at), max(at), extract(epoch FROM max(at) - min(at))::float8,
       min(until) FILTER (WHERE until > placed_at)
FROM steps JOIN who USING (customer_id) WHERE step = 1
GROUP BY customer_id
"""
)

GAPS = (
    "WITH "
    + ORDERS.format(whose="")
    + """,
gaps AS (
    SELECT extract(epoch FROM at - lag(at) OVER (PARTITION BY customer_id ORDER BY at)) AS gap
    FROM orders
)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap::float8), count(gap) FROM gaps
"""
)


def event_names() -> EventNames:
    """The client's names of the events that the lifecycle reads."""
    return msgspec.convert(settings.SOJOURN_ORDER_EVENTS, EventNames)


def purchases(places: Sequence[tuple[int, datetime]], *, months: int) -> dict[int, Facts]:
    """Each buyer's orders, windows of `months` ending at the customer's own instant.

    Orders dated later count as made. Customers without any order are left out.
    """
    with quick_cursor() as cursor:
        cursor.execute(
            PURCHASES,
            {
                "ids": bigints(customer_id for customer_id, _ in places),
                "instants": instants(at for _, at in places),
                "window": f"{months} months",
                **order_names(),
            },
        )
        return {row[0]: _facts(row) for row in cursor.fetchall()}


def median_gap() -> tuple[float | None, int]:
    """The median gap in seconds between consecutive orders of all customers, and how many gaps."""
    with connection.cursor() as cursor:
        cursor.execute(GAPS, order_names())
        median, gaps = cursor.fetchone()
    return median, gaps


def order_names() -> dict[str, list[str]]:
    """What ORDERS asks for."""
    names = event_names()
    return {
        "ordered": list(names.ordered),
        "refunded": list(names.refunded),
        "cancelled": list(names.cancelled),
        "order_names": [*names.ordered, *names.refunded, *names.cancelled],
    }


def _facts(row: tuple[Any, ...]) -> Facts:
    _, orders, window, peak, revenue, revenue_window, first, last, span, slides = row
    return Facts(
        orders=orders,
        orders_window=window,
        peak_window=peak,
        revenue=revenue,
        revenue_window=revenue_window,
        first_order_at=first,
        last_order_at=last,
        gap_seconds=span,
        gap_count=orders - 1,
        window_slides_at=slides,
    )
