"""What a dry run has left in its private copy, counted before it is gone."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from psycopg import sql

from journeys.core import forecast
from journeys.core.backtest import Got
from journeys.core.decisions import ENTERED
from journeys.core.forecast import Passage, Sent
from journeys.queries import plans
from journeys.queries.report import report

LAST = "SELECT coalesce(max(id), 0) FROM profiles_event"
CUSTOMERS = "SELECT id FROM profiles_customer ORDER BY id"
PASSAGES = """
WITH visits AS (
    SELECT enrollment_id, customer_id, id, step,
           coalesce(lag(step) OVER walk, '') AS before, lead(step) OVER walk AS after
    FROM journeys_decision WHERE enrollment_id IS NOT NULL AND code = ANY(%s)
    WINDOW walk AS (PARTITION BY enrollment_id ORDER BY id)
)
SELECT before, step, '', count(DISTINCT customer_id) FROM visits GROUP BY before, step
UNION ALL
SELECT v.step, '', e.status, count(DISTINCT v.customer_id)
FROM visits v JOIN journeys_enrollment e ON e.id = v.enrollment_id
WHERE v.after IS NULL GROUP BY v.step, e.status
"""
SENT = """
SELECT (sent_at AT TIME ZONE %s)::date, channel, count(*) FROM channels_message
WHERE sent_at IS NOT NULL GROUP BY 1, 2
"""
REFUSED = "SELECT code, count(*) FROM journeys_decision WHERE code LIKE 'refused%%' GROUP BY code"
BROKEN = "SELECT 'set_aside', count(*) FROM journeys_setaside HAVING count(*) > 0"
GHOSTS = """
SELECT ghost, count(DISTINCT customer_id) FROM journeys_enrollment
WHERE entered_at >= %s AND ghost IN ('holdout', 'global') GROUP BY ghost
"""
ARMS = """
SELECT a.key, a.value, count(DISTINCT e.customer_id)
FROM journeys_enrollment e CROSS JOIN LATERAL jsonb_each_text(e.arms) AS a
WHERE e.entered_at >= %s GROUP BY a.key, a.value
"""


WOULD = """
SELECT customer_id, sent_at, step, channel FROM channels_message WHERE sent_at IS NOT NULL
"""
GOT = """
SELECT m.customer_id, m.sent_at, m.step, m.channel FROM {real}.channels_message m
JOIN profiles_customer c ON c.id = m.customer_id
WHERE m.journey = %s AND m.sent_at >= %s AND m.sent_at <= %s
"""


def last_event() -> int:
    """The newest event of the copy."""
    found: int = _rows(LAST)[0][0]
    return found


def customers() -> list[int]:
    """Everybody in the copy."""
    return [row[0] for row in _rows(CUSTOMERS)]


def count(slug: str, *, start: dt.datetime, days: int) -> dict[str, Any]:
    """The figures of a dry run that began at `start`."""
    steps = report(slug)["steps"]
    plan = plans.current().entering[slug].plan
    zone = ZoneInfo(settings.SOJOURN_TIME_ZONE)
    first, last = (at.astimezone(zone).date() for at in (start, start + dt.timedelta(days=days)))
    return {
        "customers": len(customers()),
        "steps": steps,
        "edges": forecast.edges(plan, [Passage(*row) for row in _rows(PASSAGES, list(ENTERED))]),
        "days": forecast.days(first, last, [Sent(*row) for row in _rows(SENT, zone.key)]),
        "refused": forecast.refused(dict(_rows(REFUSED) + _rows(BROKEN)), steps),
        "arms": forecast.arms((row[0], row[1], row[2]) for row in _rows(ARMS, start)),
        "ghosts": {"holdout": 0, "global": 0} | dict(_rows(GHOSTS, start)),
    }


def would() -> list[Got]:
    """What the copy's customers were sent there."""
    return [Got(*row) for row in _rows(WOULD)]


def got(slug: str, real: str, since: dt.datetime, until: dt.datetime) -> list[Got]:
    """What the same customers were sent by the journey; `real` is the schema of the real tables."""
    statement = sql.SQL(GOT).format(real=sql.Identifier(real))
    with connection.cursor() as cursor:
        cursor.execute(statement, [slug, since, until])
        return [Got(*row) for row in cursor.fetchall()]


def _rows(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
