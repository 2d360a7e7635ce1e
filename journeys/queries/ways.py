"""What became of those who came into a journey since an instant: how far messages took them, which
paths they walked, how long they took to reach the goal.

Of a crowd the latest MOST walks are counted, so that a page answers; who reads is told.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from journeys.core.decisions import ENTERED
from journeys.core.paths import LONGEST, Path

MOST = 100_000
TOP = 20

WALKS = """
walks AS MATERIALIZED (
    SELECT id, customer_id, ghost, status, entered_at, exposed_at, converted_at
    FROM journeys_enrollment
    WHERE journey_id = %(journey)s AND entered_at >= %(since)s
    ORDER BY id DESC LIMIT %(most)s
)
"""
FUNNEL = f"""
WITH {WALKS}, customers AS (
    SELECT w.customer_id, bool_or(m.sent_at IS NOT NULL) AS sent,
           bool_or(m.delivered_at IS NOT NULL) AS delivered,
           bool_or(m.opened_at IS NOT NULL) AS opened,
           bool_or(m.clicked_at IS NOT NULL) AS clicked,
           bool_or(w.converted_at >= w.exposed_at) AS converted
    FROM walks w LEFT JOIN channels_message m ON m.enrollment_id = w.id
    WHERE w.ghost = '' GROUP BY w.customer_id
)
SELECT count(*), count(*) FILTER (WHERE sent), count(*) FILTER (WHERE delivered),
       count(*) FILTER (WHERE opened), count(*) FILTER (WHERE clicked),
       count(*) FILTER (WHERE sent AND converted)
FROM customers
"""
PATHS = f"""
WITH {WALKS}, steps AS (
    SELECT d.enrollment_id, array_agg(d.step ORDER BY d.id) AS steps
    FROM journeys_decision d JOIN walks w ON w.id = d.enrollment_id
    WHERE d.journey_id = %(journey)s AND d.code = ANY(%(entered)s) AND d.at >= %(since)s
    GROUP BY d.enrollment_id
), paths AS (
    SELECT steps[:%(longest)s] AS steps, w.status, count(*) AS walks
    FROM steps JOIN walks w ON w.id = steps.enrollment_id GROUP BY 1, 2
)
SELECT steps, status, walks, sum(walks) OVER ()::bigint, count(*) OVER ()
FROM paths ORDER BY walks DESC, steps, status LIMIT %(top)s
"""
TIMES = f"""
WITH {WALKS}, spent AS (
    SELECT extract(epoch FROM converted_at - entered_at)::float8 AS seconds
    FROM walks WHERE converted_at >= entered_at
)
SELECT floor(seconds / %(width)s)::int, count(*) FROM spent GROUP BY 1 ORDER BY 1
"""
MIDDLE = f"""
WITH {WALKS}
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), max(seconds)
FROM (SELECT extract(epoch FROM converted_at - entered_at)::float8 AS seconds
      FROM walks WHERE converted_at >= entered_at) AS spent
"""
SIZE = f"WITH {WALKS} SELECT count(*) FROM walks"


class Funnel(NamedTuple):
    """Customers outside all control groups, and of them those for whom a message ever was sent,
    delivered, opened, clicked, and who reached the goal after one was sent.
    """

    entered: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    converted: int


class Paths(NamedTuple):
    """The most walked paths; `walks` and `kinds` count all of them."""

    top: Sequence[Path]
    walks: int
    kinds: int


class Times(NamedTuple):
    """How long walks took to the goal: seconds in the median and at most, and how many fell into
    each span of `width` seconds.
    """

    converted: int
    median: float | None
    longest: float
    width: int
    spans: Sequence[tuple[int, int]]


def funnel(journey: int, *, since: dt.datetime) -> Funnel:
    """How far messages took those who came in since then."""
    return Funnel(*_rows(FUNNEL, journey, since)[0])


def paths(journey: int, *, since: dt.datetime) -> Paths:
    """The paths of those who came in since then, as far as the log of decisions goes back."""
    rows = _rows(PATHS, journey, since, entered=list(ENTERED), longest=LONGEST, top=TOP)
    top = [Path(tuple(row[0]), row[1], row[2]) for row in rows]
    return Paths(top, rows[0][3] if rows else 0, rows[0][4] if rows else 0)


def times(journey: int, *, since: dt.datetime, widths: Sequence[int], most: int) -> Times:
    """Spans as wide as the first of `widths` that needs no more than `most` of them, else the
    last.
    """
    converted, median, longest = _rows(MIDDLE, journey, since)[0]
    fitting = (width for width in widths if (longest or 0) < width * most)
    width = next(fitting, widths[-1])
    spans = _rows(TIMES, journey, since, width=width) if converted else []
    return Times(converted, median, longest or 0.0, width, [(row[0], row[1]) for row in spans])


def is_cut(journey: int, *, since: dt.datetime) -> bool:
    """Did more come in since then than are counted?"""
    found: int = _rows(SIZE, journey, since, most=MOST + 1)[0][0]
    return found > MOST


def _rows(statement: str, journey: int, since: dt.datetime, **given: Any) -> list[tuple[Any, ...]]:
    asked = {"journey": journey, "since": since, "most": MOST, **given}
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())
