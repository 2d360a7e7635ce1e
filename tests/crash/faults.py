"""What may happen to an installation's processes. Each fault is a function of the installation."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tests.acceptance.installation import Installation
from tests.config.processes import alive, until

Fault = Callable[..., None]
WORKER = ("-m", "celery", "-A", "config.celery", "worker", "--without-mingle", "--without-gossip")
"""One more worker, beside the one of `up`."""


def worker_of(shop: Installation) -> int:
    """The Celery worker that `up` supervises: the parent of the pool."""
    found: list[int] = []

    def born() -> bool:
        pid = shop.pid("celery", "worker")
        found[:] = [pid] if pid else []
        return bool(found)

    until(born, seconds=60)
    return found[0]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def worker(shop: Installation) -> None:
    """The Celery worker dies; its pool is cleared away by the supervisor."""
    kill(worker_of(shop))


def child(shop: Installation) -> None:
    """One process of the worker's pool dies in the middle of whatever it does."""
    pool = shop.children(worker_of(shop))
    kill(random.choice(pool) if pool else worker_of(shop))


def whole_pool(shop: Installation) -> None:
    """The worker and its pool die at the same instant."""
    parent = worker_of(shop)
    family = [parent, *shop.children(parent)]
    for pid in family:
        kill(pid)
    until(lambda: not any(alive(pid) for pid in family))


def whole_pool_and_leases(shop: Installation) -> None:
    """As `whole_pool`, and the time passes for which its leases would have kept others away.

    Every lease is a dead process's at that instant, so that ending them is only a matter of time.
    """
    until(lambda: answers(shop), seconds=60)
    whole_pool(shop)
    with shop.database() as connection:
        connection.execute(
            "UPDATE channels_message SET lease_until = clock_timestamp() WHERE status = 'sending'"
        )


def answers(shop: Installation) -> bool:
    """Whether the database takes connections."""
    with suppress(psycopg.OperationalError), shop.database():
        return True
    return False


def flush_broker(shop: Installation) -> None:
    """Every wake-up on its way is lost, and every key."""
    with shop.broker() as broker:
        broker.flushall()


def broker_killed(shop: Installation, *, seconds: float = 0.0) -> None:
    """The broker dies, and again whenever it is started, for so long."""
    until_then = time.monotonic() + seconds
    while True:
        pid = shop.pid("valkey")
        if pid:
            kill(pid)
            until(lambda gone=pid: not alive(gone))  # type: ignore[misc]
        if time.monotonic() >= until_then:
            return
        time.sleep(0.01)


def broker_hung(shop: Installation, *, seconds: float) -> None:
    """The broker neither answers nor hangs up for so long."""
    pid = shop.pid("valkey")
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


def postgres(shop: Installation) -> None:
    """The database server dies at once, as at a power cut."""
    pid = shop.pid("postgres", "-D")
    assert pid
    kill(pid)


def backend(shop: Installation) -> None:
    """One of PostgreSQL's own processes dies: the server drops everybody and recovers."""
    with suppress(psycopg.OperationalError), shop.database() as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
        ).fetchone()
        if found:
            kill(found[0])


def beat(shop: Installation) -> None:
    """Beat dies."""
    pid = shop.pid("celery", "beat")
    if pid:
        kill(pid)
