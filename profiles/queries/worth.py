"""What customers are worth, counted from where they stand now: scores, segments, orders."""

from decimal import Decimal
from typing import NamedTuple

from django.db import connection

SCORES = """
SELECT r, f, count(*), sum(revenue_window) FROM profiles_lifecyclestate WHERE r > 0 GROUP BY r, f
"""
SEGMENTS = """
SELECT stage, segment, count(*), sum(revenue_window) FROM profiles_lifecyclestate
GROUP BY stage, segment
"""
BUYERS = """
SELECT count(*) FILTER (WHERE orders >= 1), count(*) FILTER (WHERE orders >= 2),
       coalesce(sum(orders), 0), coalesce(sum(revenue), 0)
FROM profiles_lifecyclestate
"""
NO_MORE_THAN = "SELECT count(*) FROM (SELECT 1 FROM profiles_lifecyclestate LIMIT %s) AS found"


class Group(NamedTuple):
    """Customers, and their net revenue in the months that the lifecycle model looks back."""

    customers: int
    revenue: Decimal


class Buyers(NamedTuple):
    """All who ever bought, those who did so again, and their orders and net revenue ever."""

    buyers: int
    again: int
    orders: int
    revenue: Decimal


def by_score() -> dict[tuple[int, int], Group]:
    """Buyers by recency and frequency, 1–5 each."""
    with connection.cursor() as cursor:
        cursor.execute(SCORES)
        return {(row[0], row[1]): Group(row[2], row[3]) for row in cursor.fetchall()}


def by_segment() -> dict[tuple[str, str], Group]:
    """Everybody by stage and segment of the lifecycle."""
    with connection.cursor() as cursor:
        cursor.execute(SEGMENTS)
        return {(row[0], row[1]): Group(row[2], row[3]) for row in cursor.fetchall()}


def buyers() -> Buyers:
    """Everybody who ever bought, in one row."""
    with connection.cursor() as cursor:
        cursor.execute(BUYERS)
        return Buyers(*cursor.fetchone())


def are_few(limit: int) -> bool:
    """Are there no more customers than `limit`? Costs no more than so many rows."""
    with connection.cursor() as cursor:
        cursor.execute(NO_MORE_THAN, [limit + 1])
        found: int = cursor.fetchone()[0]
    return found <= limit
