"""Control groups by address: whoever shares one with a customer of a control group is of it too."""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection

# One e-mail or phone, several profiles.
SHARED = """
SELECT c.id, 'email', o.id FROM profiles_customer c
JOIN profiles_customer o ON o.email = c.email AND o.email <> '' AND o.id <> c.id
WHERE c.id = ANY(%(ids)s) AND c.email <> '' AND o.merged_into_id IS NULL
UNION ALL
SELECT c.id, 'phone', o.id FROM profiles_customer c
JOIN profiles_customer o ON o.phone = c.phone AND o.phone <> '' AND o.id <> c.id
WHERE c.id = ANY(%(ids)s) AND c.phone <> '' AND o.merged_into_id IS NULL
"""

WITHHELD = """
SELECT DISTINCT customer_id, journey, ghost FROM channels_message
WHERE customer_id = ANY(%s) AND journey = ANY(%s) AND ghost IN ('holdout', 'arm')
"""

Sharers = Mapping[tuple[int, str], Sequence[int]]


def sharers(customers: Collection[int]) -> Sharers:
    """The other customers with the same `email` or `phone`, by (customer, column)."""
    if not customers:
        return {}
    found: dict[tuple[int, str], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SHARED, {"ids": list(customers)})
        for customer, column, other in cursor.fetchall():
            found.setdefault((customer, column), []).append(other)
    return found


def ghosts(customers: Collection[int], journeys: Collection[str]) -> dict[tuple[int, str], str]:
    """The control group for which each of these walks a journey, by (customer, journey)."""
    if not customers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(WITHHELD, [list(customers), list(journeys)])
        return {(customer, journey): ghost for customer, journey, ghost in cursor.fetchall()}
