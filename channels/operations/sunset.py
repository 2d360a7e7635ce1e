"""Addresses at which nobody has reacted for long get no more marketing, until somebody does.

Everybody who has an address counts: what went to it, and every sign of life. Who was merged into
whom, and what they were sent before, counts with them.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from channels.core.address import canonical
from channels.core.receipt import OWN, Receipt
from channels.core.sunset import Sunset
from channels.operations import sunset_sql as sql
from channels.queries.standing import Standing

PAGE = 5000
"""So many customers, or marks, in one statement."""
SIGNS = frozenset({"opened", "clicked", "replied"})

Told = Callable[[], bool]


class Turned(NamedTuple):
    """How many addresses were taken back, and how many are new on the list."""

    lifted: int
    marked: int


def never() -> bool:
    return False


def turn(*, now: dt.datetime, stopping: Told = never, size: int = PAGE) -> Turned:
    """Lift what somebody has reacted at, then mark who is silent. Repeating it changes nothing.

    Without the setting all marks are lifted. Every page is a transaction of its own.
    """
    wanted: Sunset | None = settings.SOJOURN_SUNSET
    if wanted is None:
        with connection.cursor() as cursor:
            cursor.execute(sql.FORGET)
            return Turned(cursor.rowcount, 0)
    given = {"now": now, "silence": wanted.silence, "messages": wanted.messages, "source": OWN}
    return Turned(
        _paged(sql.MARKS, sql.LIFT, given, size, stopping),
        _paged(sql.CUSTOMERS, sql.MARK, given, size, stopping),
    )


def heed(pairs: Sequence[tuple[Receipt, Standing | None]], *, channel: str) -> None:
    """Somebody has reacted: all their addresses, and those reacted at, are open again at once."""
    if settings.SOJOURN_SUNSET is None:
        return
    signs = [
        (message.channel if message else channel, receipt.address, message)
        for receipt, message in pairs
        if receipt.kind in SIGNS and not receipt.machine
    ]
    if not signs:
        return
    given: dict[str, Any] = {
        "channels": [through for through, _, _ in signs],
        "addresses": [
            canonical(through, address or (message.address if message else ""))
            for through, address, message in signs
        ],
        "customers": sorted({message.customer_id for _, _, message in signs if message}),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.REOPEN, given)


def _paged(bounds: str, statement: str, given: dict[str, Any], size: int, stopping: Told) -> int:
    """The statement over page after page; how many rows it wrote."""
    written, after = 0, 0
    while not stopping():
        with connection.cursor() as cursor:
            cursor.execute(bounds, {"after": after, "size": size})
            (upto,) = cursor.fetchone()
            if upto is None:
                break
            cursor.execute(statement, {**given, "after": after, "upto": upto})
            written += cursor.rowcount
        after = upto
    return written
