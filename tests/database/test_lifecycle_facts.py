"""The log says what customers bought and did; the definitions say what follows."""

from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest

from profiles.core.lifecycle import Model
from profiles.models import Customer, LifecycleState
from profiles.operations.lifecycle import advance_due, refresh
from profiles.queries.lifecycle import next_due
from profiles.queries.purchases import purchases
from tests.core.lifecycle_history import DAY, HOUR, T0, History, expected
from tests.database.shop import (
    customer,
    log,
    order,
    pass_time,
    placed,
    segment,
    state,
    store,
    told,
)

pytestmark = pytest.mark.django_db
MODEL = Model()


def any_history(draw: Random) -> History:
    def instants(most: int, days: float) -> tuple[datetime, ...]:
        return tuple(T0 - draw.random() * days * DAY for _ in range(draw.randint(0, most)))

    prices = [Decimal(draw.randint(1, 60_000)) / 100 for _ in range(9)]
    return History(
        orders=tuple(zip(instants(draw.choice([0, 3, 9]), 900), prices, strict=False)),
        views=instants(2, 40),
        carts=instants(1, 40),
        checkouts=instants(1, 40),
        others=(T0 - draw.random() * 45 * DAY,),
        identified=draw.random() < 0.5,
    )


def test_the_log_gives_the_facts_and_placements_of_the_definitions() -> None:
    draw = Random(11)
    histories = [any_history(draw) for _ in range(300)]
    ids = store(histories, born=T0 - 400 * DAY)
    refresh(ids, now=T0)
    rows = LifecycleState.objects.in_bulk(ids)
    for id_, history in zip(ids, histories, strict=True):
        row, facts = rows[id_], history.facts(T0)
        found = (row.stage, row.segment, row.lost_stage, row.r, row.f, row.m)
        assert found == expected(facts, MODEL, T0), history
        kept = (row.orders, row.orders_window, row.revenue, row.revenue_window, row.gap_count)
        assert kept == (
            facts.orders,
            facts.orders_window,
            facts.revenue,
            facts.revenue_window,
            facts.gap_count,
        )
        assert row.window_slides_at == facts.window_slides_at
        if not facts.orders:
            assert row.last_activity_at == facts.last_activity_at
    assert {row.segment for row in rows.values()} >= {"lost", "at_risk", "browser", "loyal"}


def test_orders_are_summed_up_as_the_definitions_say() -> None:
    draw = Random(3)
    histories = [any_history(draw) for _ in range(200)]
    ids = store(histories)
    found = purchases([(id_, T0) for id_ in ids], months=24)
    assert found.keys() < set(ids)
    for id_, history in zip(ids, histories, strict=True):
        facts = history.facts(T0)
        if not facts.orders:
            assert id_ not in found
            continue
        said = found[id_]
        assert said.gap_seconds == pytest.approx(facts.gap_seconds, abs=1e-5)
        assert (
            msgspec.structs.replace(
                said,
                gap_seconds=facts.gap_seconds,
                identified=facts.identified,
                last_activity_at=facts.last_activity_at,
                last_view_at=facts.last_view_at,
                last_cart_at=facts.last_cart_at,
                last_checkout_at=facts.last_checkout_at,
            )
            == facts
        )
    assert {facts.peak_window for facts in found.values()} >= {1, 2, 3, 5}


def test_following_time_step_by_step_ends_where_a_fresh_look_ends() -> None:
    draw = Random(5)
    histories = [any_history(draw) for _ in range(120)]
    ids = store(histories, born=T0 - 400 * DAY)
    refresh(ids, now=T0)
    later = T0 + 200 * DAY
    pass_time(later)
    rows = LifecycleState.objects.in_bulk(ids)
    for id_, history in zip(ids, histories, strict=True):
        row = rows[id_]
        found = (row.stage, row.segment, row.lost_stage, row.r, row.f, row.m)
        assert found == expected(history.facts(later), MODEL, later), history
        assert row.next_at is None or row.next_at > later


@pytest.mark.parametrize(
    ("properties", "orders", "revenue"),
    [
        ({"revenue": 12.5, "total": 99}, 1, "12.5"),
        ({"total": 30, "value": 99}, 1, "30"),
        ({"value": "41.20"}, 1, "41.2"),
        ({"revenue": None, "total": 8}, 1, "8"),
        ({"revenue": 0}, 0, "0"),
        ({"revenue": -5}, 0, "0"),
        ({}, 1, "0"),
        ({"revenue": "a lot"}, 1, "0"),
        ({"revenue": 1e300}, 1, "0"),
        ({"revenue": {"amount": 5}}, 1, "0"),
        ({"revenue": True}, 1, "0"),
    ],
)
def test_an_order_is_worth_its_revenue_total_or_value(
    properties: dict[str, Any], orders: int, revenue: str
) -> None:
    buyer = customer()
    log(buyer, "Order Completed", T0, order_id="1", **properties)
    refresh([buyer], now=T0)
    assert state(buyer).orders == orders
    assert state(buyer).revenue == Decimal(revenue)


