"""What time it is: real time, in the sandbox shifted by the test clock. Nobody else asks."""

import datetime as dt

from django.conf import settings
from django.db import connection


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC) + shift()


def shift() -> dt.timedelta:
    """How far the test clock runs ahead of real time; nothing outside the sandbox."""
    if not settings.SOJOURN_SANDBOX:
        return dt.timedelta()
    with connection.cursor() as cursor:
        cursor.execute("SELECT shift FROM profiles_clock WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else dt.timedelta()
