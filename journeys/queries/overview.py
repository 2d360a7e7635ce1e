"""How journeys and the engine fare: the figures of the home page and the list, counted as their lists count."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

from journeys.models import SetAside

TALLY = """
SELECT journey_id, count(*) FILTER (WHERE status = 'active'), count(*), count(converted_at)
FROM journeys_enrollment WHERE journey_id = ANY(%s)
GROUP BY journey_id
"""

BACKLOG = """
SELECT count(*), min(e.due_at)
FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id
WHERE e.status = 'active' AND e.due_at <= %s AND j.state <> 'paused'
"""


class Tally(NamedTuple):
    """Customers in a journey now, ever entered, and converted (control group included)."""

    active: int = 0
    entered: int = 0
    converted: int = 0


class Backlog(NamedTuple):
    """Customers whose time has come and who have not been moved yet; when the first of them was due."""

    due: int
    since: dt.datetime | None


def tallies(journeys: Collection[int]) -> dict[int, Tally]:
    """Counts of these journeys; one without customers has none."""
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [list(journeys)])
        return {row[0]: Tally(*row[1:]) for row in cursor.fetchall()}


def backlog(*, now: dt.datetime) -> Backlog:
    """Due customers of journeys that are not paused."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, [now])
        return Backlog(*cursor.fetchone())


def set_aside() -> int:
    """Events and enrollments that failed and wait for a retry or an operator."""
    return SetAside.objects.count()
