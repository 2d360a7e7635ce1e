"""Moves on the enrollments whose time has come:
thousands in one transaction, those another worker holds passed over.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction

from journeys.operations.alone import Culprit, failing, set_aside
from journeys.operations.run import run
from journeys.queries import enrollments, plans
from profiles.queries.faultpoint import reached

BATCH = 2000

POSTPONE = """
UPDATE journeys_enrollment AS e SET due_at = v.due_at, failures = failures + 1
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, due_at) WHERE e.id = v.id
"""


def advance(*, now: dt.datetime, limit: int = BATCH) -> int:
    """Run up to `limit` due enrollments. Returns how many were due."""
    with transaction.atomic():
        rows = enrollments.claim_due(now=now, halted=plans.current().halted, limit=limit)
        failed = [
            (row.id, set_aside(Culprit("enrollment", row.id, row.customer_id), error, now=now))
            for row, error in failing(rows, lambda some: run(some, now=now))
        ]
        if failed:
            _postpone(failed)
        reached("after_step")
    return len(rows)


def _postpone(failed: Sequence[tuple[int, dt.datetime | None]]) -> None:
    """Tried again at its own time; without one the enrollment stays where it is for an operator."""
    with connection.cursor() as cursor:
        cursor.execute(POSTPONE, [list(column) for column in zip(*failed, strict=True)])
