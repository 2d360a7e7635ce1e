"""Wall clocks of real zones: the next nine o'clock, nightly windows, dates; gaps and folds."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.wallclock import EVERY_DAY, Window, anniversary, coming, dated, next_time

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
CHANGING = [
    "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York",
    "America/Sao_Paulo", "Asia/Kolkata",
]  # fmt: skip
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
NONE = dt.timedelta()

instants = st.datetimes(min_value=dt.datetime(1980, 1, 1), max_value=dt.datetime(2037, 1, 1)).map(
    lambda at: at.replace(tzinfo=dt.UTC)
)
times = st.builds(dt.time, st.integers(0, 23), st.integers(0, 59))
day_sets = st.frozensets(st.integers(0, 6), min_size=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def shown(at: dt.datetime, zone: dt.tzinfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-27T10:00", "Fri 2026-03-27 14:30"),
        ("2026-03-27T13:30", "Mon 2026-03-30 14:30"),  # is 14:30 there: never the present
        ("2026-03-27T13:29:59", "Fri 2026-03-27 14:30"),
        ("2026-03-28T00:00", "Mon 2026-03-30 14:30"),  # over the weekend of the change
    ],
)
def test_the_next_time_is_on_the_next_of_the_days(now: str, expected: str) -> None:
    weekdays = frozenset(range(5))
    assert shown(next_time(dt.time(14, 30), weekdays, utc(now), BERLIN), BERLIN) == expected


def test_a_time_that_the_clock_skips_is_the_end_of_its_gap() -> None:
    found = next_time(dt.time(2, 30), EVERY_DAY, utc("2026-03-28T12:00"), BERLIN)
    assert found == utc("2026-03-29T01:00")
    assert shown(found, BERLIN) == "Sun 2026-03-29 03:00"


def test_a_time_that_the_clock_repeats_comes_once() -> None:
    first = next_time(dt.time(2, 30), EVERY_DAY, utc("2026-10-24T12:00"), BERLIN)
    assert first == utc("2026-10-25T00:30")
    assert next_time(dt.time(2, 30), EVERY_DAY, first, BERLIN) == utc("2026-10-26T01:30")


@pytest.mark.parametrize("name", CHANGING)
def test_a_year_of_mornings_has_one_on_each_day(name: str) -> None:
    zone = ZoneInfo(name)
    now, seen = utc("2025-01-01T00:00"), []
    while now < utc("2027-01-01T00:00"):
        now = next_time(dt.time(9), EVERY_DAY, now, zone)
        seen.append(now.astimezone(zone))
    assert {f"{at:%H:%M}" for at in seen} == {"09:00"}
    assert all(after.date() - before.date() == DAY for before, after in pairwise(seen))


@given(st.sampled_from(ZONES), instants, times, day_sets)
def test_the_next_time_is_later_and_the_first_of_its_kind(
    name: str, now: dt.datetime, at: dt.time, days: frozenset[int]
) -> None:
    zone = ZoneInfo(name)
    found = next_time(at, days, now, zone)
    assert now < found <= now + 16 * DAY
    wall = found.astimezone(zone)
    if (wall.hour, wall.minute) == (at.hour, at.minute):
        assert wall.weekday() in days
    else:  # the end of a gap
        before = (found - dt.timedelta(seconds=1)).astimezone(zone)
        assert wall.utcoffset() != before.utcoffset()
    assert next_time(at, days, found - dt.timedelta(seconds=1), zone) == found


@pytest.mark.parametrize(
    ("start", "end", "now", "expected"),
    [
        ("14:00", "16:00", "2026-01-05T13:30", "Mon 2026-01-05 14:30"),  # inside: now
        ("14:00", "16:00", "2026-01-05T15:00", "Tue 2026-01-06 14:00"),  # the end is outside
        ("14:00", "16:00", "2026-01-05T09:00", "Mon 2026-01-05 14:00"),
        ("22:00", "06:00", "2026-01-05T03:00", "Mon 2026-01-05 04:00"),  # opened yesterday
        ("22:00", "06:00", "2026-01-05T05:00", "Mon 2026-01-05 22:00"),
        ("00:00", "00:00", "2026-01-05T05:00", "Mon 2026-01-05 06:00"),  # all day
        ("02:10", "02:50", "2026-03-29T00:00", "Mon 2026-03-30 02:10"),  # lost in the gap
    ],
)
def test_a_window_opens_now_or_next(start: str, end: str, now: str, expected: str) -> None:
    window = Window(dt.time.fromisoformat(start), dt.time.fromisoformat(end))
    assert shown(window.next_open(utc(now), BERLIN), BERLIN) == expected


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday = Window(dt.time(22), dt.time(6), frozenset([4]))
    saturday_at_five = utc("2026-01-10T04:00")
    assert friday.next_open(saturday_at_five, BERLIN) == saturday_at_five
    friday_at_five = utc("2026-01-09T04:00")
    assert shown(friday.next_open(friday_at_five, BERLIN), BERLIN) == "Fri 2026-01-09 22:00"


@given(st.sampled_from(ZONES), instants, times, times, day_sets)
def test_inside_a_window_nobody_waits(
    name: str, now: dt.datetime, start: dt.time, end: dt.time, days: frozenset[int]
) -> None:
    window, zone = Window(start, end, days), ZoneInfo(name)
    opens = window.next_open(now, zone)
    assert now <= opens <= now + 17 * DAY
    assert window.next_open(opens, zone) == opens


@pytest.mark.parametrize(
    ("value", "offset", "at", "expected"),
    [
        ("2026-03-30", -DAY, dt.time(10), "2026-03-29T08:00"),
        ("2026-03-30", NONE, None, "2026-03-29T22:00"),
        ("2026-03-30T08:00", -DAY, None, "2026-03-29T06:00"),  # the wall time stays
        ("2026-03-30T08:00", -24 * HOUR - HOUR, None, "2026-03-29T05:00"),
        ("2026-03-29T04:00", -2 * HOUR, None, "2026-03-29T00:00"),  # two hours, not two o'clock
        ("2026-03-30T23:30:00Z", NONE, dt.time(10), "2026-03-31T08:00"),  # the 31st in Berlin
        ("2026-03-30T23:30:00Z", HOUR, None, "2026-03-31T00:30"),
    ],
)
def test_a_date_is_reckoned_by_the_customers_clock(
    value: str, offset: dt.timedelta, at: dt.time | None, expected: str
) -> None:
    assert dated(value, offset, at, BERLIN) == utc(expected)


@pytest.mark.parametrize("value", [None, "", "soon", "2026-02-30", 20260330, True, ["2026-01-01"]])
def test_what_is_no_date_has_no_instant(value: object) -> None:
    assert dated(value, NONE, None, BERLIN) is None


@pytest.mark.parametrize(("value", "offset"), [("9999-12-31", 365 * DAY), ("0001-01-01", -2 * DAY)])
def test_beyond_the_calendar_there_is_no_instant(value: str, offset: dt.timedelta) -> None:
    assert dated(value, offset, dt.time(10), BERLIN) is None


@pytest.mark.parametrize(
    ("value", "after", "expected"),
    [
        ("1990-04-10", "2026-03-01T00:00", "2026-04-05T08:00"),
        ("1990-04-10", "2026-04-05T08:00", "2027-04-05T08:00"),  # the present is not to come
        ("1990-01-02", "2026-12-20T00:00", "2026-12-28T09:00"),  # an offset into the year before
        ("2030-06-01", "2026-03-01T00:00", "2030-05-27T08:00"),  # not before the date itself
        ("2024-02-29", "2026-01-01T00:00", "2026-02-23T09:00"),
        ("2024-02-29", "2027-06-01T00:00", "2028-02-24T09:00"),
    ],
)
def test_an_anniversary_comes_every_year(value: str, after: str, expected: str) -> None:
    found = coming(value, -5 * DAY, dt.time(10), BERLIN, after=utc(after), yearly=True)
    assert found == utc(expected)


def test_a_date_comes_once() -> None:
    def find(after: str) -> dt.datetime | None:
        return coming("2026-04-10", NONE, None, BERLIN, after=utc(after), yearly=False)

    assert find("2026-04-09T21:59") == utc("2026-04-09T22:00")
    assert find("2026-04-09T22:00") is None


@given(st.sampled_from(ZONES), instants, st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)), times)
def test_anniversaries_follow_one_another_within_a_year(
    name: str, after: dt.datetime, day: dt.date, at: dt.time
) -> None:
    zone = ZoneInfo(name)
    first = coming(str(day), NONE, at, zone, after=after, yearly=True)
    assert first is not None
    second = coming(str(day), NONE, at, zone, after=first, yearly=True)
    assert second is not None
    assert 360 * DAY < second - first < 370 * DAY
    assert coming(str(day), NONE, at, zone, after=first - HOUR / 3600, yearly=True) == first


def test_the_29th_of_february_is_the_28th_of_other_years() -> None:
    day = dt.date(2024, 2, 29)
    assert anniversary(day, 2026) == dt.date(2026, 2, 28)
    assert anniversary(day, 2028) == dt.date(2028, 2, 29)
    assert anniversary(dt.date(2024, 3, 1), 2026) == dt.date(2026, 3, 1)
