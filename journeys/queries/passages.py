"""Who went from which step of a journey to which: walks, counted from the log of decisions.

The log tells of the days that it is kept for; a walk counts once on a way, taken once or often.
"""

from typing import Any, NamedTuple

from django.db import connection

from journeys.core.decisions import ENTERED
from journeys.queries.scope import ALL, Scope, within
from profiles.core.answers import Refused

BETWEEN = "~"
"""Between the two steps of a way in an address; the entrance is "", the end of the journey END."""
END = "end"
MOST = 1_000_000
"""Beyond so many decisions the ways are not counted: nobody waits for them while they look."""

SIZE = """
SELECT count(*) FROM (
    SELECT 1 FROM journeys_decision WHERE journey_id = %(journey)s AND code = ANY(%(codes)s)
    LIMIT %(most)s
) AS arrivals
"""
WALKED = f"""
WITH visits AS (
    SELECT enrollment_id, step, at, version_id, coalesce(lag(step) OVER walk, '') AS before,
           lead(step) OVER walk AS after
    FROM journeys_decision
    WHERE journey_id = %(journey)s AND enrollment_id IS NOT NULL AND code = ANY(%(codes)s)
    WINDOW walk AS (PARTITION BY enrollment_id ORDER BY id)
), ways AS (
    SELECT enrollment_id, before, step FROM visits WHERE {within("at", "version_id")}
    UNION ALL
    SELECT v.enrollment_id, v.step, 'end' FROM visits v
    JOIN journeys_enrollment e ON e.id = v.enrollment_id
    WHERE v.after IS NULL AND e.status = 'completed' AND {within("e.left_at", "e.version_id")}
)
"""
COUNTS = f"""
{WALKED} SELECT before, step, count(DISTINCT enrollment_id) FROM ways
GROUP BY before, step ORDER BY before, step
"""
ON_WAY = f"""
{WALKED} SELECT DISTINCT enrollment_id FROM ways WHERE before = %(before)s AND step = %(step)s
"""


class Passage(NamedTuple):
    """How many walks went from a step ("" for the entrance) to another, or to END."""

    start: str
    to: str
    customers: int


def counts(journey: int, scope: Scope = ALL) -> list[Passage]:
    """Every way that anybody took; none for a journey with more than MOST arrivals."""
    params = _params(journey, scope)
    ((size,),) = _rows(SIZE, params | {"most": MOST + 1})
    if size > MOST:
        return []
    return [Passage(*row) for row in _rows(COUNTS, params)]


def walks(journey: int, way: str, scope: Scope = ALL) -> list[int]:
    """The enrollments that took a way, written as START~TO. Raises Refused."""
    start, between, to = way.partition(BETWEEN)
    if not between:
        raise Refused("invalid", f"“{way}” is no way from step to step.")
    params = _params(journey, scope) | {"before": start, "step": to}
    return [row[0] for row in _rows(ON_WAY, params)]


def _params(journey: int, scope: Scope) -> dict[str, Any]:
    return {"journey": journey, "codes": list(ENTERED), **scope.params()}


def _rows(statement: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
