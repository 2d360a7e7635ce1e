"""What the log and the profiles are seen to hold: names to choose from, with how often they occur.

A sample of the newest rows answers at once, however long the log is.
"""

import json
from typing import Any, NamedTuple

from django.db import connection

EVENTS, OF_ONE, CUSTOMERS = 100_000, 1_000, 10_000
"""How many of the newest rows are looked at: of the log, of one event, of the profiles."""
VALUES = 30
"""How many of the most frequent values are told."""

KIND = """
mode() WITHIN GROUP (ORDER BY CASE
    WHEN p.value #>> '{}' ~ '^\\d{4}-\\d\\d-\\d\\d(T| |$)' THEN 'date'
    ELSE jsonb_typeof(p.value) END)
"""

NAMES = """
SELECT name, count(*) FROM (
    SELECT name FROM profiles_event ORDER BY id DESC LIMIT %s) AS newest
GROUP BY name ORDER BY count(*) DESC, name LIMIT 300
"""
PROPERTIES = f"""
WITH newest AS (
    SELECT properties FROM (SELECT name, properties FROM profiles_event ORDER BY id DESC LIMIT %s) e
    WHERE name = %s LIMIT %s)
SELECT p.key, count(*) * 100.0 / (SELECT count(*) FROM newest), min(left(p.value::text, 40)), {KIND}
FROM newest CROSS JOIN LATERAL jsonb_each(newest.properties) AS p
GROUP BY p.key ORDER BY count(*) DESC, p.key LIMIT 300
"""
ATTRIBUTES = f"""
WITH newest AS (
    SELECT attributes FROM profiles_customer WHERE merged_into_id IS NULL ORDER BY id DESC LIMIT %s)
SELECT p.key, count(*) * 100.0 / (SELECT count(*) FROM newest), min(left(p.value::text, 40)), {KIND}
FROM newest CROSS JOIN LATERAL jsonb_each(newest.attributes) AS p
WHERE p.value NOT IN ('null', '""') GROUP BY p.key ORDER BY count(*) DESC, p.key LIMIT 300
"""


OF_ATTRIBUTE = """
SELECT p.value, count(*) FROM (
    SELECT attributes FROM profiles_customer WHERE merged_into_id IS NULL ORDER BY id DESC LIMIT %s
) newest CROSS JOIN LATERAL (
    SELECT coalesce(attributes -> %s::text, attributes #> string_to_array(%s::text, '.')) AS value
) p
WHERE jsonb_typeof(p.value) IN ('string', 'number', 'boolean') AND length(p.value::text) <= 80
GROUP BY p.value ORDER BY count(*) DESC, p.value LIMIT %s
"""
OF_PROPERTY = """
SELECT p.value, count(*) FROM (
    SELECT properties FROM (SELECT name, properties FROM profiles_event ORDER BY id DESC LIMIT %s) e
    WHERE name = %s LIMIT %s
) newest CROSS JOIN LATERAL (
    SELECT coalesce(properties -> %s::text, properties #> string_to_array(%s::text, '.')) AS value
) p
WHERE jsonb_typeof(p.value) IN ('string', 'number', 'boolean') AND length(p.value::text) <= 80
GROUP BY p.value ORDER BY count(*) DESC, p.value LIMIT %s
"""
TOPICS = """
SELECT topic, count(*) FROM (
    SELECT topic FROM profiles_consent ORDER BY id DESC LIMIT %s) AS newest
WHERE topic <> '' GROUP BY topic ORDER BY count(*) DESC, topic LIMIT 100
"""


class Known(NamedTuple):
    """A key, in how many percent of the rows it is filled, one of its values as JSON, and what most
    of them are: string, number, boolean, date, array or object.
    """

    name: str
    filled: float
    example: str
    type: str


def event_names() -> list[tuple[str, int]]:
    """The names of events and how often each comes among the newest, the most frequent first."""
    return [(row[0], row[1]) for row in _rows(NAMES, EVENTS)]


def properties(event: str) -> list[Known]:
    """What the newest events of a name carry."""
    return [_known(row) for row in _rows(PROPERTIES, EVENTS, event, OF_ONE)]


def attributes() -> list[Known]:
    """What the newest profiles say."""
    return [_known(row) for row in _rows(ATTRIBUTES, CUSTOMERS)]


def values_of_attribute(path: str) -> list[tuple[Any, int]]:
    """(value, customers): what the newest profiles say most often."""
    return [
        (json.loads(row[0]), row[1]) for row in _rows(OF_ATTRIBUTE, CUSTOMERS, path, path, VALUES)
    ]


def values_of_property(event: str, path: str) -> list[tuple[Any, int]]:
    """(value, events): what the newest events of a name say most often."""
    rows = _rows(OF_PROPERTY, EVENTS, event, OF_ONE, path, path, VALUES)
    return [(json.loads(row[0]), row[1]) for row in rows]


def topics() -> list[tuple[str, int]]:
    """The topics of the newest consents, with how many of them are about each."""
    return [(row[0], row[1]) for row in _rows(TOPICS, CUSTOMERS)]


def _known(row: tuple[Any, ...]) -> Known:
    return Known(row[0], round(float(row[1]), 1), row[2], row[3])


def _rows(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
