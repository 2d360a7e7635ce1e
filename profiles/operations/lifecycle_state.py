"""The state rows of the lifecycle: locking, claiming, saving. Nothing is decided here.

Rows are locked in the order of ids before any fact is read, so of two writers the second sees what
the first has done; the tick takes only rows that nobody holds.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection

from profiles.core.lifecycle import Model
from profiles.core.stage_changes import Touch
from profiles.queries.cursor import bigints, quick_cursor
from profiles.queries.lifecycle import STATE, Known, known

LOCK = f"""
SELECT {STATE} FROM profiles_lifecyclestate s WHERE s.customer_id = ANY(%(ids)s::bigint[])
ORDER BY s.customer_id FOR NO KEY UPDATE
"""
CLAIM = f"""
WITH s AS MATERIALIZED (
    SELECT * FROM profiles_lifecyclestate WHERE next_at <= %(now)s
    ORDER BY next_at, customer_id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
SELECT {STATE} FROM s
"""
# A prospect whose known facts already say what the event says need not be placed again now.
CONCERNED = """
SELECT w.id FROM unnest(%(ids)s::bigint[], %(touches)s::bigint[]) AS w(id, touch)
LEFT JOIN profiles_lifecyclestate s ON s.customer_id = w.id
WHERE s.customer_id IS NULL
   OR w.touch & %(order)s > 0
   OR s.orders = 0 AND (
       w.touch & %(checkout)s > 0
       OR s.lost_stage = 'bounced'
       OR s.last_activity_at IS NULL OR s.last_activity_at < %(idle_since)s
       OR w.touch & %(cart)s > 0 AND (
           s.lost_stage <> '' OR s.last_cart_at IS NULL OR s.last_cart_at < %(interest_since)s)
       OR w.touch & %(view)s > 0 AND (
           s.lost_stage = 'browse_lost'
           OR s.last_view_at IS NULL OR s.last_view_at < %(interest_since)s)
       OR w.touch & %(identify)s > 0 AND s.segment = ANY(%(anonymous)s))
ORDER BY w.id
"""
FORGET = "DELETE FROM profiles_lifecyclestate WHERE customer_id = ANY(%(ids)s::bigint[])"


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A state row to save; its fields are the table's columns. What is None is not sent."""

    customer_id: int
    stage: str
    segment: str
    lost_stage: str
    r: int
    f: int
    m: int
    ever_loyal: bool
    orders: int
    orders_window: int
    revenue: Decimal
    revenue_window: Decimal
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    gap_seconds: float
    gap_count: int
    window_slides_at: datetime | None = None
    last_activity_at: datetime | None = None
    last_view_at: datetime | None = None
    last_cart_at: datetime | None = None
    last_checkout_at: datetime | None = None
    since: datetime
    next_at: datetime | None = None
    model_version: int


COLUMNS = ", ".join(Row.__struct_fields__)
SAVE = f"""
WITH given AS MATERIALIZED (
    SELECT {COLUMNS} FROM json_populate_recordset(NULL::profiles_lifecyclestate, %(rows)s::json)
),
kept AS (
    UPDATE profiles_lifecyclestate s SET ({COLUMNS}) = ROW(g.*)
    FROM given g WHERE s.customer_id = g.customer_id AND g.customer_id <> ALL(%(fresh)s::bigint[])
)
INSERT INTO profiles_lifecyclestate ({COLUMNS})
SELECT {COLUMNS} FROM given WHERE customer_id = ANY(%(fresh)s::bigint[])
ON CONFLICT (customer_id) DO NOTHING RETURNING customer_id
"""


def lock(customer_ids: Sequence[int]) -> dict[int, Known]:
    """Hold and read the rows of these customers; a customer without one is left out."""
    with quick_cursor() as cursor:
        cursor.execute(LOCK, {"ids": bigints(customer_ids)})
        return {row[0]: known(row) for row in cursor.fetchall()}


def claim(*, now: datetime, limit: int) -> list[Known]:
    """Hold and read up to `limit` due rows that nobody else holds, the oldest first."""
    with quick_cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "limit": limit})
        return [known(row) for row in cursor.fetchall()]


def concerned(touched: Mapping[int, Touch], *, model: Model, now: datetime) -> list[int]:
    """Of the customers with new events those whom the events can have moved, in order of ids."""
    parameters: dict[str, Any] = {
        "ids": bigints(touched),
        "touches": bigints(int(touch) for touch in touched.values()),
        "idle_since": now - timedelta(seconds=model.thresholds.idle),
        "interest_since": now - timedelta(seconds=model.thresholds.interest),
        "anonymous": sorted(model.anonymous),
        "order": int(Touch.ORDER),
        "checkout": int(Touch.CHECKOUT),
        "cart": int(Touch.CART),
        "view": int(Touch.VIEW),
        "identify": int(Touch.IDENTIFY),
    }
    with connection.cursor() as cursor:
        cursor.execute(CONCERNED, parameters)
        return [row[0] for row in cursor.fetchall()]


def save(rows: Sequence[Row], *, fresh: Collection[int]) -> frozenset[int]:
    """Write rows that are held, and insert the `fresh` ones. Answers those whom others inserted."""
    text = msgspec.json.encode(rows).decode()
    with connection.cursor() as cursor:
        cursor.execute(SAVE, {"rows": text, "fresh": bigints(fresh)})
        inserted = {row[0] for row in cursor.fetchall()}
    return frozenset(fresh) - inserted


def forget(customer_ids: Collection[int]) -> None:
    """Remove the rows of customers who are no subjects any more."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"ids": bigints(customer_ids)})
