"""Stable draws: a customer's bucket under a salt, and the arm whose range holds the bucket.

The same salt and customer give the same bucket forever, on every machine; nothing is stored and
nothing is random.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256

import msgspec

BUCKETS = 10_000
GLOBAL_CONTROL = "global-control"
"""The salt of the group of customers whom no marketing message reaches."""
_ONE = Decimal(1)


class Range(msgspec.Struct, frozen=True):
    """The buckets `start <= bucket < stop` belong to `arm`."""

    arm: str
    start: int
    stop: int


def bucket(salt: str, customer: str) -> int:
    """0..9999 for the customer's stable id, which is the text of its number."""
    return int(sha256(f"{salt}:{customer}".encode()).hexdigest()[:15], 16) % BUCKETS


def threshold(percent: float | Decimal) -> int:
    """How many of the 10,000 buckets `percent` takes: 10 takes 1,000 and 0.01 takes one."""
    return int((Decimal(str(percent)) * 100).quantize(_ONE, ROUND_HALF_UP))


def drawn(salt: str, customer: str, percent: float | Decimal) -> bool:
    """Whether the customer is among the stable `percent`. A larger one keeps all drawn before."""
    return bucket(salt, customer) < threshold(percent)


def ranges(shares: Iterable[tuple[str, float | Decimal]]) -> tuple[Range, ...]:
    """Arms with their percentages, in document order, as cumulative half-open ranges of buckets.

    Borders are rounded from the running total, so that shares with fractions never leave a gap.
    """
    found: list[Range] = []
    total = Decimal(0)
    for arm, share in shares:
        start = threshold(total)
        total += Decimal(str(share))
        found.append(Range(arm=arm, start=start, stop=threshold(total)))
    return tuple(found)


def arm(found: Iterable[Range], number: int) -> str | None:
    """The arm whose range holds the bucket `number`; None when the shares end below it."""
    return next((each.arm for each in found if each.start <= number < each.stop), None)
