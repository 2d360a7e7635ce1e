"""A customer's history, newest first, from the log and from whatever other houses add to it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from profiles.core.answers import instant_text


class Place(NamedTuple):
    """Where a source goes on: entries strictly older than (at, id) come next."""

    at: dt.datetime
    id: int


class Entry(NamedTuple):
    """One line of the history; `kind` is one of KINDS."""

    at: dt.datetime
    id: int
    kind: str
    name: str
    detail: dict[str, Any]


class Wanted(NamedTuple):
    """What of the history is asked for: one of KINDS, and events with this in their names, in
    whatever case. "" leaves nothing out.
    """

    kind: str = ""
    name: str = ""


KINDS = ("event", "message", "journey", "decision", "lifecycle", "consent", "merge")
EVERYTHING = Wanted()

Source = Callable[[int, Place, int, Wanted], Sequence[Entry]]
"""(customer_id, before, limit, wanted) → the wanted entries with (at, id) < before, newest first,
at most `limit`.
"""

NEWEST = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
HIGHEST = 2**63 - 1

_sources: dict[str, Source] = {}


def register_source(name: str, function: Source) -> None:
    """Add a source. At one instant, sources answer in the order of their names.

    Called once at start, from the `ready` of the house that owns the source.
    """
    _sources[name] = function


class Cursor(NamedTuple):
    """The last entry shown: its instant, the source it came from and its id there."""

    at: dt.datetime
    source: str
    id: int


def read(
    customer_id: int, *, before: Cursor | None, limit: int, wanted: Wanted = EVERYTHING
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """A page of the history and the cursor of the next one (None at the end)."""
    found = [
        (entry, name)
        for name, source in sorted(_sources.items())
        for entry in source(customer_id, _place(name, before), limit + 1, wanted)
    ]
    found.sort(key=lambda item: (NEWEST - item[0].at, item[1], -item[0].id))
    shown = found[:limit]
    if len(found) <= limit:
        return [_item(entry) for entry, _ in shown], None
    last, name = shown[-1]
    return [_item(entry) for entry, _ in shown], Cursor(last.at, name, last.id)


def _place(name: str, before: Cursor | None) -> Place:
    if before is None:
        return Place(NEWEST, HIGHEST)
    if name == before.source:
        return Place(before.at, before.id)
    return Place(before.at, HIGHEST if name > before.source else -1)


def _item(entry: Entry) -> dict[str, Any]:
    at = instant_text(entry.at)
    return {"at": at, "kind": entry.kind, "name": entry.name, "detail": entry.detail}


# What is shown is cast to text, not all that is sorted.
_LOG = """
SELECT at, id, name, properties::text FROM (
    SELECT at, id, name, properties FROM profiles_event
    WHERE customer_id = %(customer)s AND at <= %(at)s AND (at, id) < (%(at)s, %(id)s) {narrowed}
    ORDER BY at DESC, id DESC LIMIT %(limit)s
) AS page ORDER BY at DESC, id DESC
"""
# In words that no index of names serves: a customer's part of the log is always the shorter one.
_OF_KIND = {
    "message": "left(name, 8) = 'message.'",
    "journey": "left(name, 8) = 'journey.'",
    "lifecycle": "name = 'lifecycle.changed'",
    "consent": "name = 'consent.changed'",
    "merge": "name = 'customer.merged'",
}
_NARROWED = {
    "": "",
    **{kind: f"AND {clause}" for kind, clause in _OF_KIND.items()},
    "event": f"AND NOT ({' OR '.join(_OF_KIND.values())})",
}
_NAMED = " AND strpos(lower(name), lower(%(name)s)) > 0"
_NAMES = """
WITH RECURSIVE known AS (
    SELECT min(name) AS name FROM profiles_event WHERE customer_id = %(customer)s
    UNION ALL
    SELECT (SELECT min(e.name) FROM profiles_event e
            WHERE e.customer_id = %(customer)s AND e.name > known.name)
    FROM known WHERE known.name IS NOT NULL
)
SELECT name FROM known WHERE name IS NOT NULL LIMIT %(limit)s
"""


def statement(wanted: Wanted) -> str:
    """How the log is asked for what is wanted: by the customer's part of one index."""
    narrowed = _NARROWED[wanted.kind] + (_NAMED if wanted.name else "")
    return _LOG.format(narrowed=narrowed)


def names(customer_id: int, *, limit: int) -> list[str]:
    """The names of the customer's events, each found by a step along the index."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"customer": customer_id, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def _log(customer_id: int, before: Place, limit: int, wanted: Wanted) -> list[Entry]:
    if wanted.kind not in _NARROWED:
        return []
    given: dict[str, Any] = {
        "customer": customer_id, "at": before.at, "id": before.id, "limit": limit,
        "name": wanted.name,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement(wanted), given)
        rows = cursor.fetchall()
    return [
        Entry(at, number, _kind(name), name, msgspec.json.decode(properties))
        for at, number, name, properties in rows
    ]


_KINDS = {
    "lifecycle.changed": "lifecycle",
    "consent.changed": "consent",
    "customer.merged": "merge",
}


def _kind(name: str) -> str:
    house = name.partition(".")[0]
    return house if house in ("message", "journey") and "." in name else _KINDS.get(name, "event")


register_source("log", _log)
