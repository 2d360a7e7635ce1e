"""Tries again, alone, what was set aside;
what works this time is forgotten, what does not waits longer.
"""

import datetime as dt

from django.db import connection, transaction

from journeys.operations.alone import Culprit, failing, set_aside
from journeys.operations.react import react
from journeys.queries import plans
from profiles.queries.log import by_ids

LIMIT = 100

DUE = """
SELECT id, ref_id FROM journeys_setaside WHERE kind = 'event' AND retry_at <= %s
ORDER BY retry_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
RECOVERED = """
DELETE FROM journeys_setaside a WHERE a.kind = 'enrollment' AND EXISTS (
    SELECT FROM journeys_enrollment e WHERE e.id = a.ref_id AND e.failures = 0)
"""


@transaction.atomic
def retry_due(*, now: dt.datetime) -> int:
    """Let events that were set aside take effect once more. Returns how many were tried.

    Enrollments are retried by their own timer;
    here only the rows of those that recovered are removed.
    """
    with connection.cursor() as cursor:
        cursor.execute(RECOVERED)
        cursor.execute(DUE, [now, LIMIT])
        rows = cursor.fetchall()
    found = by_ids([ref for _, ref in rows])
    live = plans.current()
    still = set()
    for event, error in failing(found, lambda some: react(some, live=live, now=now)):
        set_aside(Culprit("event", event.id, event.customer_id), error, now=now)
        still.add(event.id)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM journeys_setaside WHERE id = ANY(%s)",
            [[id for id, ref in rows if ref not in still]],
        )
    return len(rows)
