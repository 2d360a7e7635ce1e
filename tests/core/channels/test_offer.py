"""When an offer ends: what is written, by whose clock, and where it is found."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core import offer
from channels.core.gate import Refuse, judge
from tests.core.channels.test_gate import NOW, facts

PRAGUE = ZoneInfo("Europe/Prague")
KNOWN: dict[str, Any] = {
    "customer": {"until": "2026-12-05T10:00", "plan": {"ends": "2026-12-05"}, "odd": 7},
    "entry": {"valid": "2026-12-06T10:00+02:00", "never": "soon", "last": "9999-12-31"},
    "context": {"coupon": {"ends": "2026-12-07T00:00Z"}},
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-12-01T10:00Z", "2026-12-01T10:00:00+00:00"),
        ("2026-12-01T10:00+0530", "2026-12-01T04:30:00+00:00"),
        ("2026-12-01T10:00", "2026-12-01T09:00:00+00:00"),
        ("2026-12-01", "2026-12-01T23:00:00+00:00"),
        ("until", "2026-12-05T09:00:00+00:00"),
        ("plan.ends", "2026-12-05T23:00:00+00:00"),
        ("entry.valid", "2026-12-06T08:00:00+00:00"),
        ("context.coupon.ends", "2026-12-07T00:00:00+00:00"),
    ],
)
def test_an_end_is_read_by_the_customers_clock(written: str, expected: str) -> None:
    found = offer.ends(written, variables=KNOWN, zone=PRAGUE)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("path", ["odd", "until.deeper", "nothing", "entry.never", "entry.last"])
def test_what_is_no_date_ends_nothing(path: str) -> None:
    assert offer.ends(path, variables=KNOWN, zone=PRAGUE) is None


@pytest.mark.parametrize("written", ["in two days", "2026-13-01", "entry.", "{{ until }}", "7"])
def test_what_can_be_no_end_is_told(written: str) -> None:
    assert "entry.PROPERTY" in offer.problem(written)
    assert offer.problem("entry.valid") == offer.problem("2026-12-01") == ""


def test_only_an_attribute_is_looked_for_on_the_profile() -> None:
    assert [offer.attribute(each) for each in ("until", "entry.valid", "context.a", "2026-12-01")] \
        == ["until", "", "", ""]  # fmt: skip


@given(st.timedeltas(min_value=-timedelta(days=9), max_value=timedelta(days=9)))
def test_nothing_leaves_once_the_offer_is_over_and_everything_before(left: timedelta) -> None:
    found = judge(facts(offer_ends=NOW + left), now=NOW)
    over = isinstance(found, Refuse) and found.reason == "offer_over"
    assert over == (left <= timedelta())


def test_a_ghosts_message_meets_the_same_end() -> None:
    found = judge(facts(offer_ends=NOW, ghost="holdout"), now=NOW)
    assert isinstance(found, Refuse)
    assert (found.status, found.inputs) == ("skipped", {"offer_ends": NOW.isoformat()})


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)))
def test_an_instant_with_a_zone_is_the_same_for_everybody(at: datetime) -> None:
    assert offer.ends(at.isoformat(), variables={}, zone=PRAGUE) == at
