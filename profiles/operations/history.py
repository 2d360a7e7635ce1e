"""Counts, at night, what became of customers month by month, and keeps it for reports.

A month that is over is counted twice, the second time when it is over for sure; after that what
was counted stays, though a customer of it may have been erased since.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from profiles.queries import history

MONTHS = 24
"""So far back moves between stages are counted the first time."""
FORGET_MOVES = "DELETE FROM profiles_stagemove WHERE month = ANY(%s::date[])"
KEEP_MOVES = """
INSERT INTO profiles_stagemove (month, before, after, customers, counted_at)
SELECT *, %s FROM unnest(%s::date[], %s::text[], %s::text[], %s::bigint[])
"""
FORGET_COHORTS = "DELETE FROM profiles_cohort"
KEEP_COHORTS = """
INSERT INTO profiles_cohort (cohort, month, buyers, returned, orders, revenue, counted_at)
SELECT *, %s FROM
    unnest(%s::date[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[])
"""


@transaction.atomic
def count(*, now: dt.datetime) -> None:
    """Count the months that nobody counted for good, and every cohort."""
    moves = history.moves(now=now, months=history.uncounted(now=now, months=MONTHS))
    cohorts = history.cohorts()
    months = sorted({move.month for move in moves})
    with connection.cursor() as cursor:
        cursor.execute(FORGET_MOVES, [months])
        cursor.execute(FORGET_COHORTS)
        if moves:
            cursor.execute(KEEP_MOVES, [now, *_columns(moves)])
        if cohorts:
            cursor.execute(KEEP_COHORTS, [now, *_columns(cohorts)])


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
