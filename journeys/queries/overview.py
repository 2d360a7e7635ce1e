"""How journeys and the engine fare:
the figures of the home page and the list, counted as their lists count.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from journeys.core.experiment import Arm, Counts, compare
from journeys.models import SetAside

TALLY = """
SELECT journey_id, count(*) FILTER (WHERE status = 'active'), count(*), count(converted_at)
FROM journeys_enrollment WHERE journey_id = ANY(%s)
GROUP BY journey_id
"""

CAME_IN = """
SELECT journey_id, (at AT TIME ZONE %(zone)s)::date AS day, count(*) FROM journeys_decision
WHERE journey_id = ANY(%(journeys)s) AND code = 'entered' AND at >= %(since)s
GROUP BY journey_id, day
"""
ACTIVE = "SELECT count(*) FROM journeys_enrollment WHERE status = 'active'"

BACKLOG = """
SELECT count(*), min(e.due_at)
FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id
WHERE e.status = 'active' AND e.due_at <= %s AND j.state <> 'paused'
"""


HOLDOUTS = """
SELECT journey_id, kept, count(*), count(*) FILTER (WHERE converted)
FROM (
    SELECT e.journey_id, e.customer_id, bool_or(c.at >= e.exposed_at) AS converted,
           CASE WHEN min(e.ghost) IN ('holdout', 'global') THEN min(e.ghost) ELSE '' END AS kept
    FROM journeys_enrollment e LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
    WHERE e.journey_id = ANY(%s) AND e.exposed_at IS NOT NULL GROUP BY e.journey_id, e.customer_id
) AS customers
WHERE kept IN ('', 'holdout') GROUP BY journey_id, kept
"""


class Tally(NamedTuple):
    """Customers in a journey now, ever entered, and converted (control group included)."""

    active: int = 0
    entered: int = 0
    converted: int = 0


class Backlog(NamedTuple):
    """Customers whose time has come and who have not been moved yet;
    when the first of them was due.
    """

    due: int
    since: dt.datetime | None


def tallies(journeys: Collection[int]) -> dict[int, Tally]:
    """Counts of these journeys; one without customers has none."""
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [list(journeys)])
        return {row[0]: Tally(*row[1:]) for row in cursor.fetchall()}


def came_in(journeys: Collection[int], *, days: Sequence[dt.date]) -> dict[int, dict[dt.date, int]]:
    """How many came into each of these journeys by day of the workspace's zone, from the first of
    `days` on; from the log of decisions.
    """
    zone = ZoneInfo(settings.SOJOURN_TIME_ZONE)
    since = dt.datetime.combine(days[0], dt.time(), tzinfo=zone)
    given: dict[str, Any] = {"zone": zone.key, "journeys": list(journeys), "since": since}
    found: dict[int, dict[dt.date, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CAME_IN, given)
        for journey, day, number in cursor.fetchall():
            found.setdefault(journey, {})[day] = number
    return found


def active() -> int:
    """Walks under way in all journeys."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIVE)
        found: int = cursor.fetchone()[0]
    return found


def holdouts(journeys: Collection[int]) -> dict[int, Arm]:
    """What each journey did against its own holdout, as its report says; none without a holdout."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDOUTS, [list(journeys)])
        rows = cursor.fetchall()
    found = {
        (journey, kept): (customers, converted) for journey, kept, customers, converted in rows
    }
    return {journey: _compared(found, journey) for journey, kept in found if kept == "holdout"}


def _compared(found: dict[tuple[int, str], tuple[int, int]], journey: int) -> Arm:
    treated = Counts("treated", *found.get((journey, ""), (0, 0)))
    control = Counts("holdout", *found[journey, "holdout"], ghost=True)
    return compare("holdout", [treated, control]).arms[0]


def backlog(*, now: dt.datetime) -> Backlog:
    """Due customers of journeys that are not paused."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, [now])
        return Backlog(*cursor.fetchone())


def set_aside() -> int:
    """Events and enrollments that failed and wait for a retry or an operator."""
    return SetAside.objects.count()
