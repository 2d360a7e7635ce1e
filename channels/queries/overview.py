"""How messages fare: the figures of the home page, counted as its lists count."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from channels.models import Account, Suppression

BY_STATUS = """
SELECT channel, status, reason, count(*) FILTER (WHERE created_at >= %(day)s), count(*)
FROM channels_message WHERE created_at >= %(week)s
GROUP BY channel, status, reason
"""


SUPPRESSED = """
SELECT s.* FROM channels_suppression s
JOIN profiles_customer c ON c.id = %s AND s.address IN (c.email, c.phone)
ORDER BY s.channel
"""


class Row(NamedTuple):
    """Messages of one channel in one status, for one reason or "". No channel is chosen before the
    hand-over.
    """

    channel: str
    status: str
    reason: str
    today: int
    week: int


def by_status(*, day: dt.datetime, week: dt.datetime) -> list[Row]:
    """Messages created since `day` and since `week`, the earlier of the two."""
    with connection.cursor() as cursor:
        cursor.execute(BY_STATUS, {"day": day, "week": week})
        return sorted(Row(*row) for row in cursor.fetchall())


def paused_accounts() -> Sequence[Account]:
    """Accounts that hand nothing over until an operator resumes them."""
    return list(Account.objects.filter(state="paused").order_by("slug"))


def suppressed(customer_id: int) -> Sequence[Suppression]:
    """The suppressed addresses among the customer's own."""
    return list(Suppression.objects.raw(SUPPRESSED, [customer_id]))
