"""Quiet hours by the wall clock, over every change of it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.quiet import Hours, Quiet, parse

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(hours=Hours(time(21), time(9)))
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
        "America/Sao_Paulo", "Asia/Kolkata", "Africa/Casablanca", "Antarctica/Troll",
    )
]  # fmt: skip
INSTANTS = st.datetimes(
    datetime(2010, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)
)  # fmt: skip
TIMES = st.times().map(lambda each: each.replace(microsecond=0, fold=0))
HOURS = st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1]).map(lambda p: Hours(*p))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opens(now: str, quiet: Quiet = NIGHT, zone: ZoneInfo = BERLIN, **how: str) -> datetime:
    return quiet.open_from(at(now), zone, **{"channel": "email", **how})


def test_the_night_ends_at_nine_on_the_wall() -> None:
    assert opens("2026-12-01T02:00") == at("2026-12-01T08:00")  # 03:00 in Berlin
    assert opens("2026-12-01T20:00") == at("2026-12-02T08:00")  # 21:00, its very beginning
    assert opens("2026-12-01T19:59:59") == at("2026-12-01T19:59:59")
    assert opens("2026-12-01T08:00") == at("2026-12-01T08:00")


def test_nine_stays_nine_when_the_clocks_change() -> None:
    assert opens("2026-03-29T00:30") == at("2026-03-29T07:00")
    assert opens("2026-10-25T00:30") == at("2026-10-25T08:00")


def test_the_second_of_two_equal_hours_is_quiet_as_well() -> None:
    """02:00 to 03:00 comes twice on 25 October; the quiet end at 02:30 as well."""
    short = Quiet(hours=Hours(time(1), time(2, 30)))
    assert opens("2026-10-25T00:15", short) == at("2026-10-25T00:30")
    assert opens("2026-10-25T01:15", short) == at("2026-10-25T01:30")


def test_a_quiet_day_is_quiet_from_midnight_to_midnight() -> None:
    feast = Quiet(hours=NIGHT.hours, days=frozenset({(12, 25), date(2026, 12, 26)}))
    assert opens("2026-12-24T23:30", feast) == at("2026-12-27T08:00")
    assert opens("2027-12-25T11:00", feast) == at("2027-12-26T08:00")


def test_sms_keeps_to_the_hours_of_the_customers_country() -> None:
    rules = parse(sms="us=08:00-21:00")
    new_york = ZoneInfo("America/New_York")
    night = "2026-12-01T04:00"
    assert opens(night, rules, new_york, channel="sms", country="US") == at("2026-12-01T13:00")
    assert opens(night, rules, new_york, channel="email", country="US") == at(night)
    assert opens(night, rules, new_york, channel="sms", country="DE") == at(night)


def test_rules_that_never_let_go_are_refused() -> None:
    days = frozenset(
        (each.month, each.day) for each in (date(2028, 1, 1) + timedelta(n) for n in range(366))
    )
    with pytest.raises(ValueError, match="never end"):
        opens("2026-12-01T02:00", Quiet(days=days))


@given(INSTANTS, HOURS, st.sampled_from(ZONES))
def test_what_opens_is_never_quiet_and_never_early_by_a_second(
    now: datetime, hours: Hours, zone: ZoneInfo
) -> None:
    found = Quiet(hours=hours).open_from(now, zone, channel="email")
    assert found >= now
    assert not hours.hold(found.astimezone(zone).time())
    if found > now:
        before = found - timedelta(seconds=1)
        assert before < now or hours.hold(before.astimezone(zone).time())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"hours": "21-9"}, "write 21:00-09:00"), ({"hours": "09:00-09:00"}, "two different times"),
        ({"hours": "25:00-09:00"}, "no hours"), ({"days": ["13-01"]}, "13-01 is no day"),
        ({"days": ["christmas"]}, "is no day"), ({"sms": "USA=08:00-21:00"}, "no country's hours"),
        ({"sms": "US"}, "no country's hours"), ({"sms": "US=8-21"}, "no hours"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(**given)  # type: ignore[arg-type]


def test_days_are_read_with_and_without_a_year() -> None:
    assert parse(days=["02-29", "2026-12-31"]).days == {(2, 29), date(2026, 12, 31)}
    assert not parse()
