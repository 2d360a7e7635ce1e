"""Calls as the journeys ask about them: which have ended, with what, and which are under way."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

NEXT_DUE = "SELECT min(call_after) FROM channels_call WHERE status = 'queued'"

ENDED_UNTOLD = """
SELECT min(ended_at) FROM channels_call
WHERE status IN ('answered', 'failed') AND NOT told AND journey <> ALL(%s::text[])
"""

UNTOLD = """
SELECT id, enrollment_id, step, visit FROM channels_call
WHERE status IN ('answered', 'failed') AND NOT told AND journey <> ALL(%s::text[])
ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

ENDED = """
SELECT enrollment_id, step, visit, status = 'answered', http_status, attempts, error, answer::text
FROM channels_call WHERE enrollment_id = ANY(%s::bigint[]) AND status IN ('answered', 'failed')
"""

UNDER_WAY = """
SELECT enrollment_id, step, visit, url, attempts, call_after, error FROM channels_call
WHERE enrollment_id = ANY(%s::bigint[]) AND status IN ('queued', 'calling') ORDER BY id
"""

Place = tuple[int, str, int]
"""Whose call it is: enrollment, step, visit."""


class Untold(NamedTuple):
    """A call that has ended and whose journey does not know it yet."""

    id: int
    enrollment_id: int
    step: str
    visit: int


class Ended(NamedTuple):
    """How a call ended. `value` is its JSON answer."""

    ok: bool
    status: int | None
    attempts: int
    error: str
    value: Any


class UnderWay(NamedTuple):
    """A call without an answer so far; `again_at` is when it is made, or was made last."""

    url: str
    attempts: int
    again_at: dt.datetime
    error: str


def next_due() -> dt.datetime | None:
    """When the earliest waiting call is to be made; in the past if it is due."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE)
        row = cursor.fetchone()
    return row[0] if row else None


def untold_since(*, besides: Sequence[str] = ()) -> dt.datetime | None:
    """When the earliest call ended that its journey has not been told of, those `besides` apart."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED_UNTOLD, [list(besides)])
        row = cursor.fetchone()
    return row[0] if row else None


def untold(*, limit: int, besides: Sequence[str] = ()) -> list[Untold]:
    """Up to `limit` calls that have ended, locked, except those of the journeys `besides`."""
    with connection.cursor() as cursor:
        cursor.execute(UNTOLD, [list(besides), limit])
        return [Untold._make(row) for row in cursor.fetchall()]


def ended(enrollments: Sequence[int]) -> dict[Place, Ended]:
    """The calls of these enrollments that have ended, by place."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [list(enrollments)])
        return {row[:3]: Ended._make((*row[3:7], _value(row[7]))) for row in cursor.fetchall()}


def under_way(enrollments: Sequence[int]) -> dict[Place, UnderWay]:
    """The calls of these enrollments that wait or are being made, by place."""
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [list(enrollments)])
        return {row[:3]: UnderWay._make(row[3:]) for row in cursor.fetchall()}


def _value(answer: str | None) -> Any:
    return None if answer is None else msgspec.json.decode(answer)
