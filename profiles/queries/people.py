"""What goes by a customer's own clock: their zone, and the attributes that hold dates."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.db import connection

PEOPLE = """
SELECT c.id, c.timezone,
    (SELECT jsonb_object_agg(p.path, c.attributes #> string_to_array(p.path, '.'))
     FROM unnest(%s::text[]) AS p(path))
FROM profiles_customer c WHERE c.id = ANY(%s)
"""
HAVING = """
SELECT c.id FROM profiles_customer c
WHERE c.id > %s AND c.merged_into_id IS NULL AND EXISTS (
    SELECT FROM unnest(%s::text[]) AS p(path)
    WHERE c.attributes #> string_to_array(p.path, '.') IS NOT NULL)
ORDER BY c.id LIMIT %s
"""


class Known(NamedTuple):
    """`zone` is "" where the customer gave none; a path that is not there has None."""

    zone: str
    attributes: dict[str, Any]


def people(wanted: Mapping[int, Collection[str]]) -> dict[int, Known]:
    """Zones and values by customer id; `wanted` names the paths of attributes, `a.b` inside."""
    paths = sorted(set().union(*wanted.values())) if wanted else []
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [paths, list(wanted)])
        return {row[0]: Known(row[1], json.loads(row[2] or "{}")) for row in cursor.fetchall()}


def having(paths: Collection[str], *, after: int, limit: int) -> list[int]:
    """A page of the customers who have one of these attributes, by id; merged ones left out."""
    with connection.cursor() as cursor:
        cursor.execute(HAVING, [after, list(paths), limit])
        return [row[0] for row in cursor.fetchall()]
