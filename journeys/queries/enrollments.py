"""Reads enrollments for the batch engine:
those that are due, and those of the customers of an event batch.

Rows come locked and in id order, so that two batches never wait for each other in a circle.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from profiles.queries import workspace
from profiles.queries.cursor import bigints, quick_cursor

COLUMNS = (
    "id, customer_id, journey_id, version_id, key, status, ghost, arms, step, visit, visits,"
    " due_at, step_at, entry, entry_event_id, context, entered_at, exposed_at, goal_until,"
    " converted_at, failures, met"
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
    met: dict[str, Any] | None = None


# Locked twice: the join alone would read what stood there when the statement began, which another
# worker may have moved on before the row was locked. The second lock reads what stands there now.
CLAIM_DUE = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM journeys_enrollment
    WHERE status = 'active' AND due_at <= %s AND due_at >= %s AND journey_id <> ALL(%s)
    ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
SELECT {COLUMNS} FROM journeys_enrollment JOIN due USING (id)
ORDER BY id FOR UPDATE OF journeys_enrollment
"""

OF_CUSTOMERS = f"""
SELECT {COLUMNS} FROM journeys_enrollment
WHERE customer_id = ANY(%s::bigint[]) AND journey_id = ANY(%s)
  AND (status = 'active' OR (goal_until >= %s AND converted_at IS NULL))
ORDER BY id FOR UPDATE
"""

INSIDE = f"""
SELECT {COLUMNS} FROM journeys_enrollment WHERE journey_id = %s AND status = 'active'
ORDER BY id LIMIT %s FOR UPDATE
"""

AGAIN = f"""
SELECT {COLUMNS} FROM journeys_enrollment
WHERE id = ANY(%s::bigint[]) AND status = 'active' ORDER BY id FOR UPDATE
"""

STANDING = """
SELECT step, count(*) FROM journeys_enrollment
WHERE journey_id = %s AND version_id = %s AND status = 'active' GROUP BY step
"""

HOLD = """
SELECT count(*) FROM (
    SELECT id FROM journeys_enrollment WHERE journey_id = %s AND status = 'active'
    ORDER BY id FOR UPDATE) AS held
"""

AT_STEPS = f"""
SELECT {COLUMNS} FROM journeys_enrollment
WHERE journey_id = %s AND version_id = %s AND status = 'active' AND step = ANY(%s)
ORDER BY id LIMIT %s FOR UPDATE
"""

OVERDUE = f"""
SELECT {COLUMNS} FROM journeys_enrollment
WHERE journey_id = %s AND status = 'active' AND due_at > %s AND due_at <= %s
ORDER BY id LIMIT %s FOR UPDATE
"""

HISTORY = """
SELECT journey_id, customer_id, key, status = 'active', left_at,
       treated, arms::text
FROM journeys_enrollment WHERE customer_id = ANY(%s::bigint[]) AND journey_id = ANY(%s)
ORDER BY id
"""

NEXT_DUE = """
SELECT min(due_at) FROM journeys_enrollment
WHERE status = 'active' AND due_at >= %s AND journey_id <> ALL(%s)
"""


def claim_due(*, now: dt.datetime, halted: Sequence[int], limit: int) -> list[Row]:
    """Up to `limit` enrollments whose time has come, locked;
    those another worker holds are passed over.
    """
    return _rows(CLAIM_DUE, [now, workspace.settled(), list(halted), limit])


def of_customers(ids: Sequence[int], *, journeys: Sequence[int], since: dt.datetime) -> list[Row]:
    """Enrollments of these customers in these journeys, locked:
    active ones, and ended ones whose goal may still be reached at `since`.
    """
    return _rows(OF_CUSTOMERS, [bigints(ids), list(journeys), since]) if journeys else []


def again(ids: Sequence[int]) -> list[Row]:
    """Enrollments that this transaction has moved, as they are now."""
    return _rows(AGAIN, [bigints(ids)]) if ids else []


def claim_inside(journey: int, *, limit: int) -> list[Row]:
    """Up to `limit` customers who are in a journey, locked."""
    return _rows(INSIDE, [journey, limit])


def standing(journey: int, version: int) -> dict[str, int]:
    """How many customers of a version stand at each step."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [journey, version])
        return dict(cursor.fetchall())


def hold(journey: int) -> None:
    """Lock everybody who is in a journey: what is asked next in the transaction stays true."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [journey])


def claim_at(journey: int, version: int, steps: Sequence[str], *, limit: int) -> list[Row]:
    """Up to `limit` customers of a version who stand at these steps, locked."""
    return _rows(AT_STEPS, [journey, version, list(steps), limit]) if steps else []


def claim_overdue(journey: int, *, since: dt.datetime, now: dt.datetime, limit: int) -> list[Row]:
    """Up to `limit` customers whose time came after `since`, locked."""
    return _rows(OVERDUE, [journey, since, now, limit])


class Past(NamedTuple):
    """One earlier walk of a customer through a journey."""

    journey_id: int
    customer_id: int
    key: str
    running: bool
    left_at: dt.datetime | None
    treated: bool
    arms: dict[str, str]


def history(customers: Sequence[int], journeys: Sequence[int]) -> dict[tuple[int, int], list[Past]]:
    """What these customers did before in these journeys by (journey, customer), oldest first."""
    found: dict[tuple[int, int], list[Past]] = {}
    with quick_cursor() as cursor:
        cursor.execute(HISTORY, [bigints(customers), list(journeys)])
        for row in cursor.fetchall():
            arms = {} if row[6] == "{}" else msgspec.json.decode(row[6])
            found.setdefault((row[0], row[1]), []).append(Past._make((*row[:6], arms)))
    return found


def last_arms(walks: Sequence[Past]) -> Mapping[str, str]:
    """The arms drawn in these walks, the latest word on each step."""
    found: dict[str, str] = {}
    for walk in walks:
        found.update(walk.arms)
    return found


def next_due(*, halted: Sequence[int]) -> dt.datetime | None:
    """The earliest timer of any active enrollment."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE, [workspace.settled(), list(halted)])
        row = cursor.fetchone()
    return row[0] if row else None


def _rows(sql: str, params: list[Any]) -> list[Row]:
    with quick_cursor() as cursor:
        cursor.execute(sql, params)
        return [_row(row) for row in cursor.fetchall()]


def _row(row: tuple[Any, ...]) -> Row:
    """Django hands JSON columns over as text; most are empty, and those cost no parse."""
    arms, visits, entry, context = (
        {} if value == "{}" else msgspec.json.decode(value)
        for value in (row[7], row[10], row[13], row[15])
    )
    return Row._make(
        (
            *row[:7],
            arms,
            row[8],
            row[9],
            visits,
            *row[11:13],
            entry,
            row[14],
            context,
            *row[16:21],
            row[21] and msgspec.json.decode(row[21]),
        )
    )
