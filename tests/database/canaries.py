"""Looks for a text everywhere in the database: every column that can hold one, of every table."""

from django.db import connection

COLUMNS = """
SELECT c.relname, a.attname, t.typname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind = 'r' ORDER BY 1, 2
"""
BINARY = "encode({column}, 'escape')"


def places_of(text: str) -> set[str]:
    """`table.column` wherever it is found, in whatever case; partitions are tables of their own."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column, kind in cursor.fetchall():
            shown = BINARY if kind == "bytea" else "{column}::text"
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{table}" WHERE strpos(lower('
                + shown.format(column=f'"{column}"')
                + "), lower(%s)) > 0)",
                [text],
            )
            if cursor.fetchone()[0]:
                found.add(f"{table}.{column}")
    return found


def tables() -> set[str]:
    """Every table, partitions under the name of the whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        return {row[0] for row in cursor.fetchall()}
