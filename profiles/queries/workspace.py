"""Which tables this thread speaks to: those of the database, or a private copy of them.

A private copy lives in one transaction of one connection, under the same names. Whatever a process
remembers about tables, it remembers by `name()`; locks that keep workers apart mean nothing in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

from django.db import connection

_copy: ContextVar[str] = ContextVar("copy", default="")
_numbers = count(1)


def name() -> str:
    """What to file memories of these tables under; never the same for two copies."""
    return f"{connection.settings_dict['NAME']}{_copy.get()}"


def is_private() -> bool:
    """Whether nobody else sees these tables."""
    return bool(_copy.get())


@contextmanager
def private() -> Iterator[str]:
    """Everything inside speaks to a private copy, which the caller makes. Gives its name."""
    token = _copy.set(f" copy {next(_numbers)}")
    try:
        yield name()
    finally:
        _copy.reset(token)
