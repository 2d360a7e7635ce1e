"""Limits of entering: how they are read, which spans they count, what is left."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from journeys.core.document import parse
from journeys.core.limits import EVER, NONE, Limits, Place, Room, places, room
from journeys.core.problem import DocumentError
from tests.core.journeys.documents import raw

LATE = datetime(2026, 3, 28, 23, 40, tzinfo=UTC)


def read(limits: Any) -> Limits:
    return parse({**raw(), "enter": {"on": {"event": "X"}, "limits": limits}}).enter.limits


def test_every_form_is_read() -> None:
    assert parse(raw()).enter.limits == NONE
    assert read({"total": 10}) == Limits(total=10)
    assert read({"day": 5, "hour": 1}) == Limits(day=(5,), hour=1)
    assert read({"day": [1, 2, 3]}) == Limits(day=(1, 2, 3))


@pytest.mark.parametrize(
    ("limits", "place", "code"),
    [
        ({}, "enter.limits", "missing"),
        ({"day": []}, "enter.limits.day", "missing"),
        ({"day": 0}, "enter.limits.day", "invalid"),
        ({"day": [5, -1]}, "enter.limits.day", "invalid"),
        ({"total": 1.5}, "enter.limits.total", "invalid"),
        ({"total": True}, "enter.limits.total", "invalid"),
        ({"total": 10**18}, "enter.limits.total", "invalid"),
        ({"hour": "5"}, "enter.limits.hour", "invalid"),
        ({"week": 5}, "enter.limits.week", "unknown_key"),
        (5, "enter.limits", "wrong_type"),
    ],
)
def test_what_is_wrong_is_told(limits: Any, place: str, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(limits)
    assert (place, code) in [(each.path, each.code) for each in refused.value.problems]


def test_spans_are_those_of_the_wall_clock() -> None:
    every = Limits(total=1, day=(1,), hour=1)
    assert places(NONE, LATE, UTC) == []
    berlin = places(every, LATE, ZoneInfo("Europe/Berlin"))
    assert berlin == [
        Place("total", EVER),
        Place("day", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        Place("hour", datetime(2026, 3, 28, 23, tzinfo=UTC)),
    ]
    kolkata = places(every, LATE, ZoneInfo("Asia/Kolkata"))
    assert kolkata[2].start == datetime(2026, 3, 28, 23, 30, tzinfo=UTC)


def test_a_day_of_twenty_three_hours_is_one_day() -> None:
    zone, day = ZoneInfo("Europe/Berlin"), Limits(day=(1,))
    starts = {
        places(day, datetime(2026, 3, 28, 23, tzinfo=UTC).replace(hour=hour, day=29), zone)[0].start
        for hour in range(22)
    }
    assert starts == {datetime(2026, 3, 28, 23, tzinfo=UTC)}


def test_the_tightest_limit_counts() -> None:
    limits = Limits(total=100, day=(5, 10), hour=8)
    assert room(limits, {}, earlier_days=0) == Room(5, "day", 5)
    assert room(limits, {}, earlier_days=1) == Room(8, "hour", 8)
    assert room(limits, {"total": 97}, earlier_days=7) == Room(3, "total", 100)
    assert room(limits, {"day": 12}, earlier_days=3) == Room(0, "day", 10)
