"""Which accounts must wait just now: out of tokens or of their day's warm-up, or not answering.

What was written down later than now is from before the clock was set back, and keeps nobody.
"""

from typing import Any

from django.db import connection

from channels.core.pacing import BREAKER_REST, Terms, warmup
from channels.models import Account

WAITING = """
SELECT a.id,
    p.open_until > clock_timestamp() AND p.open_until <= clock_timestamp() + %s IS TRUE, a.rate,
    CASE WHEN p.filled_at <= clock_timestamp()
         THEN p.tokens + a.rate * extract(epoch FROM clock_timestamp() - p.filled_at) END,
    CASE WHEN p.day = (clock_timestamp() AT TIME ZONE 'UTC')::date THEN p.day_count ELSE 0 END,
    a.warmup, a.warmup_from, (clock_timestamp() AT TIME ZONE 'UTC')::date
FROM channels_pace p JOIN channels_account a ON a.id = p.account_id
"""


def waiting() -> list[int]:
    """The ids of accounts that hand nothing over at this moment."""
    given: list[Any] = [BREAKER_REST]
    with connection.cursor() as cursor:
        cursor.execute(WAITING, given)
        rows = cursor.fetchall()
    found = []
    for account, closed, rate, tokens, count, steps, since, today in rows:
        terms = Terms(rate=rate, warmup=warmup(steps), warmup_from=since)
        most = terms.today(today)
        dry = rate is not None and tokens is not None and tokens < 1
        if closed or dry or (most is not None and count >= most):
            found.append(account)
    return found


def terms_of(accounts: list[int]) -> dict[int, Terms]:
    """The terms of those accounts that have any."""
    rows = Account.objects.filter(id__in=accounts).values_list(
        "id", "rate", "warmup", "warmup_from"
    )
    return {
        account: Terms(rate=rate, warmup=warmup(steps), warmup_from=since)
        for account, rate, steps, since in rows
        if rate or steps
    }
