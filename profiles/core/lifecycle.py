"""Where a customer stands at an instant, and the first later instant at which that can change.

A function of facts, model version and time alone: the same history gives the same answer for ever.
Everything moves on edges known in advance, so nobody is ever looked at twice for nothing. A bound
like `r ≤ 1` or `within 14 days` is included, so its change holds one microsecond later; a soft
clock (`1 h after the cart`) and the end of the 24 months hold at their own instant.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from math import floor, inf
from typing import Literal, NamedTuple

import msgspec

from profiles.core.cycle import DAY, DEFAULT_CYCLE, LONGEST, personal_cycle
from profiles.core.rfm import Cuts, Quad, score
from profiles.core.stages import RULES, Rule, Signals, decide, edges, every_signal

HOUR, MINUTE = 3_600.0, 60.0
MICRO = timedelta(microseconds=1)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Every number of the lifecycle but the population's: seconds, or multiples of the cycle.

    `jitter` and `news` bound what counts as a late order: an order older than the placement it
    contradicts by more than `jitter`, or a first placement that began more than `news` ago.
    """

    rules: tuple[Rule, ...] = RULES
    recency: Quad = (0.5, 1, 1.5, 2.5)
    recency_mode: Literal["lateness", "quintile"] = "lateness"
    loyal_orders: int = 4
    loyal_frequency: int = 4
    interest: float = 14 * DAY
    idle: float = 30 * DAY
    window_months: int = 24
    cycle_weight: float = 2
    cycle_clamp: float = 4
    bounced: float = 30 * MINUTE
    browse_lost: float = 4 * HOUR
    cart_lost: float = HOUR
    checkout_lost: float = 30 * MINUTE
    one_and_done: float = 1.5
    lapsed_repeat: float = 2.5
    lapsed_loyal: float = 1.5
    jitter: float = HOUR
    news: float = 3 * DAY


