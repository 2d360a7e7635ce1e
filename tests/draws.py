"""Tests of those who are drawn: a draw is a hash of the customer's number, and numbers go on from
test to test.
"""

from collections.abc import Callable
from itertools import count

from django.db import connection

SEQUENCE = "pg_get_serial_sequence('profiles_customer', 'id')"


def choose_numbers(fits: Callable[[int], bool]) -> None:
    """The next customers are numbered from the first number on that `fits` and was never given."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval({SEQUENCE})")
        ((given,),) = cursor.fetchall()
        chosen = next(number for number in count(given + 1) if fits(number))
        cursor.execute(f"SELECT setval({SEQUENCE}, %s, false)", [chosen])
