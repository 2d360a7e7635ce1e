"""Months of the logs that grow for ever, made when the first row needs them.

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

EVENTS = "profiles_event"
MAKE = "CREATE TABLE {month} (LIKE {log} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
ATTACH = "ALTER TABLE {log} ATTACH PARTITION {month} FOR VALUES FROM ({start}) TO ({end})"

Month = tuple[int, int]
_known: dict[tuple[str, str], set[Month]] = {}


def ensure(moments: Iterable[dt.datetime], *, log: str = EVENTS) -> None:
    """Make the months of these aware instants where `log`, a table, has none. Known ones cost
    nothing.

    A private copy of a log has no months.
    """
    if workspace.is_private():
        return
    known = _known.setdefault((workspace.name(), log), set())
    wanted = {month_of(at) for at in moments} - known
    missing = sorted(month for month in wanted if month >= (ANCIENT.year, ANCIENT.month))
    if not missing:
        return
    names = [(name_of(month, log), month) for month in missing]
    _make(log, names)
    if connection.in_atomic_block:
        _see(name for name, _month in names)
    known.update(missing)


def forget() -> None:
    """Drop what this process believes to exist, after a month went missing under it."""
    _known.clear()


def month_of(at: dt.datetime) -> Month:
    """The year and month in which the log files an instant."""
    utc = at if at.tzinfo is dt.UTC else at.astimezone(dt.UTC)
    return utc.year, utc.month


def name_of(month: Month, log: str = EVENTS) -> str:
    return f"{log}_y{month[0]:04}m{month[1]:02}"


def _make(log: str, months: Iterable[tuple[str, Month]]) -> None:
    spare = connection.copy()
    try:
        with spare.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            for name, month in months:
                _make_one(cursor, log, name, month)
            cursor.execute("COMMIT")
    finally:
        spare.close()


def _make_one(cursor: CursorWrapper, log: str, name: str, month: Month) -> None:
    year, number = month
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone()[0] is not None:
        return
    names = {"log": sql.Identifier(log), "month": sql.Identifier(name)}
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    start, end = (f"{y:04}-{m:02}-01 00:00:00+00" for y, m in (month, following))
    cursor.execute(sql.SQL(MAKE).format(**names))
    cursor.execute(sql.SQL(ATTACH).format(**names, start=sql.Literal(start), end=sql.Literal(end)))


def _see(months: Iterable[str]) -> None:
    """Make a transaction that has used the log before notice its new months.

    PostgreSQL reads what others changed when it takes a lock it did not hold.
    """
    with connection.cursor() as cursor:
        for name in months:
            cursor.execute(
                sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(sql.Identifier(name))
            )
