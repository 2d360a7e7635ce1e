"""How many have come into a journey whose entrance is limited."""

import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from journeys.core.limits import Limits, Place, Room, places, room

TAKEN = """
SELECT q.journey_id, q.span, q.taken, (
    SELECT count(*) FROM journeys_quota e WHERE e.journey_id = q.journey_id AND e.span = 'day'
    AND e.start < q.start AND e.taken > 0 AND q.span = 'day')
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS w(journey_id, span, start)
JOIN journeys_quota q USING (journey_id, span, start)
ORDER BY q.id
"""
Wanted = list[tuple[int, str, dt.datetime]]


def spans(limits: Limits, *, now: dt.datetime) -> list[Place]:
    """The limited spans that `now` falls into, on the workspace's wall clock."""
    return places(limits, now, ZoneInfo(settings.SOJOURN_TIME_ZONE))


def rooms(
    limited: Mapping[int, Limits], *, now: dt.datetime, held: bool = False
) -> dict[int, Room]:
    """What is left of the limits of these journeys; `held` until the transaction ends."""
    wanted = wanted_of(limited, now=now)
    if not wanted:
        return {}
    taken: dict[int, dict[str, int]] = {journey: {} for journey in limited}
    earlier = dict.fromkeys(limited, 0)
    with connection.cursor() as cursor:
        cursor.execute(TAKEN + ("FOR UPDATE OF q" if held else ""), columns(wanted))
        for journey, span, number, days in cursor.fetchall():
            taken[journey][span] = number
            earlier[journey] += days
    return {
        journey: room(limits, taken[journey], earlier_days=earlier[journey])
        for journey, limits in limited.items()
    }


def wanted_of(limited: Mapping[int, Limits], *, now: dt.datetime) -> Wanted:
    """(journey, span, start) of every limit, in the order in which they are locked."""
    return [
        (journey, *place)
        for journey in sorted(limited)
        for place in sorted(spans(limited[journey], now=now))
    ]


def columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
