"""Months of the event log, made when the first event needs them.

A month is made and committed on a connection of its own, so that no caller ever holds the lock
while it waits for something else; attaching it stops neither readers nor writers.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from profiles.queries import workspace

ANCIENT = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""Older events share one partition, made by the migration."""
LOCK = 0x50A1_0C06
"""The advisory lock under which months are made, one at a time."""

_known: dict[str, set[tuple[int, int]]] = {}


def ensure(moments: Iterable[dt.datetime]) -> None:
    """Make the months of these aware instants where they are missing. Known ones cost nothing.

    A private copy of the log has no months.
    """
    if workspace.is_private():
        return
    known = _known.setdefault(workspace.name(), set())
    wanted = {month_of(at) for at in moments} - known
    missing = sorted(month for month in wanted if month >= (ANCIENT.year, ANCIENT.month))
    if not missing:
        return
    _make(missing)
    if connection.in_atomic_block:
        _see(missing)
    known.update(missing)


def forget() -> None:
    """Drop what this process believes to exist, after a month went missing under it."""
    _known.clear()


def month_of(at: dt.datetime) -> tuple[int, int]:
    """The year and month in which the log files an instant."""
    utc = at if at.tzinfo is dt.UTC else at.astimezone(dt.UTC)
    return utc.year, utc.month


def name_of(month: tuple[int, int]) -> str:
    return f"profiles_event_y{month[0]:04}m{month[1]:02}"


def _make(months: Iterable[tuple[int, int]]) -> None:
    spare = connection.copy()
    try:
        with spare.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            for month in months:
                _make_one(cursor, month)
            cursor.execute("COMMIT")
    finally:
        spare.close()


def _make_one(cursor: CursorWrapper, month: tuple[int, int]) -> None:
    year, number = month
    name = sql.Identifier(name_of(month))
    cursor.execute("SELECT to_regclass(%s)", [name_of(month)])
    if cursor.fetchone()[0] is not None:
        return
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    start, end = (f"{y:04}-{m:02}-01 00:00:00+00" for y, m in (month, following))
    cursor.execute(
        sql.SQL(
            "CREATE TABLE {} (LIKE profiles_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        ).format(name)
    )
    cursor.execute(
        sql.SQL(
            "ALTER TABLE profiles_event ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})"
        ).format(name, sql.Literal(start), sql.Literal(end))
    )


def _see(months: Iterable[tuple[int, int]]) -> None:
    """Make a transaction that has used the log before notice its new months.

    PostgreSQL reads what others changed when it takes a lock it did not hold.
    """
    with connection.cursor() as cursor:
        for month in months:
            cursor.execute(
                sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(
                    sql.Identifier(name_of(month))
                )
            )
