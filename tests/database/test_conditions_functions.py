"""What conditions call in SQL answers as the oracle does, for every letter and change of clocks."""

import datetime as dt

import pytest
from django.db import connection

from tests.database.condition_strategies import ZONES
from tests.oracle import fold, instant

pytestmark = pytest.mark.django_db


def test_case_folds_alike_in_sql_and_in_the_oracle_for_every_letter() -> None:
    letters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code <= 0xDFFF]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT letter, profiles_fold(letter) FROM unnest(%s::text[]) letter", [letters]
        )
        different = [letter for letter, folded in cursor.fetchall() if folded != fold(letter)]
    assert [letter for letter in different if letter.isprintable()] == []


@pytest.mark.parametrize("zone", ZONES)
def test_instants_are_read_alike_in_sql_and_in_the_oracle_at_every_change_of_clocks(
    zone: str,
) -> None:
    half_hours = (dt.datetime(2026, 1, 1) + dt.timedelta(minutes=30) * at for at in range(17_520))
    texts = [each.isoformat() for each in half_hours] + ["2026-02-29", "x", "9999-12-31"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t, extract(epoch FROM profiles_instant(t, %s)) * 1000000"
            " FROM unnest(%s::text[]) t",
            [zone, texts],
        )
        assert [t for t, at in cursor.fetchall() if at != instant(t, zone)] == []
