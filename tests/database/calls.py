"""Calls as clients make them, taken in through the front door; and looks at what became of them."""

import datetime as dt
from itertools import count
from typing import Any

from django.db import connection

from profiles.core.events import Incoming
from profiles.operations.ingest import Ingested, ingest

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
_numbers = count(1)


def track(user: str = "", name: str = "Signed Up", **given: Any) -> Incoming:
    return call("track", user, name=name, **given)


def identify(
    user: str = "", visitor: str = "", /, *, at: dt.datetime = NOW, **traits: Any
) -> Incoming:
    return call("identify", user, visitor=visitor, at=at, properties=traits)


def alias(user: str, previous: str) -> Incoming:
    return call("alias", user, previous_id=previous)


def call(kind: str, user: str = "", /, *, visitor: str = "", **given: Any) -> Incoming:
    """A call with a message id of its own, now, unless said otherwise."""
    given = {"name": kind, "at": NOW, "message_id": f"m{next(_numbers)}", **given}
    return Incoming(call=kind, user_id=user, anonymous_id=visitor, **given)


def take(*calls: Incoming, source: str = "shop", now: dt.datetime = NOW) -> Ingested:
    return ingest(calls, source=source, now=now)


def owner(kind: str, value: str) -> int | None:
    """The customer to whom an identifier leads."""
    rows = query(
        "SELECT customer_id FROM profiles_identifier WHERE kind = %s AND value = %s", kind, value
    )
    return rows[0][0] if rows else None


def user(value: str) -> int:
    """The customer with this user_id."""
    found = owner("user_id", value)
    assert found is not None, f"nobody is {value}"
    return found


def history(customer_id: int) -> list[str]:
    """The names of the customer's events in the order of the log."""
    rows = query("SELECT name FROM profiles_event WHERE customer_id = %s ORDER BY id", customer_id)
    return [row[0] for row in rows]


def query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def tables() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that events leave behind, for comparison."""
    names = ("customer", "identifier", "event", "eventkey", "merge", "lifecyclestate", "consent")
    return {name: query(f"SELECT x.*::text FROM profiles_{name} x ORDER BY 1") for name in names}
