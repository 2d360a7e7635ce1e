"""The log grows month by month, made when the first event needs them."""

import datetime as dt

import pytest
from django.db import connection, transaction

from profiles.core.events import SystemEvent
from profiles.operations import partitions
from profiles.operations.record import record
from tests.database.calls import NOW, history, query, take, track, user
from tests.database.threads import together

pytestmark = pytest.mark.django_db
FAR = dt.datetime(2093, 12, 31, 23, 30, tzinfo=dt.UTC)


def months() -> set[str]:
    rows = query(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = 'profiles_event'::regclass"
    )
    return {name for (name,) in rows}


def write(at: dt.datetime, name: str = "x") -> None:
    record([SystemEvent(customer_id=1, name=name, at=at)], now=NOW)


def drop(*names: str) -> None:
    """Behind everybody's back, as an operator who retires old months would."""
    spare = connection.copy()
    with spare.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
    spare.close()


def test_a_month_is_made_when_it_is_needed() -> None:
    drop("profiles_event_y2093m12", "profiles_event_y2094m01")
    partitions.forget()
    write(FAR)
    write(FAR + dt.timedelta(hours=1))
    assert {"profiles_event_y2093m12", "profiles_event_y2094m01"} <= months()
    rows = query("SELECT tableoid::regclass::text, at FROM profiles_event ORDER BY at")
    assert rows == [
        ("profiles_event_y2093m12", FAR),
        ("profiles_event_y2094m01", FAR + dt.timedelta(hours=1)),
    ]


def test_months_are_those_of_utc() -> None:
    zone = dt.timezone(dt.timedelta(hours=14))
    assert partitions.month_of(dt.datetime(2026, 1, 1, 9, tzinfo=zone)) == (2025, 12)
    write(dt.datetime(2026, 1, 1, 9, tzinfo=zone))
    assert query("SELECT tableoid::regclass::text FROM profiles_event") == [
        ("profiles_event_y2025m12",)
    ]


def test_ancient_events_share_a_partition() -> None:
    write(dt.datetime(1, 1, 2, tzinfo=dt.UTC))
    write(dt.datetime(1989, 12, 31, 23, 59, tzinfo=dt.UTC))
    write(dt.datetime(1990, 1, 1, tzinfo=dt.UTC))
    homes = query("SELECT tableoid::regclass::text FROM profiles_event ORDER BY at")
    assert [home for (home,) in homes] == [
        "profiles_event_ancient",
        "profiles_event_ancient",
        "profiles_event_y1990m01",
    ]


def test_a_month_has_the_indexes_of_the_log() -> None:
    write(NOW)
    (count,) = query("SELECT count(*) FROM pg_indexes WHERE tablename = 'profiles_event_y2026m11'")
    assert count == (3,)


def test_a_known_month_costs_no_statement(django_assert_num_queries: object) -> None:
    partitions.ensure([NOW])
    with django_assert_num_queries(0):  # type: ignore[operator]
        partitions.ensure([NOW, NOW])


@pytest.mark.django_db(transaction=True)
def test_a_month_that_vanished_is_made_again() -> None:
    take(track("ann", at=FAR.replace(year=2026)), now=FAR.replace(year=2026))
    drop("profiles_event_y2026m12")
    take(track("ann", "Again", at=FAR.replace(year=2026)), now=FAR.replace(year=2026))
    assert "Again" in history(user("ann"))


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_has_written_already_sees_a_new_month() -> None:
    drop("profiles_event_y2093m12")
    partitions.forget()
    with transaction.atomic():
        write(NOW, "now")
        write(FAR, "far")
        write(FAR, "far again")
    assert len(query("SELECT FROM profiles_event")) == 3


@pytest.mark.django_db(transaction=True)
def test_many_who_need_the_same_months_at_once_all_write() -> None:
    names = [f"profiles_event_y2091m{number:02}" for number in range(1, 13)]
    drop(*names)
    partitions.forget()

    def write_year(order: int) -> None:
        with transaction.atomic():
            for number in range(12):
                write(dt.datetime(2091, (number + order) % 12 + 1, 5, tzinfo=dt.UTC), str(order))
                if order % 2:
                    partitions.forget()

    together([lambda n=n: write_year(n) for n in range(6)])
    assert query("SELECT count(*) FROM profiles_event") == [(72,)]
    assert set(names) <= months()


@pytest.mark.django_db(transaction=True)
def test_a_new_month_does_not_wait_for_open_transactions() -> None:
    drop("profiles_event_y2092m02")
    partitions.forget()
    with transaction.atomic():
        write(NOW, "open")
        query("SELECT count(*) FROM profiles_event")
        together([lambda: write(dt.datetime(2092, 2, 1, tzinfo=dt.UTC), "other")])
    assert len(query("SELECT FROM profiles_event")) == 2
