"""The best hour: own record against everybody's, exposure, and the one in ten."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.core.draw import bucket
from profiles.core.timing import EXPLORED, HOURS, Chosen, Record, best, rates

NOW = datetime(2026, 12, 1, 6, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
SETTLED = next(f"x{n}" for n in range(1000) if bucket("best-time", f"x{n}") >= EXPLORED)
COUNTS = st.lists(st.integers(0, 500), min_size=HOURS, max_size=HOURS)


def record(**hours: tuple[int, int]) -> Record:
    sent, seen = [0] * HOURS, [0] * HOURS
    for name, (tried, looked) in hours.items():
        sent[int(name[1:])], seen[int(name[1:])] = tried, looked
    return Record(sent, seen)


def chosen(
    own: Record, everybody: Record, *, within: timedelta = DAY, draw: str = SETTLED
) -> Chosen:
    return best(own, everybody, now=NOW, within=within, zone=BERLIN, draw=draw)


def test_without_a_record_it_is_now() -> None:
    found = chosen(Record(), Record())
    assert (found.at, found.hour, found.explored) == (NOW, 7, False)


def test_everybodys_best_hour_is_taken_by_who_has_no_record() -> None:
    found = chosen(Record(), record(h7=(1000, 100), h18=(1000, 300)))
    assert found.at == datetime(2026, 12, 1, 17, tzinfo=UTC)
    assert found.hour == 18
    assert found.rate == pytest.approx(0.3, abs=0.01)


def test_a_record_of_ones_own_wins_once_it_is_long_enough() -> None:
    everybody = record(h12=(1000, 100), h18=(1000, 300))
    assert chosen(record(h12=(1, 1)), everybody).hour == 18
    assert chosen(record(h12=(10, 9)), everybody).hour == 12


def test_hours_in_which_much_was_sent_are_not_better_for_that() -> None:
    assert chosen(Record(), record(h10=(10_000, 500), h20=(100, 20))).hour == 20


def test_only_hours_that_begin_in_time_count() -> None:
    everybody = record(h7=(1000, 10), h9=(1000, 200), h18=(1000, 300))
    assert chosen(Record(), everybody, within=timedelta(hours=3)).hour == 9
    assert chosen(Record(), everybody, within=timedelta(minutes=30)).at == NOW


def test_one_customer_in_ten_gets_an_hour_by_lot() -> None:
    everybody = record(h7=(1000, 10), h18=(1000, 300))
    found = [chosen(Record(), everybody, draw=f"customer-{n}") for n in range(2000)]
    drawn = [each for each in found if each.explored]
    assert 150 < len(drawn) < 250
    assert len({each.at for each in drawn}) > 20
    assert {each.hour for each in found if not each.explored} == {18}
    assert found == [chosen(Record(), everybody, draw=f"customer-{n}") for n in range(2000)]


@given(COUNTS, COUNTS, st.timedeltas(timedelta(hours=1), timedelta(days=7)), st.text(max_size=9))
def test_it_is_never_early_and_never_late(
    sent: list[int], seen: list[int], within: timedelta, draw: str
) -> None:
    own = Record(sent, [min(pair) for pair in zip(sent, seen, strict=True)])
    found = chosen(own, own, within=within, draw=draw)
    assert NOW <= found.at <= NOW + within
    assert found.at == NOW or found.at.astimezone(BERLIN).minute == 0
    assert all(0 < rate < 1 for rate in rates(own, own))
