"""Slots of schedules, over every kind of clock change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.cron import (
    ScheduleError,
    next_slot,
    parse_cron,
    parse_moment,
    previous_slot,
    slots,
)
from profiles.core.instants import instant

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Antarctica/Troll",
    )
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def walls(cron: str, after: str, until: str, zone: ZoneInfo = BERLIN) -> list[str]:
    found = slots(parse_cron(cron), zone, at(after), at(until))
    return [slot.astimezone(zone).strftime("%m-%d %H:%M") for slot in found]


def test_every_monday_at_ten() -> None:
    assert walls("0 10 * * 1", "2026-11-01T00:00", "2026-11-20T00:00") == [
        "11-02 10:00",
        "11-09 10:00",
        "11-16 10:00",
    ]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 9-10 1 12 *", ["12-01 09:30", "12-01 10:30"]),
        ("*/30 8 1 dec *", ["12-01 08:00", "12-01 08:30"]),
        ("0 8,20 2 12 *", ["12-02 08:00", "12-02 20:00"]),
        ("15/20 8 3 12 *", ["12-03 08:15", "12-03 08:35", "12-03 08:55"]),
        ("0 0-12/6 4 12 *", ["12-04 00:00", "12-04 06:00", "12-04 12:00"]),
        ("0 8 * 12 FRI-sun", ["12-04 08:00", "12-05 08:00", "12-06 08:00"]),
        ("0 8 * 12 7", ["12-06 08:00"]),
        ("0 8 5 12 tue", ["12-01 08:00", "12-05 08:00"]),
        ("0 8 */5 12 tue", ["12-01 08:00"]),
        ("0 8 1-7 * */6", ["12-05 08:00", "12-06 08:00"]),
    ],
)
def test_fields_take_lists_ranges_steps_and_names(cron: str, expected: list[str]) -> None:
    assert walls(cron, "2026-11-30T22:59", "2026-12-07T00:00") == expected


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("0 10 * *", "has 4"),
        ("60 10 * * *", "The minute `60` is not one of 0-59."),
        ("0 24 * * *", "The hour `24`"),
        ("0 0 0 * *", "The day of month `0`"),
        ("0 0 * 13 *", "or jan, feb"),
        ("0 0 * * mondays", "or sun, mon"),
        ("0 0 * * 8", "The day of week `8`"),
        ("*/0 0 * * *", "The minute `0`"),
        ("5-1 0 * * *", "write 1-5"),
        ("1,,2 0 * * *", "The minute ``"),
        ("-1 0 * * *", "The minute ``"),
        ("٣ 0 * * *", "The minute `٣`"),
        ("0 0 30 2 *", "never happens"),
        ("0 0 31 4,6 *", "never happens"),
    ],
)
def test_a_bad_field_is_named(cron: str, told: str) -> None:
    with pytest.raises(ScheduleError, match=re.escape(told)):
        parse_cron(cron)


def test_a_skipped_slot_happens_at_the_first_instant_after_the_gap() -> None:
    assert walls("30 2 * * *", "2026-03-28T00:00", "2026-03-31T00:00") == [
        "03-28 02:30",
        "03-29 03:00",
        "03-30 02:30",
    ]


def test_slots_that_share_a_gap_happen_once() -> None:
    assert walls("*/20 2-3 29 3 *", "2026-03-29T00:00", "2026-03-29T01:40") == [
        "03-29 03:00",
        "03-29 03:20",
        "03-29 03:40",
    ]


def test_a_repeated_slot_happens_the_first_time_only() -> None:
    found = slots(
        parse_cron("30 2 25 10 *"), BERLIN, at("2026-10-24T22:00"), at("2026-10-26T00:00")
    )
    assert found == [at("2026-10-25T00:30")]


def test_the_half_hour_of_lord_howe() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    assert instant(datetime(2026, 10, 4, 2, 15), zone) == at("2026-10-03T15:30")
    assert instant(datetime(2026, 4, 5, 1, 45), zone) == at("2026-04-04T14:45")


def test_a_whole_day_that_a_zone_skipped() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert instant(datetime(2011, 12, 30, 12, 0), apia) == at("2011-12-30T10:00")
    assert walls("0 12 * * *", "2011-12-29T00:00", "2011-12-31T00:00", apia) == [
        "12-29 12:00",
        "12-31 00:00",
        "12-31 12:00",
    ]


def test_leap_days_come_back() -> None:
    cron = parse_cron("0 0 29 2 *")
    assert next_slot(cron, UTC, at("2096-03-01T00:00")) == at("2104-02-29T00:00")
    assert previous_slot(cron, UTC, at("2104-02-28T00:00")) == at("2096-02-29T00:00")


def test_a_leap_day_on_a_sunday_comes_back_across_a_century_without_one() -> None:
    cron = parse_cron("0 0 29 2 */7")
    assert next_slot(cron, UTC, at("2088-03-01T00:00")) == at("2128-02-29T00:00")


def test_a_moment_is_a_wall_time_or_an_instant() -> None:
    wall, fixed = parse_moment("2026-12-01T10:00"), parse_moment("2026-12-01T10:00+03:00")
    early, late = at("2026-12-01T06:00"), at("2026-12-01T12:00")
    assert next_slot(wall, BERLIN, early) == at("2026-12-01T09:00")
    assert next_slot(fixed, BERLIN, early) == at("2026-12-01T07:00")
    assert next_slot(wall, BERLIN, late) is None
    assert previous_slot(wall, BERLIN, late) == at("2026-12-01T09:00")
    assert previous_slot(wall, BERLIN, early) is None
    assert slots(wall, BERLIN, early, late) == [at("2026-12-01T09:00")]
    assert slots(wall, BERLIN, late, late) == []


@pytest.mark.parametrize("text", ["2026-12-01", "tomorrow", "2026-13-01T10:00", "", "10:00"])
def test_a_moment_needs_a_date_and_a_time(text: str) -> None:
    with pytest.raises(ScheduleError, match="2026-12-01T10:00"):
        parse_moment(text)


CRONS = st.sampled_from(
    ["*/15 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * *", "0 3 * * 0", "10 1 1,15 * *"]
)
INSTANTS = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(CRONS, st.sampled_from(ZONES), INSTANTS)
def test_previous_and_next_meet_around_every_instant(
    text: str, zone: ZoneInfo, moment: datetime
) -> None:
    cron = parse_cron(text)
    before, after = previous_slot(cron, zone, moment), next_slot(cron, zone, moment)
    assert before is not None and after is not None
    assert before <= moment < after
    assert next_slot(cron, zone, before) == after
    assert previous_slot(cron, zone, after) == after
    assert previous_slot(cron, zone, after - timedelta(microseconds=1)) == before


@given(st.sampled_from(ZONES), INSTANTS, st.integers(1, 4 * 96))
def test_quarters_of_an_hour_advance_by_wall_clock(
    zone: ZoneInfo, moment: datetime, hours: int
) -> None:
    found = slots(parse_cron("*/15 * * * *"), zone, moment, moment + timedelta(hours=hours / 4))
    assert found == sorted(set(found))
    kept = [slot.astimezone(zone) for slot in found]
    assert all(slot.fold == 0 for slot in kept)
    assert all(slot.minute % 15 == 0 and slot.second == 0 for slot in kept)
