"""Doorbells and sweeps of the journeys:
read the clock, call operations until nothing is left, ring the next house.
"""

import time

from celery import shared_task

from journeys.operations import advance as advancing
from journeys.operations import dates, publish, retry, slots
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


def _work() -> None:
    until = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < until and not stopping():
        now = clock.now()
        done = matching.match(now=now) + slots.run_slots(now=now) + dates.run_dates(now=now)
        done += advancing.advance(now=now)
        if not done:
            return
        ring("dispatch")
    ring("match")
