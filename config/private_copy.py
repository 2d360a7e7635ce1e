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
        SELECT * FROM {real}.profiles_customer WHERE merged_into_id IS NULL
        ORDER BY md5(id || ':' || %(seed)s), id LIMIT %(sample)s""",
    "profiles_identifier": "SELECT r.* FROM {real}.profiles_identifier r {ours}",
    "profiles_consent": "SELECT r.* FROM {real}.profiles_consent r {ours}",
    "profiles_lifecyclestate": "SELECT r.* FROM {real}.profiles_lifecyclestate r {ours}",
    "profiles_event": "SELECT r.* FROM {real}.profiles_event r {ours} WHERE r.at < %(start)s",
    "profiles_segment": "SELECT * FROM {real}.profiles_segment",
    "profiles_membership": "SELECT r.* FROM {real}.profiles_membership r {ours}",
    "profiles_lifecyclemodel": "SELECT * FROM {real}.profiles_lifecyclemodel",
    "channels_content": "SELECT * FROM {real}.channels_content",
    "channels_suppression": "SELECT * FROM {real}.channels_suppression",
    "channels_device": "SELECT r.* FROM {real}.channels_device r {ours}",
    "journeys_journey": "SELECT * FROM {real}.journeys_journey",
    "journeys_version": "SELECT * FROM {real}.journeys_version",
    # Who came in during the days that are played again comes in again then.
    "journeys_enrollment": """
        SELECT r.* FROM {real}.journeys_enrollment r {ours}
        WHERE r.journey_id = %(journey)s AND r.status <> 'active' AND r.entered_at < %(since)s""",
}
"""What is copied, in this order; the other tables begin empty."""
OURS = "JOIN profiles_customer c ON c.id = r.customer_id"
HELD = (
    "UPDATE profiles_lifecyclestate SET next_at = NULL",
    "UPDATE profiles_membership SET next_at = NULL",
    "UPDATE profiles_segment SET building = false",
    "UPDATE journeys_enrollment SET goal_until = NULL",
)
"""What is past stays as it is: time moves nobody but those who come in."""
NUMBERED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r' AND a.attname = 'id'
  AND a.attidentity <> '' ORDER BY c.relname
"""
GO_ON = "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {real}.{table}))"
AGAIN = """
CREATE TEMPORARY TABLE dryrun_event ON COMMIT DROP AS
SELECT id, customer_id, name, at + (%(start)s - %(since)s) AS at, source, message_id, properties,
       context
FROM profiles_event
WHERE at >= %(since)s AND name = ANY(%(names)s) AND (source = 'system' AND (
    properties->>'from_journey' = %(slug)s
    OR name = ANY(%(own)s) AND properties->>'journey' = %(slug)s)) IS NOT TRUE
"""
INDEX = "CREATE INDEX dryrun_event_at ON dryrun_event (at, id)"


class Wanted(NamedTuple):
    """Whose copy, and the events that happen again: those of `names` from `since` to `start`, of
    which `own` are left out where the journey itself caused them.
    """

    journey: int
    slug: str
    seed: int
    sample: int | None
    since: dt.datetime
    start: dt.datetime
    names: list[str]
    own: list[str]


def make(wanted: Wanted) -> None:
    """Hide the real tables behind copies, and seal them, until the transaction ends."""
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
        for statement in HELD:
            cursor.execute(statement)
        cursor.execute(NUMBERED)
        for (name,) in cursor.fetchall():
            places = {"real": real, "table": sql.Identifier(name)}
            cursor.execute(sql.SQL(GO_ON).format(**places), [name])
        cursor.execute(AGAIN, given)
        cursor.execute(INDEX)
        cursor.execute("ANALYZE dryrun_event")
        cursor.execute("SET TRANSACTION READ ONLY")


def _fill(cursor: Any, name: str, rows: sql.Composed, given: dict[str, Any]) -> None:
    table = sql.Identifier(name)
    head = sql.SQL("INSERT INTO pg_temp.{} ").format(table)
    cursor.execute(head + rows, given)
    cursor.execute(sql.SQL("ANALYZE pg_temp.{}").format(table))
