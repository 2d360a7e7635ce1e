"""Writes events into the log by COPY, in the caller's transaction. The only writer of the log."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from django.db import connection

from profiles.core.events import SYSTEM, SystemEvent
from profiles.operations import partitions
from profiles.queries.cursor import copyable

_COPY = (
    "COPY profiles_event "
    "(customer_id, name, at, received_at, source, message_id, properties, context) FROM STDIN"
)
_encode = msgspec.json.Encoder().encode


class Row(NamedTuple):
    """One row of the log; `properties` and `context` are JSON texts in UTF-8."""

    customer_id: int
    name: str
    at: dt.datetime
    source: str
    message_id: str
    properties: bytes
    context: bytes


def record(events: Sequence[SystemEvent], *, now: dt.datetime) -> int:
    """Log events of Sojourn's own. Returns how many."""
    return write(
        [
            Row(own.customer_id, own.name, own.at, SYSTEM, "", _encode(own.properties), b"{}")
            for own in events
        ],
        now=now,
    )


def write(rows: Sequence[Row], *, now: dt.datetime) -> int:
    """Log rows received at `now`, in the order given. Returns how many."""
    if not rows:
        return 0
    partitions.ensure(row.at for row in rows)
    received = now.isoformat().encode()
    errors, lines = connection.wrap_database_errors, b"".join(_lines(rows, received))
    with errors, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(lines)
    return len(rows)


def _lines(rows: Iterable[Row], received: bytes) -> Iterable[bytes]:
    for customer_id, name, at, source, message_id, properties, context in rows:
        yield b"%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n" % (
            customer_id,
            copyable(name),
            at.isoformat().encode(),
            received,
            copyable(source),
            copyable(message_id),
            properties.replace(b"\\", b"\\\\"),
            context.replace(b"\\", b"\\\\"),
        )
