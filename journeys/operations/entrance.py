"""Keeps entering and publishing apart: nobody comes into a version that its customers have left.

Whoever may let customers in keeps the door open, from before any enrollment is locked until the
transaction ends; publishing closes it, and waits for those who are on the threshold.
"""

from django.db import connection

DOOR = 7_211_902
"""The advisory lock that is the door."""


def keep_open() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [DOOR])


def close() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DOOR])
