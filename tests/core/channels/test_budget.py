"""Frequency caps: windows, whom they count, and the room that is kept for what matters more."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.budget import AFTER_OTHERS, Asking, Cap, Capped, Coming, Counted, Known, judge

NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")
WEEK = Cap(slug="week", most=2, rolling=7 * DAY, reserve=2 * HOUR)


def had(
    *ago: timedelta, channel: str = "email", topic: str = "", ghost: bool = False
) -> list[Counted]:
    return [Counted(NOW - each, channel, topic, ghost) for each in ago]


def coming(*ahead: timedelta, priority: int = 90, channel: str = "email") -> list[Coming]:
    return [Coming(NOW + each, (channel,), "", priority) for each in ahead]


def asked(
    counted: list[Counted], due: list[Coming] | None = None, *caps: Cap, zone: str = "UTC",
    channel: str = "email", topic: str = "", ghost: bool = False,
) -> Capped | None:  # fmt: skip
    known = Known(counted, due or [], ZoneInfo(zone))
    return judge(caps or (WEEK,), Asking(channel, topic, 50, ghost), known, now=NOW)


def test_there_is_room_until_it_is_full() -> None:
    assert asked(had(DAY)) is None
    full = asked(had(DAY, 3 * DAY))
    assert full is not None
    assert (full.reason, full.until) == ("frequency_cap", NOW + 4 * DAY)
    assert full.inputs == {"cap": "week", "most": 2, "had": 2}


def test_what_is_exactly_a_window_old_counts_no_more() -> None:
    assert asked(had(DAY, 7 * DAY)) is None
    assert asked(had(DAY, 7 * DAY - timedelta(microseconds=1))) is not None


def test_an_overfull_window_frees_when_it_is_below_its_number() -> None:
    full = asked(had(DAY, 2 * DAY, 3 * DAY, 4 * DAY))
    assert full is not None
    assert full.until == NOW + 5 * DAY


@pytest.mark.parametrize(
    ("period", "zone", "since", "until"),
    [
        ("day", "UTC", NOW - 10 * HOUR, NOW + 14 * HOUR),
        ("day", "Asia/Tokyo", NOW - 19 * HOUR, NOW + 5 * HOUR),
        ("week", "UTC", NOW - 2 * DAY - 10 * HOUR, NOW + 4 * DAY + 14 * HOUR),
        ("month", "UTC", NOW - 1 * DAY - 10 * HOUR, NOW + 29 * DAY + 14 * HOUR),
    ],
)
def test_calendar_windows_are_the_customers_own(
    period: str, zone: str, since: datetime, until: datetime
) -> None:
    cap = Cap(slug="cal", most=1, period=period)  # type: ignore[arg-type]
    full = asked(had(NOW - since), None, cap, zone=zone)
    assert full is not None
    assert full.until == until
    assert asked(had(NOW - since + timedelta(microseconds=1)), None, cap, zone=zone) is None


def test_a_cap_of_a_channel_or_a_topic_counts_and_stops_only_that() -> None:
    sms = Cap(slug="sms", most=1, rolling=DAY, channel="sms")
    news = Cap(slug="news", most=1, rolling=DAY, topic="news")
    assert asked(had(HOUR), None, sms, channel="sms") is None
    assert asked(had(HOUR, channel="sms"), None, sms, channel="sms") is not None
    assert asked(had(HOUR, channel="sms"), None, sms) is None
    assert asked(had(HOUR), None, news, topic="news") is None
    assert asked(had(HOUR, topic="news"), None, news, topic="news") is not None
    assert asked(had(HOUR, topic="news"), None, news) is None


def test_what_was_withheld_counts_for_ghosts_alone() -> None:
    ghostly = had(HOUR, 2 * HOUR, ghost=True)
    assert asked(ghostly) is None
    assert asked(ghostly, ghost=True) is not None


def test_room_is_kept_for_what_matters_more_and_comes_soon() -> None:
    kept = asked(had(DAY), coming(HOUR))
    assert kept is not None
    assert (kept.reason, kept.until) == ("priority", NOW + HOUR + AFTER_OTHERS)
    assert asked(had(), coming(HOUR)) is None
    assert asked(had(DAY), coming(3 * HOUR)) is None
    assert asked(had(DAY), coming(HOUR, priority=50)) is None
    assert asked(had(DAY), coming(HOUR, channel="sms")) is not None  # the cap is over all channels


def test_of_several_caps_the_one_that_lasts_longest_speaks() -> None:
    day = Cap(slug="day", most=1, rolling=DAY)
    full = asked(had(HOUR, 2 * HOUR), coming(HOUR), day, WEEK)
    assert full is not None
    assert full.inputs["cap"] == "week"


@given(
    st.lists(st.timedeltas(timedelta(0), 5 * DAY), min_size=1, max_size=60),
    st.integers(1, 4),
    st.timedeltas(HOUR, 3 * DAY),
)
def test_whoever_asks_before_sending_never_exceeds_a_window(
    gaps: list[timedelta], most: int, window: timedelta
) -> None:
    """Messages come at any time and wait as long as they are told to: any window holds `most`."""
    cap = Cap(slug="any", most=most, rolling=window)
    sent: list[datetime] = []
    now = NOW
    for gap in gaps:
        now += gap
        known = Known([Counted(each, "email", "", False) for each in sent], [], UTC_ZONE)
        verdict = judge((cap,), Asking("email", "", 50, False), known, now=now)
        if verdict is not None:
            assert verdict.until > now
            now = verdict.until
            assert judge((cap,), Asking("email", "", 50, False), known, now=now) is None
        sent.append(now)
    for first in sent:
        assert sum(first <= each < first + window for each in sent) <= most
