"""How the hand-over is doing: figures for the metrics and the system page."""

import datetime as dt
from typing import NamedTuple

from django.db import connection

FIGURES = """
SELECT (SELECT count(*) FROM channels_message WHERE status = 'queued' AND send_after <= %(now)s),
       (SELECT min(send_after) FROM channels_message
        WHERE status = 'queued' AND send_after <= %(now)s),
       (SELECT count(*) FROM channels_message WHERE status = 'sending'),
       (SELECT count(*) FROM channels_message
        WHERE status = 'sending' AND lease_until < clock_timestamp()),
       (SELECT count(*) FROM channels_message WHERE status = 'unknown'),
       (SELECT array_agg(slug ORDER BY slug) FROM channels_account WHERE state = 'paused'),
       (SELECT count(*) FROM channels_receipt WHERE message_id IS NULL)
"""


class Health(NamedTuple):
    """`due` wait for a worker, the longest since `oldest_due`; `stuck` outlived their lease.

    `unknown` may or may not have left; `orphans` are receipts whose message is not known.
    """

    due: int
    oldest_due: dt.datetime | None
    sending: int
    stuck: int
    unknown: int
    paused_accounts: list[str]
    orphans: int


def health(*, now: dt.datetime) -> Health:
    """All figures in one query."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"now": now})
        due, oldest, sending, stuck, unknown, paused, orphans = cursor.fetchone()
    return Health(due, oldest, sending, stuck, unknown, list(paused or []), orphans)