class Model(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of the lifecycle: thresholds, cut-points and the population cycle in seconds.

    The defaults serve an empty base. Raises ValueError for a cycle outside one second … ten years.
    """

    version: int = 1
    thresholds: Thresholds = Thresholds()
    cuts: Cuts = Cuts()
    cycle: float = DEFAULT_CYCLE

    def __post_init__(self) -> None:
        if not 1 <= self.cycle <= LONGEST:
            raise ValueError("The population cycle must lie between one second and ten years.")

    @cached_property
    def lateness(self) -> tuple[float, ...]:
        """Every lateness r at which a segment or a lost stage may change, ascending."""
        own = self.thresholds
        soft = {own.one_and_done, own.lapsed_repeat, own.lapsed_loyal}
        return tuple(sorted(edges(own.rules) | soft))

    @cached_property
    def anonymous(self) -> frozenset[str]:
        """Prospects' segments that a customer leaves by being identified."""
        found = (signals for signals in every_signal(self.thresholds.rules) if not signals.orders)
        pairs = ((self.rule(s), self.rule(s._replace(identified=True))) for s in found)
        return frozenset(before.segment for before, after in pairs if before != after)

    @cached_property
    def _known(self) -> dict[Signals, Rule]:
        return {}

    def rule(self, signals: Signals) -> Rule:
        """The rule that takes these signals. Raises ValueError where an edited table has none."""
        rule = self._known.get(signals) or decide(self.thresholds.rules, signals)
        if rule is None:
            raise ValueError(f"No lifecycle rule covers {signals}; add a rule for them.")
        self._known[signals] = rule
        return rule


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one customer. Orders are counted net: not cancelled, value above zero.

    `orders_window` and `revenue_window` cover the 24 months before the instant of placing;
    `window_slides_at` is when the oldest of them leaves. `peak_window` is the most orders that ever
    lay within one window; `ever_loyal` stands in for it where the same model version found it so.
    Gaps run between consecutive purchases. A prospect's activity is known, a buyer's need not be.
    """

    orders: int = 0
    orders_window: int = 0
    peak_window: int = 0
    revenue: Decimal = Decimal(0)
    revenue_window: Decimal = Decimal(0)
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    gap_seconds: float = 0.0
    gap_count: int = 0
    window_slides_at: datetime | None = None
    ever_loyal: bool = False
    identified: bool = False
    last_activity_at: datetime | None = None
    last_view_at: datetime | None = None
    last_cart_at: datetime | None = None
    last_checkout_at: datetime | None = None


class Standing(NamedTuple):
    """The answer at one instant. Scores are 0 before the first order."""

    stage: str
    segment: str
    lost_stage: str = ""
    r: int = 0
    f: int = 0
    m: int = 0
    ever_loyal: bool = False


class Placement(NamedTuple):
    """A standing that holds from now until just before `next_at` (None: for ever), failing news."""

    standing: Standing
    next_at: datetime | None

    @property
    def code(self) -> str:
        """The scores as `545`, empty before the first order."""
        _, _, _, r, f, m, _ = self.standing
        return f"{r}{f}{m}" if r else ""


class _Buyer:
    """A customer with orders: everything turns on how late the next one is."""

    def __init__(self, facts: Facts, last_order_at: datetime, model: Model) -> None:
        own, cuts = model.thresholds, model.cuts
        cycle = personal_cycle(
            facts.gap_seconds,
            facts.gap_count,
            population=model.cycle,
            weight=own.cycle_weight,
            clamp=own.cycle_clamp,
        )
        self.model, self.last = model, last_order_at
        self.orders = min(facts.orders, 2)
        self.f = score(facts.orders_window, cuts.f)
        self.m = score(float(facts.revenue_window), cuts.m)
        many = facts.orders >= own.loyal_orders
        self.loyal = many or self.f >= own.loyal_frequency
        peak = score(facts.peak_window, cuts.f)
        self.ever_loyal = self.loyal or facts.ever_loyal or peak >= own.loyal_frequency
        # The last microsecond, counted from the last order, at which a bound still holds.
        self.bounds = [floor(edge * cycle * 1e6) for edge in model.lateness]
        if own.recency_mode == "lateness":
            self.recency = [floor(edge * cycle * 1e6) for edge in own.recency]
        else:
            self.recency = [floor(days * DAY * 1e6) - 1 for days in cuts.r]

    def at(self, instant: datetime) -> Standing:
        """The standing at `instant`."""
        elapsed = (instant - self.last) // MICRO
        late = (*self.model.lateness, inf)[bisect_left(self.bounds, elapsed)]
        rule = self.model.rule(Signals(self.orders, late, self.loyal, self.f, self.m))
        r = 5 - bisect_left(self.recency, elapsed)
        lost = self._lost(late)
        return Standing(rule.stage, rule.segment, lost, r, self.f, self.m, self.ever_loyal)

    def _lost(self, late: float) -> str:
        own = self.model.thresholds
        if self.orders == 1:
            return "one_and_done" if late > own.one_and_done else ""
        if self.ever_loyal:
            return "lapsed_loyal" if late > own.lapsed_loyal else ""
        return "lapsed_repeat" if late > own.lapsed_repeat else ""

    def edges(self) -> Iterator[datetime]:
        """The instants at which the standing may differ from the one before, ascending."""
        for last in sorted({*self.recency, *self.bounds}):
            yield self.last + timedelta(microseconds=last + 1)


class _Prospect:
    """A customer without orders: everything turns on what they looked at, and when."""

    def __init__(self, facts: Facts, active_at: datetime, model: Model) -> None:
        own = model.thresholds
        self.model, self.identified = model, facts.identified
        carts = [at for at in (facts.last_cart_at, facts.last_checkout_at) if at]
        self.idle_from = active_at + timedelta(seconds=own.idle) + MICRO
        interest = timedelta(seconds=own.interest) + MICRO
        self.cart_until = max(carts) + interest if carts else None
        self.view_until = facts.last_view_at + interest if facts.last_view_at else None
        self.lost_stage, since, clock = self._clock(facts, active_at)
        self.lost_from = since + timedelta(seconds=clock)

    def _clock(self, facts: Facts, active_at: datetime) -> tuple[str, datetime, float]:
        """How deep the customer went, from when their soft clock runs, and for how long."""
        own = self.model.thresholds
        cart, checkout, view = facts.last_cart_at, facts.last_checkout_at, facts.last_view_at
        if checkout and (cart is None or checkout >= cart):
            return "cart_lost", checkout, own.checkout_lost
        if cart:
            return "cart_lost", cart, own.cart_lost
        if view:
            return "browse_lost", view, own.browse_lost
        return "bounced", active_at, own.bounced

    def at(self, instant: datetime) -> Standing:
        """The standing at `instant`."""
        signals = Signals(
            0,
            identified=self.identified,
            viewed=self.view_until is not None and instant < self.view_until,
            carted=self.cart_until is not None and instant < self.cart_until,
            idle=instant >= self.idle_from,
        )
        rule = self.model.rule(signals)
        lost = self.lost_stage if instant >= self.lost_from else ""
        return Standing(rule.stage, rule.segment, lost)

    def edges(self) -> Iterator[datetime]:
        """The instants at which the standing may differ from the one before, ascending."""
        known = (self.lost_from, self.cart_until, self.view_until, self.idle_from)
        yield from sorted(at for at in known if at)


def _subject(facts: Facts, model: Model) -> _Buyer | _Prospect:
    if facts.orders and facts.last_order_at:
        return _Buyer(facts, facts.last_order_at, model)
    return _Prospect(facts, facts.last_activity_at or NEVER, model)


def stand(facts: Facts, model: Model, at: datetime) -> Standing:
    """Where the customer stands at `at`."""
    return _subject(facts, model).at(at)


def place(facts: Facts, model: Model, now: datetime) -> Placement:
    """Where the customer stands at `now`, and the first later instant at which that changes.

    The instant at which an order leaves the window always ends a placement: the facts change then.
    """
    subject = _subject(facts, model)
    standing = subject.at(now)
    changes = (at for at in subject.edges() if at > now and subject.at(at) != standing)
    next_at = next(changes, None)
    slide = facts.window_slides_at
    if facts.orders and slide and slide > now and (next_at is None or slide < next_at):
        next_at = slide
    return Placement(standing, next_at)


def began(facts: Facts, model: Model, now: datetime) -> datetime:
    """Since when the customer has stood in the segment of `now`, as we would have seen it then."""
    subject = _subject(facts, model)
    since = min(facts.last_order_at or facts.last_activity_at or NEVER, now)
    segment = subject.at(since).segment
    for edge in subject.edges():
        if since < edge <= now and (later := subject.at(edge).segment) != segment:
            since, segment = edge, later
    return since
