"""Which events of a name a customer has had since an instant of their own:
many customers in one statement.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection


class Since(NamedTuple):
    """Look for events called `name` of `customer` that reached the log after event `after`,
    or at `at` or later.
    """

    number: int
    customer: int
    name: str
    at: dt.datetime
    after: int


SINCE = """
SELECT s.number, e.id, e.at
FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[])
    AS s(number, customer, name, at, after)
JOIN profiles_event e ON e.customer_id = s.customer AND e.name = s.name AND e.id <> s.after
  AND e.at <= %s
  AND (e.at >= s.at OR e.received_at >= s.at OR (s.after > 0 AND e.id > s.after))
ORDER BY s.number, e.at
"""


def since(asked: Sequence[Since], *, now: dt.datetime) -> list[tuple[int, int, dt.datetime]]:
    """(number, event id, instant) of every such event, events yet to come left out."""
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SINCE, [*(list(column) for column in zip(*asked, strict=True)), now])
        return list(cursor.fetchall())
