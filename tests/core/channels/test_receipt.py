"""Provider words made safe to store, and provider clocks made safe to believe."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.receipt import FUTURE_LIMIT, TEXT_LIMIT, instant, plain, written_instant

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


@given(st.text(st.characters()) | st.integers() | st.none() | st.lists(st.integers()))
def test_any_value_becomes_text_that_postgresql_takes(value: object) -> None:
    text = plain(value)
    assert "\x00" not in text
    assert len(text) <= TEXT_LIMIT
    text.encode("utf-8")


def test_lone_surrogates_and_nul_are_replaced_or_dropped() -> None:
    assert plain("a\x00b\ud800c") == "ab?c"
    assert plain(None) == ""


@pytest.mark.parametrize(
    "odd", [None, True, "", "x", "-5", -5, 0, 1e400, float("nan"), [], {}, "9" * 40, 10**40, "٣"]
)
def test_an_absurd_time_is_now(odd: object) -> None:
    assert instant(odd, now=NOW) == NOW


def test_a_time_may_be_a_number_or_its_digits() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert instant(int(at.timestamp()), now=NOW) == at
    assert instant(str(int(at.timestamp())), now=NOW) == at


def test_a_time_yet_to_come_is_now() -> None:
    ahead = NOW + FUTURE_LIMIT + timedelta(seconds=1)
    assert instant(ahead.timestamp(), now=NOW) == NOW
    assert instant((NOW + FUTURE_LIMIT).timestamp(), now=NOW) == NOW + FUTURE_LIMIT


def test_a_written_time_needs_its_zone() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert written_instant("2026-11-01T00:00:00Z", now=NOW) == at
    assert written_instant("2026-11-01T03:00:00+03:00", now=NOW) == at
    assert written_instant("2026-11-01T00:00:00", now=NOW) == NOW


@given(st.text() | st.integers() | st.none() | st.datetimes().map(lambda at: f"{at.isoformat()}Z"))
def test_any_written_time_is_an_instant_that_has_been(value: object) -> None:
    assert written_instant(value, now=NOW) <= NOW + FUTURE_LIMIT
