"""Numbers by month agree with following every customer through the log."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from profiles.core.months import Move, month_of
from profiles.models import Cohort as KeptCohort
from profiles.models import Event, LifecycleState, StageMove
from profiles.operations import history as counting
from profiles.queries import history
from tests.world import World

ZONE = "Europe/Berlin"
MONTHS = 5


@pytest.fixture
def past(world: World, settings: Any) -> World:
    """Five months: Alice buys in each, Bob in one, Charlie in two with a pause, Dora in none."""
    settings.SOJOURN_TIME_ZONE = ZONE
    world.meet("alice", "bob", "charlie", "dora")
    orders = iter(range(100))

    def buy(name: str, revenue: float) -> None:
        world.does(name, "Order Completed", order_id=f"o{next(orders)}", revenue=revenue)

    world.does("dora", "Product Viewed", product_id="p1")
    for month in range(MONTHS):
        buy("alice", 20 + month)
        if month == 0:
            buy("charlie", 50)
        if month == 1:
            buy("bob", 30)
        if month == 3:
            buy("charlie", 70)
        world.passes("30d" if month < MONTHS - 1 else "1d")
    return world


def followed(now: dt.datetime, months: int) -> Counter[tuple[dt.date, str, str]]:
    """Everybody's stage at the beginning and the end of each month, read event by event."""
    asked = [month_of(now, zone=ZONE, back=back) for back in range(months)]
    found: Counter[tuple[dt.date, str, str]] = Counter()
    for customer in LifecycleState.objects.values_list("customer_id", flat=True):
        told = Event.objects.filter(customer_id=customer, name="lifecycle.changed")
        changes = [
            (month_of(at, zone=ZONE), said["stage"])
            for at, said in told.order_by("at", "id").values_list("at", "properties")
        ]
        for month in asked:
            before = [stage for at, stage in changes if at < month]
            after = [stage for at, stage in changes if at <= month]
            if after:
                found[month, before[-1] if before else "", after[-1]] += 1
    return found


def test_moves_between_stages_are_those_of_every_customer(past: World) -> None:
    moves = history.moves(now=past.now, months=MONTHS + 2)
    assert {move[:3]: move.customers for move in moves} == followed(past.now, MONTHS + 2)
    assert len({move.month for move in moves}) == MONTHS
    assert any(move.before and move.before != move.after for move in moves)


def test_cohorts_are_those_of_every_order(past: World) -> None:
    bought: dict[int, Counter[dt.date]] = {}
    revenue: Counter[tuple[dt.date, dt.date]] = Counter()
    orders = Event.objects.filter(name="Order Completed").order_by("at")
    for customer, at, said in orders.values_list("customer_id", "at", "properties"):
        months = bought.setdefault(customer, Counter())
        months[month_of(at, zone=ZONE)] += 1
        revenue[min(months), month_of(at, zone=ZONE)] += said["revenue"]
    buyers: Counter[tuple[dt.date, dt.date]] = Counter()
    returned: Counter[tuple[dt.date, dt.date]] = Counter()
    for months in bought.values():
        first = min(months)
        buyers.update((first, month) for month in months)
        returned.update(
            (first, month)
            for before, month in pairwise(sorted(months))
            if (month - before).days <= 31
        )
    found = {(each.cohort, each.month): each for each in history.cohorts()}
    assert {key: each.buyers for key, each in found.items()} == buyers
    assert {key: each.returned for key, each in found.items() if each.returned} == returned
    assert {key: float(each.revenue) for key, each in found.items()} == revenue
    assert sum(each.orders for each in found.values()) == orders.count()


def test_a_refund_takes_its_money_out_of_the_month_of_the_order(past: World) -> None:
    before = {each[:2]: each.revenue for each in history.cohorts()}
    past.does("bob", "Order Refunded", order_id="o3", amount=10, revenue=10)
    after = {each[:2]: each.revenue for each in history.cohorts()}
    changed = {key: before[key] - after[key] for key in before if before[key] != after[key]}
    assert list(changed.values()) == [Decimal(10)]


def test_a_large_base_is_shown_what_the_night_counted(
    past: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = history.known_moves(now=past.now, months=MONTHS)
    cohorts = history.known_cohorts(now=past.now)
    monkeypatch.setattr(history, "FEW", 1)
    assert history.known_moves(now=past.now, months=MONTHS) == (None, [])
    assert history.known_cohorts(now=past.now) == (None, [])
    counting.count(now=past.now)
    kept = history.known_moves(now=past.now, months=MONTHS)
    assert (kept.at, sorted(kept.found)) == (past.now, sorted(live.found))
    assert sorted(history.known_cohorts(now=past.now).found) == sorted(cohorts.found)


def test_counting_again_changes_nothing_and_leaves_what_is_over(past: World) -> None:
    counting.count(now=past.now)
    first = set(StageMove.objects.values_list("month", "before", "after", "customers"))
    old = StageMove.objects.order_by("month").values("month")[:1]
    StageMove.objects.filter(month=old).update(customers=99)
    later = past.now + dt.timedelta(hours=1)
    counting.count(now=later)
    again = set(StageMove.objects.values_list("month", "before", "after", "customers"))
    assert {row[:3] for row in again} == {row[:3] for row in first}
    assert {row[3] for row in again - first} == {99}
    assert set(KeptCohort.objects.values_list("counted_at", flat=True)) == {later}


def test_a_month_that_no_night_counted_is_counted_later(past: World) -> None:
    counting.count(now=past.now)
    assert history.uncounted(now=past.now, months=counting.MONTHS) == 2
    months = sorted(set(StageMove.objects.values_list("month", flat=True)))
    before = list(StageMove.objects.filter(month=months[1]).order_by("id"))
    StageMove.objects.filter(month=months[1]).delete()
    counting.count(now=past.now)
    kept = StageMove.objects.filter(month=months[1]).order_by("before", "after")
    assert {Move(row.month, row.before, row.after, row.customers) for row in kept} == {
        Move(row.month, row.before, row.after, row.customers) for row in before
    }
