"""Work of another connection, in a thread of its own."""

from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def in_a_thread(work: Callable[[], Result]) -> Result:
    """Do the work on this thread's connection, and close that."""
    try:
        return work()
    finally:
        connection.close()
