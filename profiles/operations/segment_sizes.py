"""Keeps, once a day, how many belong to each segment."""

import datetime as dt

from django.db import connection

from profiles.queries.segment_sizes import day

KEEP = """
INSERT INTO profiles_segmentsize (segment_id, day, customers)
SELECT s.id, %s, count(m.id)
FROM profiles_segment s LEFT JOIN profiles_membership m ON m.segment_id = s.id AND m.member
WHERE s.built_at IS NOT NULL GROUP BY s.id
ON CONFLICT (segment_id, day) DO UPDATE SET customers = excluded.customers
"""


def keep(*, now: dt.datetime) -> int:
    """A row for every segment that is filled, on the workspace's day; once more changes that row.
    Returns how many segments were counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [day(now)])
        counted: int = cursor.rowcount
    return counted
