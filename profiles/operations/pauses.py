"""Pauses that have run out are ended, so that their end is in the history and in the log."""

import datetime as dt

from django.db import connection

from profiles.core.consent import EVERY, ConsentChange
from profiles.operations.consent import set_consents

MOST = 500
DUE = """
SELECT customer_id, at, until FROM profiles_consent
WHERE state = 'paused' AND until <= %s ORDER BY until LIMIT %s
"""


def end_due(*, now: dt.datetime) -> int:
    """End at most MOST pauses whose time is up, each at its own instant. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [now, MOST])
        rows = cursor.fetchall()
    changes = [
        ConsentChange(
            customer_id=customer,
            channel=EVERY,
            state="resumed",
            source="pause",
            at=max(at, until),
            answers=at,
        )
        for customer, at, until in rows
    ]
    return set_consents(changes, now=now)
