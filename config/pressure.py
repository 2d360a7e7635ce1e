"""What falls on customers when all live journeys run at once: what did, and what will.

What will is found by the engine on a private copy, as in a dry run of one journey: what customers
did in as many days before is taken to happen again, caps and priorities decide between journeys,
nothing is kept of it but the numbers, and nobody is written to. What is assumed: docs/journeys.md.
"""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from config.dry_run import Subject, Tell, Terms, check, played, subject_of
from journeys.models import Journey
from journeys.operations.refused import Refused
from journeys.queries import pressure
from journeys.queries.pressure import Period, Pressure

LONGEST = 90
AHEAD = Terms(days=30, sample=5_000)


def past(days: int, *, now: dt.datetime) -> dict[str, Any]:
    """What fell on customers in the last `days`. Raises Refused."""
    _check_days(days)
    period = Period(now - dt.timedelta(days=days), now, pressure.every())
    return {"days": days, **told(pressure.pressure(period))}


def predict(terms: Terms = AHEAD, *, now: dt.datetime, tell: Tell | None = None) -> dict[str, Any]:
    """What will fall on customers in the next `terms.days`. `tell` hears how much is done, 0 to 1.

    Raises Refused.
    """
    _check_days(terms.days)
    check(terms)
    with played(_live(), terms, now=now, tell=tell) as days:
        counted = pressure.pressure(Period(days.start, days.until + dt.timedelta.resolution))
    return {"days": terms.days, "seed": terms.seed, "assumes": assumes(terms.days), **told(counted)}


def told(found: Pressure) -> dict[str, Any]:
    """As the API answers. `customers` are those who were counted, `every` n-th of all."""
    return {
        "customers": found.customers,
        "every": found.every,
        "together": found.together,
        "journeys": [each._asdict() for each in found.journeys],
        "pairs": [
            {"journeys": [each.one, each.other], "customers": each.customers,
             "messages": each.messages}
            for each in found.pairs
        ],
        "people": [
            {"messages": messages, "in_seven_days": busiest, "customers": customers}
            for messages, busiest, customers in found.people
        ],
        "skipped": dict(found.skipped),
    }  # fmt: skip


def _live() -> list[Subject]:
    """Raises Refused where no journey is live."""
    slugs = Journey.objects.filter(state="live").order_by("slug").values_list("slug", flat=True)
    if not slugs:
        raise Refused("state", _("No journey is live: publish one first."))
    return [subject_of(slug, live=True) for slug in slugs]


def _check_days(days: int) -> None:
    if not 1 <= days <= LONGEST:
        raise Refused("invalid", _("Choose 1 to %s days.") % LONGEST)


def assumes(days: int) -> str:
    """What a prediction takes for granted, in the reader's language."""
    message = _(
        "All live journeys together, as they are published. What customers did in the last %(days)d"
        " days happens again in the next %(days)d; schedules and dates come by the calendar, and"
        " nobody is enrolled by a call."
    )
    return message % {"days": days}
