"""Tokens, warm-up and what counts as a failure of the provider."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.message import Outcome
from channels.core.pacing import Bucket, Terms, bucket, failures, warmup

NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def filled(
    rate: float | None = None, *, after: float | None = None, tokens: float = 0, **more: object
) -> Bucket:
    at = None if after is None else NOW - after * SECOND
    known = {"day": NOW.date(), "day_count": 0, **more}
    terms = Terms(rate=rate, warmup=(2, 5), warmup_from=known.pop("start", None))  # type: ignore[arg-type]
    return bucket(terms, tokens=tokens, filled_at=at, now=NOW, **known)  # type: ignore[arg-type]


def taken(mine: Bucket, weight: int = 1) -> int:
    count = 0
    while count < 1000 and mine.take(weight):
        count += 1
    return count


def test_a_new_bucket_holds_two_seconds_of_its_rate() -> None:
    assert taken(filled(10.0)) == 20
    assert taken(filled(0.1)) == 1
    assert taken(filled(None)) == 1000


def test_it_fills_with_time_and_never_over_its_edge() -> None:
    assert taken(filled(10.0, after=0.5)) == 5
    assert taken(filled(10.0, after=3600)) == 20
    mine = filled(10.0, after=0)
    assert not mine.take(1)
    assert mine.again() == NOW + 0.1 * SECOND


def test_an_sms_of_many_segments_leaves_when_all_is_full_and_is_made_up_for() -> None:
    mine = filled(1.0)
    assert mine.take(5)
    assert mine.tokens == -3
    assert mine.again() == NOW + 4 * SECOND


@given(st.lists(st.floats(0, 3), max_size=80), st.floats(0.5, 50))
def test_no_span_of_time_sees_more_than_the_rate_and_one_burst(
    pauses: list[float], rate: float
) -> None:
    now, tokens, last, count = NOW, 0.0, None, 0
    for pause in pauses:
        now += pause * SECOND
        mine = bucket(
            Terms(rate=rate), tokens=tokens, filled_at=last, day=None, day_count=0, now=now
        )
        count += taken(mine)
        tokens, last = mine.tokens, now
    most = max(1.0, 2 * rate) + rate * (now - NOW).total_seconds()
    assert count <= most + 1e-6


def test_a_warm_up_counts_days_and_ends() -> None:
    today: dict[str, Any] = {"start": NOW.date()}
    assert taken(filled(**today)) == 2
    assert taken(filled(**today, day_count=1)) == 1
    assert taken(filled(**today, day=date(2026, 12, 1), day_count=9)) == 2
    assert taken(filled(start=date(2026, 12, 1))) == 5
    assert taken(filled(start=date(2026, 11, 30))) == 1000
    full = filled(**today, day_count=2)
    assert not full.take(1)
    assert full.again() == datetime(2026, 12, 3, tzinfo=UTC)


def test_a_warm_up_is_read_from_its_text() -> None:
    assert warmup("50, 100,500") == (50, 100, 500)
    assert warmup("") == ()
    with pytest.raises(ValueError, match="many"):
        warmup("50, many")


def test_what_says_that_a_provider_is_not_well() -> None:
    assert failures([
        Outcome(kind="unknown", code="read_timeout"),
        Outcome(kind="retry", code="connect_failed"),
        Outcome(kind="retry", http_status=503),
    ]) == 3  # fmt: skip
    assert failures([
        Outcome(kind="accepted"), Outcome(kind="permanent", http_status=400),
        Outcome(kind="retry", http_status=429), Outcome(kind="retry", code="held_up"),
        Outcome(kind="account_broken"),
    ]) == 0  # fmt: skip
