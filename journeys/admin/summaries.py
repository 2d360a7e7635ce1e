"""Journeys under way in a line each: who is inside, who came in lately, who reached the goal."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from journeys.admin.words import STATE_TONES, STATES
from journeys.models import Journey
from journeys.queries.overview import Tally, came_in, tallies
from profiles.admin.base import word
from profiles.admin.charts import number

DAYS = 14
MOST = 12
"""So many stand on the home page, the busiest ones; the list has them all."""
WIDE, HIGH = 112, 28


def summaries(at: dt.datetime) -> list[dict[str, Any]]:
    """Live and paused journeys with their counts, the busiest first."""
    rows = list(Journey.objects.filter(state__in=["live", "paused"]).only("slug", "title", "state"))
    counts = tallies([journey.pk for journey in rows])
    rows.sort(key=lambda row: (-counts.get(row.pk, Tally()).active, row.slug))
    today = timezone.localtime(at).date()
    days = [today - dt.timedelta(days=back) for back in reversed(range(DAYS))]
    found = came_in([journey.pk for journey in rows[:MOST]], days=days)
    return [
        _summary(journey, counts.get(journey.pk, Tally()), days, found.get(journey.pk, {}))
        for journey in rows[:MOST]
    ]


def _summary(
    journey: Journey, tally: Tally, days: Sequence[dt.date], came: dict[dt.date, int]
) -> dict[str, Any]:
    url = reverse("admin:journeys_enrollment_changelist")
    return {
        "journey": journey,
        "state": word(STATES, journey.state),
        "tone": STATE_TONES[journey.state],
        "tally": tally,
        "url": reverse("admin:journeys_journey_change", args=[journey.slug]),
        "list": f"{url}?journey={journey.slug}",
        "spark": spark([came.get(day, 0) for day in days], days),
    }


def spark(numbers: Sequence[int], days: Sequence[dt.date]) -> dict[str, str]:
    """A line of numbers by day, as SVG writes its points, and what it says."""
    most, total = max(numbers), sum(numbers)
    step = WIDE / (len(numbers) - 1)
    points = [
        f"{index * step:.1f},{HIGH - 2 - (HIGH - 4) * each / most if most else HIGH - 2:.1f}"
        for index, each in enumerate(numbers)
    ]
    first = formats.date_format(days[0], _("j M"))
    told = _("%(number)s came in since %(day)s") % {"number": number(total), "day": first}
    if most:
        best = formats.date_format(days[list(numbers).index(most)], _("j M"))
        said = _("most on %(day)s: %(number)s") % {"day": best, "number": number(most)}
        told = f"{told}, {said}"
    line = " ".join(points)
    return {
        "line": line, "area": f"0,{HIGH} {line} {WIDE},{HIGH}", "told": told,
        "total": number(total),
    }  # fmt: skip
