"""At which hours customers looked at what they were sent, by their own clocks."""

import datetime as dt
from collections.abc import Collection

from django.conf import settings
from django.db import connection

from profiles.core.timing import HOURS, Record
from profiles.queries import workspace

LOOKED_WITHIN = dt.timedelta(days=2)
REMEMBERED = dt.timedelta(days=180)
SAMPLE = 50_000
"""Everybody's record is that of the newest messages."""
KEPT_FOR = dt.timedelta(hours=1)

COUNTS = """
SELECT {who}, extract(hour FROM m.sent_at AT TIME ZONE COALESCE(NULLIF(c.timezone, ''), %(zone)s))
    ::int, count(*),
    count(*) FILTER (WHERE LEAST(m.opened_at, m.clicked_at) < m.sent_at + %(looked)s)
FROM {messages} m JOIN profiles_customer c ON c.id = m.customer_id
WHERE m.sent_at IS NOT NULL AND m.sent_at > %(since)s {whom} GROUP BY 1, 2
"""
OWN = COUNTS.format(
    who="m.customer_id", messages="channels_message", whom="AND m.customer_id = ANY(%(ids)s)"
)
EVERYBODY = COUNTS.format(
    who="0",
    messages="(SELECT * FROM channels_message ORDER BY id DESC LIMIT %(sample)s)",
    whom="",
)

_everybody: dict[str, tuple[dt.datetime, Record]] = {}


def records(customers: Collection[int], *, now: dt.datetime) -> dict[int, Record]:
    """The customers' own records; who was sent nothing has none."""
    return _counted(OWN, now, ids=list(customers))


def everybody(*, now: dt.datetime) -> Record:
    """The record of all together, read again every hour."""
    name = workspace.name()
    read_at, record = _everybody.get(name, (None, Record()))
    if read_at is None or not read_at <= now < read_at + KEPT_FOR:
        record = _counted(EVERYBODY, now, sample=SAMPLE).get(0, Record())
        _everybody[name] = (now, record)
    return record


def forget() -> None:
    """Read everybody's record again when it is asked for next."""
    _everybody.clear()


def _counted(sql: str, now: dt.datetime, **given: object) -> dict[int, Record]:
    known = {
        "zone": settings.SOJOURN_TIME_ZONE, "looked": LOOKED_WITHIN, "since": now - REMEMBERED,
        **given,
    }  # fmt: skip
    found: dict[int, tuple[list[int], list[int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, known)  # type: ignore[arg-type]
        for customer, hour, sent, seen in cursor.fetchall():
            columns = found.setdefault(customer, ([0] * HOURS, [0] * HOURS))
            columns[0][hour], columns[1][hour] = sent, seen
    return {customer: Record(sent, seen) for customer, (sent, seen) in found.items()}
