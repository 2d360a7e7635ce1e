"""The lifecycle's words and its rules as one ordered table: the first rule that holds, decides.

A rule compares signals only; how facts and instants become signals is `profiles.core.lifecycle`.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import inf
from typing import NamedTuple

import msgspec

STAGES = ("acquisition", "conversion", "growth", "loyalty", "reactivation")

LOST_STAGES: Mapping[str, str] = {
    "bounced": "left without looking at a product",
    "browse_lost": "looked at products, filled no cart",
    "cart_lost": "filled a cart, never bought",
    "one_and_done": "bought once",
    "lapsed_repeat": "bought more than once, never loyal",
    "lapsed_loyal": "was loyal once",
}


class Signals(NamedTuple):
    """What rules look at. `orders` is 0, 1 or 2 (two and more); `late` is r, rounded up to the next
    number that any rule names, so that finitely many signals stand for every customer.
    """

    orders: int
    late: float = 0.0
    loyal: bool = False
    f: int = 0
    m: int = 0
    identified: bool = False
    viewed: bool = False
    carted: bool = False
    idle: bool = False


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row: it holds where every condition given holds. `above` < r ≤ `upto`."""

    stage: str
    segment: str
    orders: int
    above: float | None = None
    upto: float | None = None
    loyal: bool | None = None
    f: int | None = None
    m: int | None = None
    identified: bool | None = None
    viewed: bool | None = None
    carted: bool | None = None
    idle: bool | None = None

    def holds(self, signals: Signals) -> bool:
        """`orders`, flags and lateness as given; `f` and `m` are the least scores asked for."""
        return (
            self.orders == signals.orders
            and (self.above is None or signals.late > self.above)
            and (self.upto is None or signals.late <= self.upto)
            and (self.f is None or signals.f >= self.f)
            and (self.m is None or signals.m >= self.m)
            and all(
                wanted is None or wanted == found
                for wanted, found in (
                    (self.loyal, signals.loyal),
                    (self.identified, signals.identified),
                    (self.viewed, signals.viewed),
                    (self.carted, signals.carted),
                    (self.idle, signals.idle),
                )
            )
        )


RULES: tuple[Rule, ...] = (
    Rule("reactivation", "lost", 0, idle=True),
    Rule("acquisition", "cart_holder", 0, carted=True),
    Rule("acquisition", "browser", 0, viewed=True),
    Rule("acquisition", "lead", 0, identified=True),
    Rule("acquisition", "visitor", 0),
    Rule("conversion", "first_time_buyer", 1, upto=1),
    Rule("conversion", "second_order_due", 1, upto=2),
    Rule("reactivation", "at_risk", 1, upto=4),
    Rule("reactivation", "lost", 1),
    Rule("loyalty", "champion", 2, upto=1, f=4, m=4),
    Rule("loyalty", "loyal", 2, upto=1.5, loyal=True),
    Rule("growth", "growing", 2, upto=1.5, m=4),
    Rule("growth", "repeat_buyer", 2, upto=1.5),
    Rule("reactivation", "cannot_lose", 2, upto=4, f=4, m=4),
    Rule("reactivation", "cooling", 2, upto=2.5),
    Rule("reactivation", "at_risk", 2, upto=4),
    Rule("reactivation", "lost", 2),
)

SEGMENTS: Mapping[str, str] = {
    "visitor": "acquisition",
    "lead": "acquisition",
    "browser": "acquisition",
    "cart_holder": "acquisition",
    "first_time_buyer": "conversion",
    "second_order_due": "conversion",
    "repeat_buyer": "growth",
    "growing": "growth",
    "champion": "loyalty",
    "loyal": "loyalty",
    "cannot_lose": "reactivation",
    "cooling": "reactivation",
    "at_risk": "reactivation",
    "lost": "reactivation",
}


def decide(rules: Iterable[Rule], signals: Signals) -> Rule | None:
    """The first rule that holds."""
    return next((rule for rule in rules if rule.holds(signals)), None)


def edges(rules: Iterable[Rule]) -> frozenset[float]:
    """Every lateness at which some rule changes its answer."""
    bounds = (bound for rule in rules for bound in (rule.above, rule.upto))
    return frozenset(bound for bound in bounds if bound is not None)


def every_signal(rules: Iterable[Rule], *, loyal_frequency: int = 4) -> Iterator[Signals]:
    """All signals a customer can give: a grid that stands for every possible history.

    F of at least `loyal_frequency` makes the loyal class by itself; below it, many orders may.
    """
    flags = (False, True)
    for identified, viewed, carted, idle in product(flags, repeat=4):
        yield Signals(orders=0, identified=identified, viewed=viewed, carted=carted, idle=idle)
    for late, m in product((*sorted(edges(rules)), inf), range(1, 6)):
        yield Signals(orders=1, late=late, f=1, m=m)
        for f in range(1, 6):
            for loyal in {f >= loyal_frequency, True}:
                yield Signals(orders=2, late=late, loyal=loyal, f=f, m=m)


def unreachable(rules: tuple[Rule, ...]) -> list[str]:
    """Segments that no customer can reach because earlier rules take everyone, in table order."""
    reached = {rule.segment for signals in every_signal(rules) if (rule := decide(rules, signals))}
    return [name for name in dict.fromkeys(rule.segment for rule in rules) if name not in reached]


def uncovered(rules: tuple[Rule, ...]) -> list[Signals]:
    """Signals that no rule answers; a table in use must have none."""
    return [signals for signals in every_signal(rules) if decide(rules, signals) is None]
