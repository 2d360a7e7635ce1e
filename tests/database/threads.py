"""Several connections at once: every function in a thread of its own, started together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def together(functions: Sequence[Callable[[], T]]) -> list[T]:
    """The results in order; the first exception is raised once all have ended."""
    start = Barrier(len(functions))

    def run(function: Callable[[], T]) -> T:
        try:
            start.wait(timeout=30)
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(functions)) as pool:
        futures = [pool.submit(run, function) for function in functions]
    return [future.result() for future in futures]


def until_somebody_waits(kind: str = "transactionid") -> None:
    """Return once somebody waits for a lock of this kind; as it is, for another transaction."""
    pause = Event()
    for _ in range(3000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND locktype = %s", [kind])
            if cursor.fetchall():
                return
        pause.wait(0.01)
    raise AssertionError("nobody waits for another transaction")
