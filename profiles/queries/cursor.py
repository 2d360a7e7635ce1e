"""Thousands of values to and from PostgreSQL without a Python call for each.

Django loads instants, and psycopg dumps lists, in Python: some twenty times as slow as this.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.types.datetime import TimestamptzLoader


@contextmanager
def quick_cursor() -> Iterator[CursorWrapper]:
    """A cursor whose instants are aware, in UTC: Django keeps the session's time zone there."""
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        yield cursor


def bigints(values: Iterable[int]) -> str:
    """The values as PostgreSQL writes an array; bind it and cast it to `bigint[]`."""
    return "{" + ",".join(map(str, values)) + "}"


def uuids(values: Iterable[UUID]) -> str:
    """The values as PostgreSQL writes an array; bind it and cast it to `uuid[]`."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Iterable[str]) -> str:
    """The values as PostgreSQL writes an array; bind it and cast it to `text[]`."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def booleans(values: Iterable[bool]) -> str:
    """The values as PostgreSQL writes an array; bind it and cast it to `bool[]`."""
    return "{" + ",".join("t" if value else "f" for value in values) + "}"


def instants(values: Iterable[datetime | None]) -> str:
    """The values as PostgreSQL writes an array; bind it and cast it to `timestamptz[]`."""
    return "{" + ",".join("NULL" if at is None else at.isoformat() for at in values) + "}"


def copyable(value: str) -> bytes:
    """A text as COPY reads it. JSON needs only its backslashes doubled: it holds no raw control
    characters.
    """
    if "\\" in value or not value.isprintable():
        for raw, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            value = value.replace(raw, escaped)
    return value.encode()
