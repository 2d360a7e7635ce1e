"""Reads enrollments for the batch engine: those that are due, and those of the customers of an event batch.

Rows come locked and in id order, so that two batches never wait for each other in a circle.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

COLUMNS = (
    "id, customer_id, journey_id, version_id, key, status, ghost, arms, step, visit, visits, due_at, step_at,"
    " entry, entry_event_id, context, entered_at, exposed_at, goal_until, converted_at, failures"
)


class Row(NamedTuple):
    """One enrollment as the engine sees it: the row's values in COLUMNS' order."""

    id: int
    customer_id: int
    journey_id: int
    version_id: int
    key: str
    status: str
    ghost: str
    arms: dict[str, str]
    step: str
    visit: int
    visits: dict[str, int]
    due_at: dt.datetime | None
    step_at: dt.datetime
    entry: dict[str, Any]
    entry_event_id: int | None
    context: dict[str, Any]
    entered_at: dt.datetime
    exposed_at: dt.datetime | None
    goal_until: dt.datetime | None
    converted_at: dt.datetime | None
    failures: int


CLAIM_DUE = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM journeys_enrollment
    WHERE status = 'active' AND due_at <= %s AND journey_id <> ALL(%s)
    ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
SELECT {COLUMNS} FROM journeys_enrollment JOIN due USING (id) ORDER BY id
"""

OF_CUSTOMERS = f"""
SELECT {COLUMNS} FROM journeys_enrollment
WHERE customer_id = ANY(%s) AND journey_id <> ALL(%s)
  AND (status = 'active' OR (goal_until >= %s AND converted_at IS NULL))
ORDER BY id FOR UPDATE
"""

HISTORY = """
SELECT journey_id, customer_id, key, bool_or(status = 'active'), max(left_at), count(*)
FROM journeys_enrollment WHERE customer_id = ANY(%s) AND journey_id = ANY(%s)
GROUP BY journey_id, customer_id, key
"""

NEXT_DUE = """
SELECT min(due_at) FROM journeys_enrollment WHERE status = 'active' AND journey_id <> ALL(%s)
"""


class Past(NamedTuple):
    """What a customer already did in a journey under one key."""

    running: bool
    left_at: dt.datetime | None
    times: int


def claim_due(*, now: dt.datetime, paused: Sequence[int], limit: int) -> list[Row]:
    """Up to `limit` enrollments whose time has come, locked; those another worker holds are passed over."""
    return _rows(CLAIM_DUE, [now, list(paused), limit])


def of_customers(ids: Sequence[int], *, since: dt.datetime, paused: Sequence[int]) -> list[Row]:
    """Active enrollments of these customers, and ended ones whose goal may still be reached at `since`; locked."""
    return _rows(OF_CUSTOMERS, [list(ids), list(paused), since])


def history(customers: Sequence[int], journeys: Sequence[int]) -> dict[tuple[int, int, str], Past]:
    """What these customers did before in these journeys, keyed (journey, customer, key)."""
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [list(customers), list(journeys)])
        return {(row[0], row[1], row[2]): Past(row[3], row[4], row[5]) for row in cursor.fetchall()}


def next_due(*, paused: Sequence[int]) -> dt.datetime | None:
    """The earliest timer of any active enrollment."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE, [list(paused)])
        row = cursor.fetchone()
    return row[0] if row else None


def _rows(sql: str, params: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_row(row) for row in cursor.fetchall()]


def _row(row: tuple[Any, ...]) -> Row:
    """Django hands JSON columns over as text; most are empty, and those cost no parse."""
    arms, visits, entry, context = (
        {} if value == "{}" else msgspec.json.decode(value) for value in (row[7], row[10], row[13], row[15])
    )
    return Row(*row[:7], arms, row[8], row[9], visits, *row[11:13], entry, row[14], context, *row[16:])
