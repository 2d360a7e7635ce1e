"""Celery doorbells of this house. They take the time from the clock and call one operation."""

import time

from celery import shared_task

from channels.operations import dispatch as outbox
from channels.operations import reconcile
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
    while outbox.dispatch(now=clock.now(), stopping=stopping).claimed:
        ring("match")
        if stopping() or time.monotonic() > until:
            ring("dispatch")
            return


@shared_task
def tick() -> None:
    """Every few seconds: what a lost bell missed, expired leases, messages nobody can vouch for."""
    now = clock.now()
    if reconcile.reconcile(now=now).found:
        ring("match")
    due = messages.next_due()
    if due is not None and due <= now:
        ring("dispatch")
