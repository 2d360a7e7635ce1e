"""What happens to those who wait in a paused journey: what ends a wait is kept until it goes on."""

import datetime as dt
from collections.abc import Mapping

from django.db import connection

from journeys.models import Journey
from journeys.operations.apply import encode
from journeys.operations.rules import Signal
from profiles.queries.cursor import bigints

KEEP_MET = """
UPDATE journeys_enrollment AS e SET met = v.met::jsonb
FROM unnest(%(ids)s::bigint[], %(met)s::text[]) AS v(id, met), journeys_journey AS j
WHERE e.id = v.id AND j.id = e.journey_id AND j.state = 'paused' AND e.met IS NULL
  AND (j.pause_clock = 'freeze' OR e.due_at IS NULL OR e.due_at >= %(now)s)
"""


def clock(journey: Journey, now: dt.datetime) -> dt.datetime:
    """The instant that the journey's waits have come to."""
    frozen = journey.paused_at if journey.pause_clock == "freeze" else None
    return frozen or now


def keep(met: Mapping[int, Signal], *, now: dt.datetime) -> None:
    """Remember what ended the waits of these enrollments, unless time was up before. The first that
    came is kept.
    """
    if not met:
        return
    kept = [encode(each.kept()).decode() for each in met.values()]
    with connection.cursor() as cursor:
        cursor.execute(KEEP_MET, {"ids": bigints(met), "met": kept, "now": now})


def wake(journey: Journey) -> None:
    """Those whose wait was ended by something during the pause go on at once, as not overdue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journeys_enrollment SET due_at = %s"
            " WHERE journey_id = %s AND status = 'active' AND met IS NOT NULL",
            [journey.paused_at, journey.pk],
        )
