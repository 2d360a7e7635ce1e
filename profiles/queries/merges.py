"""Whom a customer turned out to be as well, and which identifiers came from whom."""

import datetime as dt
from typing import NamedTuple

import msgspec
from django.db import connection

# What moved can be long: only what is shown leaves the database.
JOINED = """
SELECT id, merged_id, at, cause,
    CASE jsonb_typeof(moved->'identifiers') WHEN 'array' THEN moved->'identifiers' ELSE '[]' END
        ::text,
    CASE jsonb_typeof(moved->'events') WHEN 'array' THEN jsonb_array_length(moved->'events') END
FROM profiles_merge WHERE survivor_id = %s ORDER BY id DESC LIMIT %s
"""


class Joined(NamedTuple):
    """One merge: the identifiers (kind, value) and the number of events that came along."""

    id: int
    merged: int
    at: dt.datetime
    cause: str
    identifiers: list[tuple[str, str]]
    events: int


def into(customer_id: int, *, limit: int) -> list[Joined]:
    """The merges into this customer, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(JOINED, [customer_id, limit])
        rows = cursor.fetchall()
    return [
        Joined(id, merged, at, cause, _pairs(identifiers), events or 0)
        for id, merged, at, cause, identifiers, events in rows
    ]


def _pairs(text: str) -> list[tuple[str, str]]:
    return msgspec.json.decode(text, type=list[tuple[str, str]])
