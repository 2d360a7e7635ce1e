"""How messages fare: the figures of the home page, counted as its lists count."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from channels.models import Account

BY_STATUS = """
SELECT channel, status, count(*) FILTER (WHERE created_at >= %(day)s), count(*)
FROM channels_message WHERE created_at >= %(week)s
GROUP BY channel, status
"""

BACKLOG = """
SELECT (SELECT count(*) FROM channels_message WHERE status = 'queued' AND send_after <= %(now)s),
       (SELECT min(send_after) FROM channels_message WHERE status = 'queued'),
       (SELECT count(*) FROM channels_message WHERE status = 'unknown')
"""


class Row(NamedTuple):
    """Messages of one channel in one status. The channel is empty until one is chosen at hand-over."""

    channel: str
    status: str
    today: int
    week: int


class Backlog(NamedTuple):
    """`due` messages wait for a worker now; `next_at` is when the earliest waiting one may leave."""

    due: int
    next_at: dt.datetime | None
    unknown: int


def by_status(*, day: dt.datetime, week: dt.datetime) -> list[Row]:
    """Messages created since `day` and since `week`, the earlier of the two."""
    with connection.cursor() as cursor:
        cursor.execute(BY_STATUS, {"day": day, "week": week})
        return sorted(Row(*row) for row in cursor.fetchall())


def backlog(*, now: dt.datetime) -> Backlog:
    """What waits to be handed over and what nobody can prove."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, {"now": now})
        return Backlog(*cursor.fetchone())


def paused_accounts() -> Sequence[Account]:
    """Accounts that hand nothing over until an operator resumes them."""
    return list(Account.objects.filter(state="paused").order_by("slug"))
