"""Which tables this thread speaks to: those of the database, or a private copy of them.

A private copy lives in one transaction of one connection, under the same names. Whatever a process
remembers about tables, it remembers by `name()`; locks that keep workers apart mean nothing in it.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

from django.db import connection

EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_copy: ContextVar[str] = ContextVar("copy", default="")
_settled: ContextVar[dt.datetime] = ContextVar("settled", default=EVER)
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
    token, before = _copy.set(f" copy {next(_numbers)}"), _settled.set(EVER)
    try:
        yield name()
    finally:
        _copy.reset(token)
        _settled.reset(before)


def settle(until: dt.datetime) -> None:
    """Say that nothing in this private copy is due before `until` any more."""
    _settled.set(until)


def settled() -> dt.datetime:
    """Whatever fell due before this instant is worked off; long ago, but in a private copy.

    An index still holds every place at which a row stood in the same transaction. Who asks for what
    is due begins here, and not with all that ever was.
    """
    return _settled.get()