def test_one_order_reported_twice_counts_once_with_the_newer_amount() -> None:
    buyer = customer()
    order(buyer, T0 - HOUR, 50, number="A")
    order(buyer, T0, 45, number="A")
    refresh([buyer], now=T0)
    assert (state(buyer).orders, state(buyer).revenue) == (1, Decimal(45))
    assert state(buyer).last_order_at == T0 - HOUR


def test_orders_without_a_number_stand_for_themselves() -> None:
    buyer = customer()
    for days in (3, 2, 1):
        log(buyer, "Order Completed", T0 - days * DAY, revenue=10)
    log(buyer, "Order Refunded", T0)
    refresh([buyer], now=T0)
    assert state(buyer).orders == 3


def test_a_partial_refund_lowers_revenue_and_a_whole_one_undoes_the_order() -> None:
    buyer = customer()
    order(buyer, T0 - 90 * DAY, 100, number="A")
    order(buyer, T0 - 30 * DAY, 40, number="B")
    placed(buyer, now=T0)
    assert segment(buyer) == "repeat_buyer"
    log(buyer, "Order Refunded", T0, order_id="A", revenue=30)
    placed(buyer, now=T0)
    assert (state(buyer).orders, state(buyer).revenue) == (2, Decimal(110))
    log(buyer, "Order Refunded", T0, order_id="A", revenue=70)
    placed(buyer, now=T0)
    assert (state(buyer).orders, state(buyer).revenue) == (1, Decimal(40))
    assert segment(buyer) == "first_time_buyer"
    log(buyer, "Order Refunded", T0, order_id="B")
    placed(buyer, now=T0)
    assert (state(buyer).orders, segment(buyer)) == (0, "lead")
    assert [move[2] for move in told(buyer)] == ["repeat_buyer", "first_time_buyer", "lead"]


def test_a_cancelled_order_never_was_even_if_the_cancellation_came_first() -> None:
    buyer = customer()
    log(buyer, "Order Cancelled", T0 - DAY, order_id=7)
    order(buyer, T0 - HOUR, 10, number="7")
    order(buyer, T0, 10, number="8")
    refresh([buyer], now=T0)
    assert state(buyer).orders == 1


def test_the_clients_own_event_names_are_understood(settings: Any) -> None:
    settings.SOJOURN_ORDER_EVENTS = {"ordered": ["Kauf"], "viewed": ["Angesehen"]}
    buyer, viewer = customer(), customer()
    log(buyer, "Kauf", T0, revenue=10)
    log(viewer, "Angesehen", T0)
    refresh([buyer, viewer], now=T0)
    assert (segment(buyer), segment(viewer)) == ("first_time_buyer", "browser")


def test_sojourns_own_events_are_no_activity() -> None:
    lead = customer(born=T0 - 50 * DAY)
    log(lead, "page", T0 - 40 * DAY)
    log(lead, "message.sent", T0, source="system")
    refresh([lead], now=T0)
    assert segment(lead) == "lost"
    assert state(lead).last_activity_at == T0 - 40 * DAY


def test_who_never_did_anything_counts_as_active_when_created() -> None:
    silent = customer(born=T0 - 20 * DAY)
    refresh([silent], now=T0)
    assert segment(silent) == "lead"
    pass_time(T0 + 11 * DAY)
    assert segment(silent) == "lost"


def test_unknown_and_merged_customers_are_passed_over() -> None:
    kept, merged = customer(), customer()
    Customer.objects.filter(pk=merged).update(merged_into_id=kept)
    changes = refresh([kept, merged, 10**12], now=T0)
    assert [change.customer_id for change in changes] == [kept]
    assert refresh([], now=T0) == []


def test_a_customer_merged_away_is_taken_out_when_due() -> None:
    kept, merged = customer(), customer()
    refresh([merged], now=T0)
    Customer.objects.filter(pk=merged).update(merged_into_id=kept)
    assert advance_due(now=T0 + DAY) == 1
    assert next_due() is None
    assert not LifecycleState.objects.filter(pk=merged).exists()
