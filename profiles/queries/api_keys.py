"""Who holds a key. Answers are remembered for seconds, which is what a withdrawal may take."""

import datetime as dt
import time
from typing import NamedTuple

from django.db import connection

from profiles.core.api_keys import digest

REMEMBERED_SECONDS = 5.0


class KeyHolder(NamedTuple):
    """A key that is known and not withdrawn. Its name is the source of the events it sends."""

    id: int
    name: str
    kind: str
    scopes: frozenset[str]
    expires_at: dt.datetime | None


_remembered: dict[str, tuple[float, KeyHolder]] = {}


def authenticate(key: str, *, now: dt.datetime) -> KeyHolder | None:
    """The holder of `key` at `now`, or None."""
    holder = _recall(digest(key)) if key else None
    if holder is None or (holder.expires_at is not None and holder.expires_at <= now):
        return None
    return holder


def forget() -> None:
    """Ask the database again for every key."""
    _remembered.clear()


def _recall(hashed: str) -> KeyHolder | None:
    moment = time.monotonic()
    found = _remembered.get(hashed)
    if found is not None and moment - found[0] < REMEMBERED_SECONDS:
        return found[1]
    _remembered.pop(hashed, None)
    holder = _look_up(hashed)
    if holder is not None:
        _remembered[hashed] = (moment, holder)
    return holder


def _look_up(hashed: str) -> KeyHolder | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, kind, scopes, expires_at FROM profiles_apikey "
            "WHERE hash = %s AND revoked_at IS NULL",
            [hashed],
        )
        row = cursor.fetchone()
    return KeyHolder(row[0], row[1], row[2], frozenset(row[3]), row[4]) if row else None
