"""Empties what a test committed, in milliseconds: few tables are filled, and most with few rows.

Django's own `flush` empties every table, and writes every permission anew, after each such test.
"""

from django.db import connection
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission", "django_migrations"}
UNMANAGED = {"profiles_event"}
"""Tables that Django does not list among its own."""
FEW = 1000
APPEND_ONLY = "profiles_auditentry"
"""Refuses to lose single rows."""


def empty_tables(_test: TransactionTestCase | None = None) -> None:
    """Rows are deleted while they are few; foreign keys are looked at when all are gone."""
    managed = connection.introspection.django_table_names(only_existing=True)
    tables = {*managed, *UNMANAGED} - KEPT
    counts = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM (SELECT FROM {table} LIMIT {FEW}) few HAVING count(*) > 0"
        for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(counts)
        filled = dict(cursor.fetchall())
        if any(count == FEW for count in filled.values()):
            cursor.execute(f"TRUNCATE {', '.join(sorted(tables))}")
        elif filled:
            cursor.execute("; ".join(map(_emptied, sorted(filled))))


def _emptied(table: str) -> str:
    return f"TRUNCATE {table}" if table == APPEND_ONLY else f"DELETE FROM {table}"
