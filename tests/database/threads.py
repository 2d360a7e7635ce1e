"""Several connections at once: every function in a thread of its own, started together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
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
