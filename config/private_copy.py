"""A private copy of the workspace: temporary tables under the real names, which hide the real ones.

The engine runs on it unchanged, with the real customers, and nobody waits for it: the real tables
are only read. Once sealed, PostgreSQL itself refuses to write anywhere else. It ends with the
transaction.
"""

import datetime as dt
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

REAL = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = 'profiles_customer'::regclass
"""
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname ~ '^(profiles|channels|journeys)_' ORDER BY c.relname
"""
MAKE = "CREATE TEMPORARY TABLE {table} (LIKE {real}.{table} INCLUDING ALL) ON COMMIT DROP"
ROWS = {
    "profiles_customer": """
        SELECT * FROM {real}.profiles_customer
        WHERE merged_into_id IS NULL AND (id = %(customer)s OR %(customer)s IS NULL)
        ORDER BY md5(id || ':' || %(seed)s), id LIMIT %(sample)s""",
    "profiles_identifier": "SELECT r.* FROM {real}.profiles_identifier r {ours}",
    "profiles_consent": "SELECT r.* FROM {real}.profiles_consent r {ours}",
    "profiles_lifecyclestate": "SELECT r.* FROM {real}.profiles_lifecyclestate r {ours}",
    "profiles_event": "SELECT r.* FROM {real}.profiles_event r {ours} WHERE r.at < %(start)s",
    "profiles_segment": "SELECT * FROM {real}.profiles_segment",
    "profiles_membership": "SELECT r.* FROM {real}.profiles_membership r {ours}",
    "profiles_lifecyclemodel": "SELECT * FROM {real}.profiles_lifecyclemodel",
    "channels_content": "SELECT * FROM {real}.channels_content",
    "channels_template": "SELECT * FROM {real}.channels_template",
    "channels_frequencycap": "SELECT * FROM {real}.channels_frequencycap",
    "channels_suppression": "SELECT * FROM {real}.channels_suppression",
    "profiles_erasedaddress": "SELECT * FROM {real}.profiles_erasedaddress",
    "channels_device": "SELECT r.* FROM {real}.channels_device r {ours}",
    "journeys_journey": "SELECT * FROM {real}.journeys_journey",
    "journeys_version": "SELECT * FROM {real}.journeys_version",
    # Who came in during the days that are played again comes in again then.
    "journeys_enrollment": """
        SELECT r.* FROM {real}.journeys_enrollment r {ours}
        WHERE r.journey_id = ANY(%(journeys)s) AND r.status <> 'active'
          AND r.entered_at < %(since)s""",
}
"""What is copied, in this order; the other tables begin empty."""
OURS = "JOIN profiles_customer c ON c.id = r.customer_id"
HELD = {
    "profiles_lifecyclestate": {"next_at": "NULL"},
    "profiles_membership": {"next_at": "NULL"},
    "profiles_segment": {"building": "false"},
    "journeys_enrollment": {"goal_until": "NULL"},
}
"""What is past stays as it is: time moves nobody but those who come in. It is copied so, for rows
that a transaction has changed stay in the way of every look into an index until it ends.
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
NUMBERED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r' AND a.attname = 'id'
  AND a.attidentity <> '' ORDER BY c.relname
"""
GO_ON = "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {real}.{table}))"
AGAIN = """
CREATE TEMPORARY TABLE dryrun_event ON COMMIT DROP AS
SELECT r.id, r.customer_id, r.name, r.at + (%(start)s - %(since)s) AS at, r.source, r.message_id,
       r.properties, r.context
FROM {real}.profiles_event r {ours}
WHERE r.at >= %(since)s AND r.at < %(upto)s AND name = ANY(%(names)s) AND (source = 'system' AND (
    properties->>'from_journey' = ANY(%(slugs)s)
    OR name = ANY(%(own)s) AND properties->>'journey' = ANY(%(slugs)s))) IS NOT TRUE
"""
INDEX = "CREATE INDEX dryrun_event_at ON dryrun_event (at, id)"


class Wanted(NamedTuple):
    """Whose copy, everybody's or one `customer`'s, as it was at `start`; and the events that happen
    again from there on: those of `names` from `since` to `upto`, of which `own` are left out where
    the journeys that are run caused them.
    """

    journeys: list[int]
    slugs: list[str]
    seed: int
    sample: int | None
    since: dt.datetime
    upto: dt.datetime
    start: dt.datetime
    names: list[str]
    own: list[str]
    customer: int | None = None


def make(wanted: Wanted) -> str:
    """Hide the real tables behind copies, and seal them, until the transaction ends. Returns the
    schema where the real ones are.
    """
    given = wanted._asdict()
    with connection.cursor() as cursor:
        cursor.execute(REAL)
        (schema,) = cursor.fetchone()
        real = sql.Identifier(schema)
        cursor.execute(TABLES, [schema])
        tables = [sql.Identifier(row[0]) for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(sql.SQL(MAKE).format(table=table, real=real))
        for name, rows in ROWS.items():
            _fill(cursor, name, sql.SQL(rows).format(real=real, ours=sql.SQL(OURS)), given)
        cursor.execute(NUMBERED)
        for (name,) in cursor.fetchall():
            places = {"real": real, "table": sql.Identifier(name)}
            cursor.execute(sql.SQL(GO_ON).format(**places), [name])
        cursor.execute(sql.SQL(AGAIN).format(real=real, ours=sql.SQL(OURS)), given)
        cursor.execute(INDEX)
        cursor.execute("ANALYZE dryrun_event")
        cursor.execute("SET TRANSACTION READ ONLY")
    return str(schema)


def _fill(cursor: Any, name: str, rows: sql.Composed, given: dict[str, Any]) -> None:
    table, held = sql.Identifier(name), HELD.get(name, {})
    cursor.execute(COLUMNS, [f"pg_temp.{name}"])
    columns = [
        sql.SQL(held[column]) if column in held else sql.Identifier("copied", column)
        for (column,) in cursor.fetchall()
    ]
    head = sql.SQL("INSERT INTO pg_temp.{} SELECT {} FROM (").format(
        table, sql.SQL(", ").join(columns)
    )
    cursor.execute(head + rows + sql.SQL(") AS copied"), given)
    cursor.execute(sql.SQL("ANALYZE pg_temp.{}").format(table))
