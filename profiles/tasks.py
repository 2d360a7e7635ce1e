"""Celery doorbells of this house, and the bell: a coalesced wake-up, lost without harm.

A worker that was told to stop tells its pool, which then begins nothing that others can do later.
"""

import datetime as dt
import logging
import mmap
import time

from celery import current_app, shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from kombu.exceptions import OperationalError

from profiles.operations import (
    history,
    lifecycle,
    lifecycle_model,
    membership,
    partitions,
    pauses,
    segment_sizes,
    valkey,
)
from profiles.queries import clock
from profiles.queries.faultpoint import reached

log = logging.getLogger(__name__)

BELLS = {
    "match": "journeys.tasks.match",
    "advance": "journeys.tasks.advance",
    "dispatch": "channels.tasks.dispatch",
    "call": "channels.tasks.call",
}
"""Which task hears which bell. It calls `heard` first and looks into the tables afterwards."""
PREFIX = "sojourn:bell:"
PENDING_MS = 1000
QUIET_SECONDS = 2.0
"""After a failure of the broker, how long no bell is tried, so that callers do not wait for it."""


_told_to_stop = mmap.mmap(-1, 1)
"""One byte that a worker shares with the pool it forks."""


class _Broker:
    silent_until = 0.0


def ring(bell: str) -> None:
    """Wake whoever hears `bell`, unless a wake-up is on its way already. Call it after the commit.

    Never raises: Beat's sweeps find whatever a lost wake-up missed.
    """
    reached("before_doorbell")
    if time.monotonic() < _Broker.silent_until:
        return
    try:
        if _first(bell):
            current_app.send_task(BELLS[bell], retry=False)
    except (*valkey.UNREACHABLE, OperationalError) as error:
        _Broker.silent_until = time.monotonic() + QUIET_SECONDS
        log.warning("bell %s could not be rung (%s); the next sweep takes its place", bell, error)


def heard(bell: str) -> None:
    """From here on a ring wakes anew. Lets the task run even if the broker is unreachable."""
    try:
        valkey.client().delete(PREFIX + bell)
    except valkey.UNREACHABLE as error:
        log.warning("bell %s could not be answered (%s)", bell, error)


@worker_shutting_down.connect
def _tell_the_pool(**_: object) -> None:
    _told_to_stop[0] = 1


def stopping() -> bool:
    """Whether this worker was told to stop: then finish what is begun, and leave the rest."""
    return bool(_told_to_stop[0])


def _first(bell: str) -> bool:
    """Whether no wake-up is pending. Brokers other than Redis get every ring."""
    if not valkey.speaks_redis(settings.BROKER_URL):
        return True
    return bool(valkey.client().set(PREFIX + bell, "1", nx=True, px=PENDING_MS))


@shared_task
def tick() -> None:
    """Every second: what the passing of time changes; the log's months ahead of use."""
    now = clock.now()
    partitions.ensure((now, now + dt.timedelta(days=20)))
    while lifecycle.advance_due(now=now):
        ring("match")
    while pauses.end_due(now=now):
        ring("match")
    while membership.work(now=now) and not stopping():
        ring("match")


@shared_task
def refresh_model() -> None:
    """Daily: cut-points and population cycle, activated when they moved enough."""
    lifecycle_model.refresh_model(now=clock.now())


@shared_task
def count_history() -> None:
    """Nightly: the months of the reports."""
    history.count(now=clock.now())


@shared_task
def keep_sizes() -> None:
    """Daily: how many belong to each segment."""
    segment_sizes.keep(now=clock.now())
