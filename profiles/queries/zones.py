"""In which time zones customers live;
"" stands for those who gave none, whose zone is the workspace's.
"""

from collections.abc import Collection
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import connection

ZONES = """
WITH RECURSIVE zones AS (
    (SELECT timezone FROM profiles_customer ORDER BY timezone LIMIT 1)
    UNION ALL
    SELECT (SELECT c.timezone FROM profiles_customer c WHERE c.timezone > zones.timezone
            ORDER BY c.timezone LIMIT 1)
    FROM zones WHERE zones.timezone IS NOT NULL
)
SELECT timezone FROM zones WHERE timezone IS NOT NULL
"""


def zones() -> list[str]:
    """Every zone that occurs. A walk over the index, not over the customers."""
    with connection.cursor() as cursor:
        cursor.execute(ZONES)
        return [row[0] for row in cursor.fetchall()]


def zones_of(customer_ids: Collection[int]) -> dict[int, str]:
    """The zones of these customers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, timezone FROM profiles_customer WHERE id = ANY(%s)", [list(customer_ids)]
        )
        return dict(cursor.fetchall())


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; the workspace's for "", and for one that does not exist."""
    try:
        return ZoneInfo(name or settings.SOJOURN_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.SOJOURN_TIME_ZONE)
