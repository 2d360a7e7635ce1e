"""Addresses in one spelling, waits between attempts, and who is a machine."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.address import canonical, is_valid
from channels.core.machine import is_machine
from channels.core.retry import delay


@pytest.mark.parametrize(
    ("channel", "given_address", "kept"),
    [
        ("email", " Ann@Example.COM ", "ann@example.com"),
        ("sms", "+49 (151) 123-45", "+4915112345"),
        ("sms", "whatsapp:+4915112345", "+4915112345"),
        ("sms", "nobody", ""),
        ("push", "https://push.example/A", "https://push.example/A"),
    ],
)
def test_an_address_is_kept_in_one_spelling(channel: str, given_address: str, kept: str) -> None:
    assert canonical(channel, given_address) == kept
    assert canonical(channel, kept) == kept


def test_an_empty_address_is_never_valid() -> None:
    assert not any(is_valid(channel, "") for channel in ("email", "sms", "push", "telegram"))


@given(st.uuids().map(str), st.integers(1, 60))
def test_a_wait_grows_to_an_hour_and_is_never_nothing(uid: str, attempt: int) -> None:
    wait = delay(uid, attempt)
    assert timedelta() < wait <= timedelta(seconds=min(3600, 5 * 2 ** min(attempt, 20)))
    assert delay(uid, attempt) == wait


@given(st.uuids().map(str), st.floats(0, 86_400))
def test_a_wait_is_never_shorter_than_the_provider_asked(uid: str, seconds: float) -> None:
    assert delay(uid, 1, retry_after=seconds) >= timedelta(seconds=seconds)


def test_waits_are_spread_over_the_whole_range() -> None:
    waits = [delay(f"message-{number}", 5).total_seconds() for number in range(1000)]
    assert 70 < sum(waits) / 1000 < 90
    assert min(waits) < 5 < 155 < max(waits)


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        ("Mozilla/5.0", True),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", True),
        ("Barracuda Sentinel (EE)", True),
        ("Mozilla/5.0 (Windows NT 10.0) HeadlessChrome/120", True),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile",
            False,
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", False),
        (
            "Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            False,
        ),
        ("python-httpx/0.28", False),
        ("", False),
    ],
)
def test_scanners_and_mail_proxies_are_machines(agent: str, machine: bool) -> None:
    assert is_machine(agent) is machine
