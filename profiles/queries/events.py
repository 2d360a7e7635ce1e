"""Reads the event log in commit-safe order: no event is skipped, none is read twice.

Sequence numbers commit out of order, so a reader remembers snapshots, not numbers. New to a reader
is what its last snapshot `done` could not see; it reads that up to a newer snapshot `upto`, page by
page, and then moves on. A transaction that stays open holds back its own events and nothing else.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from profiles.queries.cursor import bigints, quick_cursor

BEGINNING = "1:1:"
"""The snapshot that saw nothing: a reader who starts here reads the whole log."""
START = (0, 0)


class LoggedEvent(NamedTuple):
    """One event of the log. Instants are aware; `properties` and `context` plain JSON values."""

    id: int
    xid: int
    customer_id: int
    name: str
    at: dt.datetime
    received_at: dt.datetime
    source: str
    message_id: str
    properties: dict[str, Any]
    context: dict[str, Any]


class Batch(NamedTuple):
    """A page of new events, and the place to read on from: keep all three in one transaction."""

    events: list[LoggedEvent]
    done: str
    upto: str | None
    after: tuple[int, int]


def read(cursor_done: str, upto: str | None, after: tuple[int, int], limit: int) -> Batch:
    """The next page behind (`cursor_done`, `upto`, `after`), in the order (xid, id).

    Events that the caller's own transaction has written or will write come after it has committed.
    """
    target = upto or here()
    events = _page(cursor_done, target, after, limit)
    if len(events) < limit:
        return Batch(events, target, None, START)
    return Batch(events, cursor_done, target, (events[-1].xid, events[-1].id))


def here() -> str:
    """The present snapshot as text: everything committed so far, without the caller's own work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text::bigint"
        )
        snapshot, own = cursor.fetchone()
    return snapshot if own is None else without(snapshot, own)


def without(snapshot: str, own: int) -> str:
    """`snapshot` with the transaction `own` among the running ones, where it never lists itself."""
    xmin, xmax, running = snapshot.split(":")
    if own >= int(xmax):
        return snapshot
    listed = sorted({own, *(int(xid) for xid in running.split(",") if xid)})
    return f"{min(int(xmin), own)}:{xmax}:{','.join(map(str, listed))}"


_LATE = """
(SELECT * FROM profiles_event
 WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(%(done)s::pg_snapshot)))
   AND (xid, id) > (%(xid)s::text::xid8, %(id)s)
   AND pg_visible_in_snapshot(xid, %(upto)s::pg_snapshot)
 ORDER BY xid, id LIMIT %(limit)s)
"""
_NEW = """
(SELECT * FROM profiles_event
 WHERE (xid, id) > (%(from_xid)s::text::xid8, %(from_id)s)
   AND xid < pg_snapshot_xmax(%(upto)s::pg_snapshot)
   AND pg_visible_in_snapshot(xid, %(upto)s::pg_snapshot)
 ORDER BY xid, id LIMIT %(limit)s)
"""
_PAGE = """
SELECT id, xid::text::bigint, customer_id, name, at, received_at, source, message_id,
       properties::text, context::text
FROM ({parts}) fresh
ORDER BY fresh.xid, fresh.id LIMIT %(limit)s
"""
_ONLY_NEW = _PAGE.format(parts=_NEW)
_WITH_LATE = _PAGE.format(parts=f"{_LATE} UNION ALL {_NEW}")
"""Late committers first: they all started before any newcomer, so the order holds. Mostly there are
none, and every month of the log is looked into once instead of twice. Newcomers begin at one place,
said in one comparison: of two, PostgreSQL takes the earlier one, and reads the log from there.
"""

_OWN = """
SELECT id, xid::text::bigint, customer_id, name, at, received_at, source, message_id,
       properties::text, context::text
FROM profiles_event WHERE xid = pg_current_xact_id() AND id > %s ORDER BY id LIMIT %s
"""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def _page(done: str, upto: str, after: tuple[int, int], limit: int) -> list[LoggedEvent]:
    place: dict[str, Any] = {"done": done, "upto": upto, "limit": limit}
    place["xid"], place["id"] = after
    _, xmax, running = done.split(":")
    place["from_xid"], place["from_id"] = max(after, (int(xmax), 0))
    with quick_cursor() as cursor:
        cursor.execute(_WITH_LATE if running else _ONLY_NEW, place)
        return _events(cursor.fetchall())


def own(after: int, limit: int) -> list[LoggedEvent]:
    """What the caller's own transaction has written behind the event `after`, in order."""
    with quick_cursor() as cursor:
        cursor.execute(_OWN, [after, limit])
        return _events(cursor.fetchall())


def instants(ids: Collection[int]) -> dict[int, dt.datetime]:
    """When these events happened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, at FROM profiles_event WHERE id = ANY(%s::bigint[])", [bigints(ids)]
        )
        return dict(cursor.fetchall())


def _events(rows: Iterable[Sequence[Any]]) -> list[LoggedEvent]:
    return [LoggedEvent(*row[:-2], *map(_decode, row[-2:])) for row in rows]
