"""Of what contents ask for, how much customers have; and some customers to read a content for.

Both look at a part that answers at once, however many there are, and say of how many they speak.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from channels.core.proof import Sheet
from channels.core.template_lint import Fill
from channels.core.template_paths import Path
from channels.queries.preview import Person
from profiles.queries.cursor import texts
from profiles.queries.seen import CUSTOMERS

SAMPLE = 200
NEWEST = 100_000
MOST_PATHS = 100

FILLED = """
WITH newest AS MATERIALIZED (
    {people})
SELECT w.path, count(*),
       count(*) FILTER (WHERE coalesce(attributes #>> w.path::text[], '') IN ('', '[]', '{{}}'))
FROM newest CROSS JOIN unnest(%(paths)s::text[]) AS w(path) GROUP BY w.path
"""
NEWEST_PEOPLE = """SELECT attributes FROM profiles_customer WHERE merged_into_id IS NULL
    ORDER BY id DESC LIMIT %(newest)s"""
THESE_PEOPLE = "SELECT attributes FROM profiles_customer WHERE id = ANY(%(among)s)"
THESE = """
SELECT id, locale, attributes::text FROM profiles_customer WHERE id = ANY(%(among)s) ORDER BY id
"""
PEOPLE = """
SELECT DISTINCT ON (c.id) c.id, c.locale, c.attributes::text FROM (
    SELECT min(id) AS low, max(id) AS high FROM profiles_customer) ends
CROSS JOIN generate_series(0, %(size)s - 1) AS n(number) CROSS JOIN LATERAL (
    SELECT id, locale, attributes FROM profiles_customer
    WHERE merged_into_id IS NULL
      AND id >= ends.low + (ends.high - ends.low + 1) * n.number / %(size)s
    ORDER BY id LIMIT 1) c ORDER BY c.id
"""
OWN = """
SELECT customer_id, at, properties::text FROM profiles_event
WHERE customer_id = %(customer)s AND name = %(name)s ORDER BY at DESC, id DESC LIMIT 1
"""
LENT = """
SELECT customer_id, at, properties::text FROM (
    SELECT * FROM profiles_event ORDER BY xid DESC, id DESC LIMIT %(newest)s) e
WHERE name = %(name)s ORDER BY at DESC, id DESC LIMIT 1
"""


class Entry(msgspec.Struct, frozen=True):
    """An event that texts are read with, and whose it is."""

    name: str
    customer: int
    properties: dict[str, Any]


def fills(paths: Collection[Path], among: Sequence[int] | None = None) -> dict[Path, Fill]:
    """How many of the newest customers, or of those `among`, have nothing at each path,
    `("customer", "city")`.
    """
    asked = {texts(path[1:]): path for path in sorted(paths)[:MOST_PATHS]}
    if not asked:
        return {}
    with connection.cursor() as cursor:
        people = NEWEST_PEOPLE if among is None else THESE_PEOPLE
        given: dict[str, Any] = {"newest": CUSTOMERS, "among": among, "paths": list(asked)}
        cursor.execute(FILLED.format(people=people), given)
        return {asked[path]: Fill(empty, base) for path, base, empty in cursor.fetchall()}


def sample(size: int = SAMPLE, among: Sequence[int] | None = None) -> list[Person]:
    """So many customers from all over the base, or the first of those `among`; the same ones each
    time.
    """
    with connection.cursor() as cursor:
        if among is None:
            cursor.execute(PEOPLE, {"size": size})
        else:
            cursor.execute(THESE, {"among": list(among[:size])})
        rows = cursor.fetchall()
    return [Person(id, locale, msgspec.json.decode(written)) for id, locale, written in rows]


def entry(name: str, customer: int | None) -> Entry | None:
    """The newest event of a name: the customer's own, else somebody's; None where there is none."""
    if not name or "\0" in name:
        return None
    given = {"name": name, "customer": customer, "newest": NEWEST}
    with connection.cursor() as cursor:
        for statement in (OWN, LENT) if customer is not None else (LENT,):
            cursor.execute(statement, given)
            if (row := cursor.fetchone()) is not None:
                return Entry(name, row[0], msgspec.json.decode(row[2]))
    return None


def read_through(
    sheet: Sheet, people: Collection[Person], lent: Mapping[str, Any], enough: Callable[[], bool]
) -> None:
    """Read a content for these people, until it is `enough`: what was read is counted."""
    for each in _until(people, enough):
        if each.id is not None:
            facts = {"customer": each.attributes, "entry": dict(lent)}
            sheet.add(each.id, {**facts, "context": {}, "journey": "preview"})


def _until(people: Collection[Person], enough: Callable[[], bool]) -> Iterator[Person]:
    for each in people:
        if enough():
            return
        yield each
