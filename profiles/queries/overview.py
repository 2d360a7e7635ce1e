"""How many customers there are and where they stand, counted as the lists count."""

from typing import NamedTuple

from django.db import connection

CUSTOMERS = """
SELECT count(*), count(*) FILTER (WHERE identified)
FROM profiles_customer WHERE merged_into_id IS NULL
"""

PLACES = """
SELECT stage, segment, count(*) FROM profiles_lifecyclestate GROUP BY stage, segment
"""


class Census(NamedTuple):
    """`places` counts customers by (stage, segment)."""

    customers: int
    identified: int
    places: dict[tuple[str, str], int]


def census() -> Census:
    """All customers that were not merged into another: a merge leaves no state behind."""
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
        customers, identified = cursor.fetchone()
        cursor.execute(PLACES)
        places = {(stage, segment): number for stage, segment, number in cursor.fetchall()}
    return Census(customers, identified, places)
