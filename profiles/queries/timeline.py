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
    """One line of the history. `kind` is event, message, decision, lifecycle, consent or merge."""

    at: dt.datetime
    id: int
    kind: str
    name: str
    detail: dict[str, Any]


Source = Callable[[int, Place, int], Sequence[Entry]]
"""(customer_id, before, limit) → entries with (at, id) < before, newest first, at most `limit`."""

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
    customer_id: int, *, before: Cursor | None, limit: int
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """A page of the history and the cursor of the next one (None at the end)."""
    found = [
        (entry, name)
        for name, source in sorted(_sources.items())
        for entry in source(customer_id, _place(name, before), limit + 1)
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


_LOG = """
SELECT at, id, name, properties::text FROM profiles_event
WHERE customer_id = %s AND at <= %s AND (at, id) < (%s, %s)
ORDER BY at DESC, id DESC LIMIT %s
"""
_KINDS = {
    "lifecycle.changed": "lifecycle",
    "consent.changed": "consent",
    "customer.merged": "merge",
}


def _log(customer_id: int, before: Place, limit: int) -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute(_LOG, [customer_id, before.at, before.at, before.id, limit])
        rows = cursor.fetchall()
    return [
        Entry(at, number, _kind(name), name, msgspec.json.decode(properties))
        for at, number, name, properties in rows
    ]


def _kind(name: str) -> str:
    return "message" if name.startswith("message.") else _KINDS.get(name, "event")


register_source("log", _log)
