"""Celery doorbells of this house. They take the time from the clock and call one operation."""

import datetime as dt
import time

from celery import shared_task

from channels.operations import calls, linkcheck, pulse, reconcile
from channels.operations import dispatch as outbox
from channels.operations import sunset as silence
from channels.operations.handover import pool_size
from channels.queries import calls as asked
from channels.queries import messages
from profiles.queries import clock
from profiles.tasks import heard, ring, stopping

BUDGET_SECONDS = 5.0
"""So long at a time; then whatever else waits for a worker has its turn."""


@shared_task
def dispatch() -> None:
    """Hand over everything that is due."""
    heard("dispatch")
    until = time.monotonic() + BUDGET_SECONDS
    while _hand_over(clock.now()):
        ring("match")
        if stopping() or time.monotonic() > until:
            ring("dispatch")
            return


def _hand_over(now: dt.datetime) -> int:
    """One round, at a time that does not surprise: how many messages it took in hand."""
    pulse.beat(now=now)
    return outbox.dispatch(now=now, stopping=stopping).claimed


@shared_task
def call() -> None:
    """Make the calls that are due."""
    heard("call")
    until = time.monotonic() + BUDGET_SECONDS
    while calls.make(now=clock.now(), limit=pool_size(), stopping=stopping):
        ring("advance")
        if stopping() or time.monotonic() > until:
            ring("call")
            return


@shared_task
def tick() -> None:
    """Every few seconds: what a lost bell missed, expired leases, messages nobody can vouch for."""
    now = clock.now()
    pulse.beat(now=now)
    _reconcile(now)
    if _is(messages.next_due(), now):
        ring("dispatch")
    calls.sweep(now=now)
    if _is(asked.next_due(), now):
        ring("call")


def _reconcile(now: dt.datetime) -> None:
    """As long as there is more to ask, and for a few seconds at most."""
    until = time.monotonic() + BUDGET_SECONDS
    done = reconcile.reconcile(now=now)
    found = done.found
    while done.is_full and not stopping() and time.monotonic() < until:
        done = reconcile.reconcile(now=now)
        found += done.found
    if found:
        ring("match")


@shared_task
def look_again() -> None:
    """Every quarter of an hour: broken links and images, of which some may be mended."""
    linkcheck.look_again(now=clock.now(), stopping=stopping)


@shared_task
def adopt_late() -> None:
    """Every quarter of an hour: receipts that came while nobody ticked."""
    if reconcile.adopt_late(now=clock.now()):
        ring("match")


@shared_task
def sunset() -> None:
    """Nightly: addresses at which nobody has reacted for long, and those where somebody has."""
    silence.turn(now=clock.now(), stopping=stopping)


def _is(due: dt.datetime | None, now: dt.datetime) -> bool:
    return due is not None and due <= now
