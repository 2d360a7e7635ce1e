"""A history in plain Python and the facts it amounts to: the yardstick for core and SQL.

Written from the definitions, not from the code under test.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from profiles.core.cycle import months_later, personal_cycle
from profiles.core.lifecycle import Facts, Model

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MICRO = timedelta(microseconds=1)


@dataclass(frozen=True)
class History:
    """Orders (at, net value), views, carts, checkouts and other activity, in any order."""

    orders: tuple[tuple[datetime, Decimal], ...] = ()
    views: tuple[datetime, ...] = ()
    carts: tuple[datetime, ...] = ()
    checkouts: tuple[datetime, ...] = ()
    others: tuple[datetime, ...] = ()
    identified: bool = False

    def facts(self, now: datetime) -> Facts:
        """What is known at `now`; events are taken as they stand, also those yet to come."""
        bought = sorted(self.orders)
        instants = [at for at, _ in bought]
        window = [(at, value) for at, value in bought if months_later(at, 24) > now]
        slides = [months_later(at, 24) for at, _ in window]
        seen = [*self.views, *self.carts, *self.checkouts, *self.others, *instants]
        peaks = [sum(months_later(a, 24) > b for a in instants if a <= b) for b in instants]
        return Facts(
            orders=len(bought),
            orders_window=len(window),
            peak_window=max(peaks, default=0),
            revenue=sum((value for _, value in bought), Decimal(0)),
            revenue_window=sum((value for _, value in window), Decimal(0)),
            first_order_at=latest(instants[:1]),
            last_order_at=latest(instants),
            gap_seconds=(instants[-1] - instants[0]).total_seconds() if instants else 0.0,
            gap_count=max(len(instants) - 1, 0),
            window_slides_at=min(slides, default=None),
            identified=self.identified,
            last_activity_at=latest(seen),
            last_view_at=latest(self.views),
            last_cart_at=latest(self.carts),
            last_checkout_at=latest(self.checkouts),
        )


def latest(instants: Iterable[datetime]) -> datetime | None:
    return max(instants, default=None)


def bought(*days_ago: float, value: int = 20, before: datetime = T0) -> History:
    """Orders so many days before `before`."""
    return History(orders=tuple((before - days * DAY, Decimal(value)) for days in days_ago))


def expected(facts: Facts, model: Model, now: datetime) -> tuple[str, str, str, int, int, int]:
    """Stage, segment, lost stage, R, F, M as the definitions say, spelled out."""
    if facts.orders == 0:
        return (*_prospect(facts, now), 0, 0, 0)
    return _buyer(facts, model, now)


def _prospect(facts: Facts, now: datetime) -> tuple[str, str, str]:
    active = facts.last_activity_at
    assert active is not None
    carts = [at for at in (facts.last_cart_at, facts.last_checkout_at) if at]
    if now - active > 30 * DAY:
        stage, segment = "reactivation", "lost"
    elif any(now - at <= 14 * DAY for at in carts):
        stage, segment = "acquisition", "cart_holder"
    elif facts.last_view_at and now - facts.last_view_at <= 14 * DAY:
        stage, segment = "acquisition", "browser"
    else:
        stage, segment = "acquisition", "lead" if facts.identified else "visitor"
    return stage, segment, _prospect_lost(facts, active, now)


def _prospect_lost(facts: Facts, active: datetime, now: datetime) -> str:
    cart, checkout = facts.last_cart_at, facts.last_checkout_at
    if cart or checkout:
        paying = checkout is not None and (cart is None or cart <= checkout)
        due = checkout + HOUR / 2 if checkout and paying else (cart or now) + HOUR
        return "cart_lost" if now >= due else ""
    if facts.last_view_at:
        return "browse_lost" if now >= facts.last_view_at + 4 * HOUR else ""
    return "bounced" if now >= active + HOUR / 2 else ""


def _buyer(facts: Facts, model: Model, now: datetime) -> tuple[str, str, str, int, int, int]:
    assert facts.last_order_at is not None
    cycle = personal_cycle(facts.gap_seconds, facts.gap_count, population=model.cycle)
    elapsed = (now - facts.last_order_at) // MICRO

    def within(r: float) -> bool:
        return elapsed <= r * cycle * 1e6

    recency = 5 - sum(not within(r) for r in (0.5, 1, 1.5, 2.5))
    f = 1 + sum(facts.orders_window > cut for cut in model.cuts.f)
    m = 1 + sum(float(facts.revenue_window) > cut for cut in model.cuts.m)
    loyal = facts.orders >= 4 or f >= 4
    ever = loyal or sum(facts.peak_window > cut for cut in model.cuts.f) >= 3
    if facts.orders == 1:
        pair = _single(within)
        lost = "" if within(1.5) else "one_and_done"
    else:
        pair = _repeat(within, loyal=loyal, f=f, m=m)
        soft = 1.5 if ever else 2.5
        lost = "" if within(soft) else "lapsed_loyal" if ever else "lapsed_repeat"
    return (*pair, lost, recency, f, m)


def _single(within) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    if within(1):
        return "conversion", "first_time_buyer"
    if within(2):
        return "conversion", "second_order_due"
    return "reactivation", "at_risk" if within(4) else "lost"


def _repeat(within, *, loyal: bool, f: int, m: int) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    best = f >= 4 and m >= 4
    if within(1.5):
        if loyal:
            return "loyalty", "champion" if best and within(1) else "loyal"
        return "growth", "growing" if m >= 4 else "repeat_buyer"
    if within(4) and best:
        return "reactivation", "cannot_lose"
    if within(2.5):
        return "reactivation", "cooling"
    return "reactivation", "at_risk" if within(4) else "lost"
