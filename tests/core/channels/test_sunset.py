"""The setting of the sunset, and that what it closes is closed to marketing alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from channels.core.gate import OPEN, Facts, Go, Refuse, judge
from channels.core.sunset import Sunset, parse
from config import env

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def verdict(**changes: Any) -> Any:
    asked: dict[str, Any] = {
        "channels": ("email",), "transactional": False, "topic": "", "ghost": "",
        "expires_at": None, "addresses": {"email": "a@x.example", "sms": "+4915112345678"},
        "suppressed": {"email": "sunset"}, "consents": {}, "policy": "opt_out",
        "accounts": {"email": OPEN, "sms": OPEN},
    }  # fmt: skip
    return judge(Facts(**{**asked, **changes}), now=NOW)


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_days_and_messages_are_read_as_written(days: int, messages: int) -> None:
    found = parse(f" {days}d/{messages} ")
    assert found == Sunset(days, messages)
    assert found.silence == timedelta(days=days)


def test_nothing_written_is_off() -> None:
    assert parse("") is parse(" ") is None


@pytest.mark.parametrize(
    "text", ["180d", "180/12", "0d/12", "180d/0", "-1d/3", "180d/12x", "off", "1d/1.5", "١d/1"]
)
def test_anything_else_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="180d/12"):
        parse(text)


def test_silence_holds_back_marketing_with_a_reason_of_its_own() -> None:
    found = verdict()
    assert isinstance(found, Refuse)
    assert (found.status, found.reason, found.inputs) == (
        "skipped", "sunset", {"email": {"reason": "sunset"}},
    )  # fmt: skip


def test_transactional_messages_leave() -> None:
    assert verdict(transactional=True) == Go("email", "a@x.example")


def test_a_transactional_message_is_still_kept_from_who_refused() -> None:
    refused = {("email", ""): "unsubscribed"}
    assert verdict(transactional=True, consents=refused).reason == "no_consent"


def test_the_next_channel_is_tried() -> None:
    assert verdict(channels=("email", "sms")) == Go("sms", "+4915112345678")


def test_a_bounce_on_another_channel_says_more() -> None:
    both = {"email": "sunset", "sms": "bounced"}
    assert verdict(channels=("email", "sms"), suppressed=both).reason == "suppressed"


def test_a_wrong_setting_ends_the_start_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_SUNSET", "half a year")
    with pytest.raises(ImproperlyConfigured, match="SOJOURN_SUNSET: 'half a year' is no days"):
        env.sunset()
