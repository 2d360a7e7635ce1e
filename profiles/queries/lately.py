"""The last events of one customer, by name."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

LATEST = """
SELECT e.id, e.name, e.at FROM unnest(%s::text[]) AS n(name)
CROSS JOIN LATERAL (
    SELECT id, name, at FROM profiles_event
    WHERE customer_id = %s AND name = n.name ORDER BY at DESC, id DESC LIMIT %s
) e ORDER BY e.at DESC, e.id DESC
"""


class Happened(NamedTuple):
    """One event of the log."""

    id: int
    name: str
    at: dt.datetime


def latest(customer_id: int, names: Collection[str], *, each: int) -> list[Happened]:
    """Up to `each` events of every name, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [sorted(names), customer_id, each])
        return [Happened(*row) for row in cursor.fetchall()]
