"""Keeps entering and publishing apart: nobody comes into a version that its customers have left.

Whoever may let customers in keeps the door open, from before any enrollment is locked until the
transaction ends; publishing closes it, and waits for those who are on the threshold. A private copy
of the tables has nobody to keep apart.
"""

from django.db import connection

from profiles.queries import workspace

DOOR = 7_211_902
"""The advisory lock that is the door."""


def keep_open() -> None:
    _take("SELECT pg_advisory_xact_lock_shared(%s)")


def close() -> None:
    _take("SELECT pg_advisory_xact_lock(%s)")


def _take(statement: str) -> None:
    if workspace.is_private():
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, [DOOR])
