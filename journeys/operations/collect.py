"""Wakes those whose calls have ended: their time has come, and `advance` moves them on.

Told in the transaction in which they are woken: a crash in between loses nothing.
"""

import datetime as dt

from django.db import connection, transaction

from channels.operations import outbox
from channels.queries import calls
from journeys.queries import plans

BATCH = 5000

# Whoever stands elsewhere by now, or has left, waits for the answer no more.
WAKE = """
WITH mine AS MATERIALIZED (
    SELECT e.id FROM journeys_enrollment e
    JOIN unnest(%s::bigint[], %s::text[], %s::int[]) AS v(id, step, visit)
        ON e.id = v.id AND e.step = v.step AND e.visit = v.visit
    WHERE e.status = 'active' AND e.due_at IS NULL ORDER BY e.id FOR UPDATE OF e
)
UPDATE journeys_enrollment AS e SET due_at = %s FROM mine WHERE e.id = mine.id
"""


@transaction.atomic
def collect(*, now: dt.datetime, limit: int = BATCH) -> int:
    """Wake those who wait for calls that have ended. Returns how many calls were told.

    In journeys where nobody moves they stay where they are, until those go on.
    """
    ended = calls.untold(limit=limit, besides=plans.current().silent)
    if not ended:
        return 0
    ids, enrollments, steps, visits = (list(column) for column in zip(*ended, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(WAKE, [enrollments, steps, visits, now])
    outbox.told(ids)
    return len(ended)
