"""Doorbells and sweeps of the journeys:
read the clock, call operations until nothing is left, ring the next house.
"""

import time

from celery import shared_task
from django.conf import settings

from channels.queries import calls
from journeys.operations import advance as advancing
from journeys.operations import collect, dates, limits, months, publish, retry, slots, watch
from journeys.operations import match as matching
from profiles.queries import clock
from profiles.tasks import heard, ring, stopping

BUDGET_SECONDS = 20
"""A task hands over to the next one after this long, so that no worker is held."""


@shared_task
def match() -> None:
    """New events are in the log."""
    heard("match")
    _work()


@shared_task
def advance() -> None:
    """Enrollments have fallen due."""
    heard("advance")
    _work()


@shared_task
def sweep() -> None:
    """What a lost doorbell missed, and what time alone brings."""
    publish.finish_stopping(now=clock.now())
    retry.retry_due(now=clock.now())
    slots.open_slots(now=clock.now())
    _work()


@shared_task
def forget_decisions() -> None:
    """Daily: the months of the decision log that are past their time, and counts of past hours."""
    limits.forget(now=clock.now())
    months.forget(now=clock.now(), days=settings.SOJOURN_DECISIONS_DAYS)


@shared_task
def watch_links() -> None:
    """Nightly: the links and images of live journeys, and those of messages of late."""
    watch.watch_links(now=clock.now(), stopping=stopping)


def _work() -> None:
    until = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < until and not stopping():
        now = clock.now()
        done = matching.match(now=now) + slots.run_slots(now=now) + dates.run_dates(now=now)
        done += collect.collect(now=now)
        done += advancing.advance(now=now)
        if not done:
            return
        ring("dispatch")
        if calls.next_due() is not None:
            ring("call")
    ring("match")
