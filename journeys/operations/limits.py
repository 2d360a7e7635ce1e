"""Counts who comes into journeys whose entrance is limited: no more than may, however many workers
let in at once.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import connection

from journeys.core.limits import Limits, Room
from journeys.queries.limits import columns, rooms, wanted_of

BEGIN = """
INSERT INTO journeys_quota (journey_id, span, start, taken)
SELECT journey_id, span, start, 0
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS w(journey_id, span, start)
ON CONFLICT DO NOTHING
"""
TAKE = """
UPDATE journeys_quota AS q SET taken = q.taken + w.number
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[])
     AS w(journey_id, span, start, number)
WHERE q.journey_id = w.journey_id AND q.span = w.span AND q.start = w.start
"""
FORGET = "DELETE FROM journeys_quota WHERE span = 'hour' AND start < %s"


def hold(limited: Mapping[int, Limits], *, now: dt.datetime) -> dict[int, Room]:
    """What is left of these journeys' limits, by journey. Whoever else lets in waits until the
    transaction has ended.
    """
    wanted = wanted_of(limited, now=now)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, columns(wanted))
    return rooms(limited, now=now, held=True)


def take(entered: Iterable[int], limited: Mapping[int, Limits], *, now: dt.datetime) -> None:
    """Count those who came in, given by their journeys."""
    numbers = Counter(journey for journey in entered if journey in limited)
    wanted = wanted_of({journey: limited[journey] for journey in numbers}, now=now)
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, columns((*each, numbers[each[0]]) for each in wanted))


def forget(*, now: dt.datetime) -> None:
    """Drop the hours that are past."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [now - dt.timedelta(days=2)])
