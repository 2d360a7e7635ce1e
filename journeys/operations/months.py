"""Lets old months of the decision log go; what the report counts is kept as numbers."""

import datetime as dt
import re

from django.db import connection, transaction
from psycopg import sql

from journeys.core.decisions import ENTERED
from journeys.operations.apply import DECISIONS
from profiles.operations import partitions

MONTHS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY 1
"""
LOCK = "LOCK TABLE {month} IN SHARE MODE"
COUNT = """
INSERT INTO journeys_arrivals AS a (journey_id, step, number)
SELECT d.journey_id, d.step, count(*) FROM {month} d
JOIN journeys_journey j ON j.id = d.journey_id
WHERE d.code = ANY(%s) GROUP BY 1, 2
ON CONFLICT (journey_id, step) DO UPDATE SET number = a.number + excluded.number
"""
DROP = "DROP TABLE {month}"
PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""Whoever needs the log at this moment goes first: the month goes another night."""
NAME = re.compile(rf"{DECISIONS}_y(\d{{4}})m(\d{{2}})")


def forget(*, now: dt.datetime, days: int) -> list[str]:
    """Drop the months that ended `days` ago or earlier, each in a transaction of its own; none
    when `days` is 0. Returns their tables.

    Raises OperationalError when a month is in use.
    """
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, [DECISIONS])
        tables = [name for (name,) in cursor.fetchall()]
    limit = now - dt.timedelta(days=days)
    gone = [name for name in tables if days and _ended(name, limit)]
    for name in gone:
        _drop(name)
    partitions.forget()
    return gone


def _ended(table: str, limit: dt.datetime) -> bool:
    found = NAME.fullmatch(table)
    if found is None:
        return False
    year, month = int(found[1]), int(found[2])
    return dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC) <= limit


@transaction.atomic
def _drop(table: str) -> None:
    month = sql.Identifier(table)
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)
        cursor.execute(sql.SQL(LOCK).format(month=month))
        cursor.execute(sql.SQL(COUNT).format(month=month), [list(ENTERED)])
        cursor.execute(sql.SQL(DROP).format(month=month))
