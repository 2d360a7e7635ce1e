"""How fast an account may hand over: a token bucket, a warm-up by days, and a breaker."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from channels.core.message import Outcome

BURST_SECONDS = 2.0
"""So much of its rate an account may save up: the time between two looks, twice over."""
BREAKER_CALLS = 20
BREAKER_WINDOW = timedelta(seconds=30)
BREAKER_REST = timedelta(seconds=15)
NOT_FAILURES = frozenset({"held_up", "not_begun", "absent", "rate_limited"})
TOO_MANY = 429


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` a second (None: any); at most `warmup[n]` on the n-th day since `warmup_from`."""

    rate: float | None = None
    warmup: tuple[int, ...] = ()
    warmup_from: date | None = None

    def today(self, day: date) -> int | None:
        """How many may leave on this day; None once the warm-up is over, or where there is none."""
        if not self.warmup or self.warmup_from is None:
            return None
        number = max((day - self.warmup_from).days, 0)
        return self.warmup[number] if number < len(self.warmup) else None


class Bucket(msgspec.Struct, kw_only=True):
    """An account's tokens and the count of the day, as they stand at `at`."""

    terms: Terms
    at: datetime
    tokens: float
    day_count: int

    def take(self, weight: int) -> bool:
        """Whether one of this weight (an SMS weighs its segments) may leave, which is then counted.

        What weighs more than fits may leave when all is full, and is made up for afterwards.
        """
        most = self.terms.today(self.at.date())
        if most is not None and self.day_count >= most:
            return False
        if self.terms.rate is not None:
            if self.tokens < min(weight, self.terms.rate * BURST_SECONDS, self.tokens_at_most()):
                return False
            self.tokens -= weight
        self.day_count += 1
        return True

    def tokens_at_most(self) -> float:
        return max(1.0, (self.terms.rate or 0.0) * BURST_SECONDS)

    def again(self) -> datetime:
        """When the next one may leave."""
        most = self.terms.today(self.at.date())
        if most is not None and self.day_count >= most:
            midnight = self.at.replace(hour=0, minute=0, second=0, microsecond=0)
            return midnight + timedelta(days=1)
        rate = self.terms.rate or 1.0
        return self.at + timedelta(seconds=max(1.0 - self.tokens, 0.0) / rate)


def bucket(
    terms: Terms,
    *,
    tokens: float,
    filled_at: datetime | None,
    day: date | None,
    day_count: int,
    now: datetime,
) -> Bucket:
    """What has been kept, filled up to `now` (aware, UTC); full when it was never filled. A clock
    that was set back fills nothing and takes nothing.
    """
    most = max(1.0, (terms.rate or 0.0) * BURST_SECONDS)
    if filled_at is not None:
        passed = max((now - filled_at).total_seconds(), 0.0)
        most = min(most, tokens + passed * (terms.rate or 0.0))
    return Bucket(terms=terms, at=now, tokens=most, day_count=day_count if day == now.date() else 0)


def warmup(steps: str) -> tuple[int, ...]:
    """The days' numbers from their text, `50, 100, 500`. Raises ValueError."""
    return tuple(int(step) for step in steps.replace(",", " ").split())


def failures(outcomes: Iterable[Outcome]) -> int:
    """How many of these say that the provider is not well: no answer, or an error of its own."""
    return sum(
        each.kind == "unknown"
        or (each.kind == "retry" and each.http_status != TOO_MANY and each.code not in NOT_FAILURES)
        for each in outcomes
    )
