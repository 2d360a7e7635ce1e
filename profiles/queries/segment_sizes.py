"""How large a segment was, day by day."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

HISTORY = """
SELECT day, customers FROM profiles_segmentsize
WHERE segment_id = %s AND day >= %s ORDER BY day
"""


def day(now: dt.datetime) -> dt.date:
    """The day that it is in the workspace."""
    return now.astimezone(ZoneInfo(settings.SOJOURN_TIME_ZONE)).date()


def history(segment: int, *, since: dt.date) -> list[tuple[dt.date, int]]:
    """(day, customers) from `since` on, the oldest first; a day without a count is left out."""
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [segment, since])
        return [(row[0], row[1]) for row in cursor.fetchall()]
