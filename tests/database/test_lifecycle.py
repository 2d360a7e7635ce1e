"""Customers are placed from the log, move at their own instants, and are told of once."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from random import Random
from threading import Thread
from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from profiles.core.cycle import months_later
from profiles.core.lifecycle import Model
from profiles.core.stage_changes import Touch
from profiles.models import Customer, Event, LifecycleState
from profiles.operations.lifecycle import advance_due, follow, refresh
from profiles.operations.lifecycle_model import model_in_force
from profiles.queries.lifecycle import next_due
from profiles.queries.purchases import purchases
from tests.core.lifecycle_history import DAY, HOUR, MICRO, T0, History, expected
from tests.database.shop import (
    customer,
    log,
    order,
    pass_time,
    placed,
    segment,
    state,
    store,
    sweep,
    told,
    touched,
)

CYCLE = 60 * DAY
MODEL = Model()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    yield
    sweep()


# Facts out of the log


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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_one_order_reported_twice_counts_once_with_the_newer_amount() -> None:
    buyer = customer()
    order(buyer, T0 - HOUR, 50, number="A")
    order(buyer, T0, 45, number="A")
    refresh([buyer], now=T0)
    assert (state(buyer).orders, state(buyer).revenue) == (1, Decimal(45))
    assert state(buyer).last_order_at == T0 - HOUR


@pytest.mark.django_db
def test_orders_without_a_number_stand_for_themselves() -> None:
    buyer = customer()
    for days in (3, 2, 1):
        log(buyer, "Order Completed", T0 - days * DAY, revenue=10)
    log(buyer, "Order Refunded", T0)
    refresh([buyer], now=T0)
    assert state(buyer).orders == 3


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_cancelled_order_never_was_even_if_the_cancellation_came_first() -> None:
    buyer = customer()
    log(buyer, "Order Cancelled", T0 - DAY, order_id=7)
    order(buyer, T0 - HOUR, 10, number="7")
    order(buyer, T0, 10, number="8")
    refresh([buyer], now=T0)
    assert state(buyer).orders == 1


@pytest.mark.django_db
def test_the_clients_own_event_names_are_understood(settings: Any) -> None:
    settings.SOJOURN_ORDER_EVENTS = {"ordered": ["Kauf"], "viewed": ["Angesehen"]}
    buyer, viewer = customer(), customer()
    log(buyer, "Kauf", T0, revenue=10)
    log(viewer, "Angesehen", T0)
    refresh([buyer, viewer], now=T0)
    assert (segment(buyer), segment(viewer)) == ("first_time_buyer", "browser")


@pytest.mark.django_db
def test_sojourns_own_events_are_no_activity() -> None:
    lead = customer(born=T0 - 50 * DAY)
    log(lead, "page", T0 - 40 * DAY)
    log(lead, "message.sent", T0, source="system")
    refresh([lead], now=T0)
    assert segment(lead) == "lost"
    assert state(lead).last_activity_at == T0 - 40 * DAY


@pytest.mark.django_db
def test_who_never_did_anything_counts_as_active_when_created() -> None:
    silent = customer(born=T0 - 20 * DAY)
    refresh([silent], now=T0)
    assert segment(silent) == "lead"
    pass_time(T0 + 11 * DAY)
    assert segment(silent) == "lost"


@pytest.mark.django_db
def test_unknown_and_merged_customers_are_passed_over() -> None:
    kept, merged = customer(), customer()
    Customer.objects.filter(pk=merged).update(merged_into_id=kept)
    changes = refresh([kept, merged, 10**12], now=T0)
    assert [change.customer_id for change in changes] == [kept]
    assert refresh([], now=T0) == []


@pytest.mark.django_db
def test_a_customer_merged_away_is_taken_out_when_due() -> None:
    kept, merged = customer(), customer()
    refresh([merged], now=T0)
    Customer.objects.filter(pk=merged).update(merged_into_id=kept)
    assert advance_due(now=T0 + DAY) == 1
    assert next_due() is None
    assert not LifecycleState.objects.filter(pk=merged).exists()


# Time


@pytest.mark.django_db
def test_a_buyer_who_never_returns_moves_at_exact_instants_and_is_told_of_once() -> None:
    buyer = customer()
    order(buyer, T0)
    placed(buyer, now=T0)
    due, lost = T0 + CYCLE + MICRO, T0 + 4 * CYCLE + MICRO
    soft, risk = T0 + 1.5 * CYCLE + MICRO, T0 + 2 * CYCLE + MICRO
    pass_time(due - MICRO)
    assert segment(buyer) == "first_time_buyer"
    assert next_due() == due
    pass_time(due)
    assert segment(buyer) == "second_order_due"
    pass_time(T0 + 900 * DAY)
    assert told(buyer) == [
        (T0, "", "first_time_buyer", "event"),
        (due, "first_time_buyer", "second_order_due", "time"),
        (soft, "second_order_due", "one_and_done", "time"),
        (risk, "second_order_due", "at_risk", "time"),
        (lost, "at_risk", "lost", "time"),
    ]
    row = state(buyer)
    assert (row.since, row.lost_stage, row.rfm) == (lost, "one_and_done", "111")
    assert next_due() is None


@pytest.mark.django_db
def test_a_late_tick_places_everybody_at_their_own_instant() -> None:
    buyers = [customer() for _ in range(5)]
    for number, buyer in enumerate(buyers):
        order(buyer, T0 - number * DAY)
    placed(*buyers, now=T0)
    pass_time(T0 + 61 * DAY)
    moved = [told(buyer)[1][0] for buyer in buyers]
    assert moved == [T0 + (60 - number) * DAY + MICRO for number in range(5)]
    assert Event.objects.filter(received_at=T0 + 61 * DAY).count() == 5


@pytest.mark.django_db
def test_the_soft_clocks_of_prospects_run_out_on_time() -> None:
    bounced, viewer, holder, payer = (customer(identified=False) for _ in range(4))
    log(bounced, "page", T0)
    log(viewer, "Product Viewed", T0)
    log(holder, "Cart Updated", T0)
    log(payer, "Checkout Started", T0)
    placed(bounced, viewer, holder, payer, now=T0)
    pass_time(T0 + 5 * HOUR)
    assert told(bounced)[1] == (T0 + HOUR / 2, "visitor", "bounced", "time")
    assert told(viewer)[1] == (T0 + 4 * HOUR, "browser", "browse_lost", "time")
    assert told(holder)[1] == (T0 + HOUR, "cart_holder", "cart_lost", "time")
    assert told(payer)[1] == (T0 + HOUR / 2, "cart_holder", "cart_lost", "time")
    pass_time(T0 + 60 * DAY)
    hard = T0 + 30 * DAY + MICRO
    assert told(viewer)[2:] == [
        (T0 + 14 * DAY + MICRO, "browser", "visitor", "time"),
        (hard, "visitor", "lost", "time"),
    ]
    assert {state(id_).lost_stage for id_ in (viewer, holder)} == {"browse_lost", "cart_lost"}


@pytest.mark.django_db
def test_an_order_leaving_the_window_lowers_the_scores_at_that_instant() -> None:
    buyer = customer()
    for days in (700, 400, 100):
        order(buyer, T0 - days * DAY, 100)
    placed(buyer, now=T0)
    assert (state(buyer).f, state(buyer).m) == (3, 4)
    slide = months_later(T0 - 700 * DAY, 24)
    pass_time(slide - MICRO)
    assert (state(buyer).f, state(buyer).orders_window) == (3, 3)
    pass_time(slide)
    row = state(buyer)
    assert (row.f, row.m, row.orders, row.orders_window) == (2, 3, 3, 2)
    assert row.window_slides_at == months_later(T0 - 400 * DAY, 24)


@pytest.mark.django_db
def test_once_loyal_is_lapsed_loyal_whatever_has_left_the_window() -> None:
    buyer, other = customer(), customer()
    for days in (0, 60, 120, 180):
        order(buyer, T0 - days * DAY)
    for days in (0, 60):
        order(other, T0 - days * DAY)
    placed(buyer, other, now=T0)
    assert (segment(buyer), segment(other)) == ("loyal", "repeat_buyer")
    pass_time(T0 + 1.5 * CYCLE + MICRO)
    assert told(buyer)[-1][1:3] == ("loyal", "cooling")
    assert (state(buyer).lost_stage, state(other).lost_stage) == ("lapsed_loyal", "")
    pass_time(T0 + 1000 * DAY)
    assert state(buyer).ever_loyal
    assert (state(buyer).orders_window, state(buyer).lost_stage) == (0, "lapsed_loyal")
    assert state(other).lost_stage == "lapsed_repeat"


# Late orders


@pytest.mark.django_db
def test_a_late_order_repairs_history_and_says_so() -> None:
    buyer = customer()
    order(buyer, T0 - 10 * DAY)
    placed(buyer, now=T0 - 10 * DAY)
    order(buyer, T0 - 100 * DAY)
    (change,) = refresh([buyer], now=T0)
    assert (change.after.segment, change.correction) == ("repeat_buyer", True)
    assert change.event.properties["correction"] is True
    assert change.at == T0
    assert state(buyer).since == T0 - 10 * DAY


@pytest.mark.django_db
def test_an_order_from_before_the_present_segment_is_a_correction_dated_back() -> None:
    lead = customer()
    log(lead, "page", T0 - DAY)
    placed(lead, now=T0 - DAY)
    order(lead, T0 - 70 * DAY)
    (change,) = refresh([lead], now=T0)
    assert (change.after.segment, change.correction) == ("second_order_due", True)
    assert state(lead).since == T0 - 10 * DAY + MICRO


@pytest.mark.django_db
def test_history_imported_for_a_new_customer_is_no_news_but_todays_is() -> None:
    old, new = customer(), customer()
    order(old, T0 - 300 * DAY)
    order(new, T0 - HOUR)
    changes = {change.customer_id: change for change in refresh([old, new], now=T0)}
    assert changes[old].correction
    assert changes[old].before is None
    assert not changes[new].correction
    assert state(old).since == T0 - 60 * DAY + MICRO


# What needs a look


def looked_at(customer_id: int, touch: Touch, now: datetime) -> bool:
    """Whether an event of this kind makes the customer be placed again."""
    before = state(customer_id).last_activity_at
    log(customer_id, "page", now)
    touched(customer_id, touch, now=now)
    return state(customer_id).last_activity_at != before


@pytest.mark.django_db
def test_what_a_buyer_looks_at_moves_nobody() -> None:
    buyer = customer()
    order(buyer, T0)
    placed(buyer, now=T0)
    log(buyer, "Cart Updated", T0 + DAY)
    with CaptureQueriesContext(connection) as queries:
        assert follow({buyer: Touch.CART | Touch.CHECKOUT}, now=T0 + DAY) == []
    assert len(queries) == 2
    assert follow({}, now=T0) == []


@pytest.mark.django_db
def test_a_prospects_activity_is_followed_lazily_yet_exactly() -> None:
    visitor = customer(identified=False)
    log(visitor, "page", T0)
    touched(visitor, Touch.ACTIVITY, now=T0)
    assert not looked_at(visitor, Touch.ACTIVITY, T0 + HOUR / 3)
    pass_time(T0 + HOUR / 2)
    assert state(visitor).lost_stage == ""
    assert next_due() == T0 + HOUR / 3 + HOUR / 2
    pass_time(T0 + HOUR)
    assert told(visitor)[1:] == [(T0 + HOUR / 3 + HOUR / 2, "visitor", "bounced", "time")]
    assert looked_at(visitor, Touch.ACTIVITY, T0 + 2 * HOUR)
    assert state(visitor).lost_stage == ""
    assert len(told(visitor)) == 2


@pytest.mark.django_db
def test_what_can_move_a_prospect_is_looked_at_at_once() -> None:
    one = customer(identified=False)
    log(one, "page", T0)
    touched(one, Touch.ACTIVITY, now=T0)
    log(one, "Product Viewed", T0 + MICRO)
    touched(one, Touch.ACTIVITY | Touch.VIEW, now=T0 + MICRO)
    assert segment(one) == "browser"
    assert not looked_at(one, Touch.ACTIVITY | Touch.VIEW, T0 + 2 * MICRO)
    log(one, "Cart Updated", T0 + HOUR)
    touched(one, Touch.ACTIVITY | Touch.CART, now=T0 + HOUR)
    assert segment(one) == "cart_holder"
    assert not looked_at(one, Touch.ACTIVITY | Touch.CART, T0 + HOUR + MICRO)
    assert looked_at(one, Touch.ACTIVITY | Touch.CHECKOUT, T0 + HOUR + 2 * MICRO)
    pass_time(T0 + 40 * DAY)
    assert segment(one) == "lost"
    assert looked_at(one, Touch.ACTIVITY, T0 + 41 * DAY)
    assert segment(one) == "visitor"


@pytest.mark.django_db
def test_becoming_identified_moves_a_visitor_only() -> None:
    one = customer(identified=False)
    log(one, "page", T0)
    touched(one, Touch.ACTIVITY, now=T0)
    Customer.objects.update(identified=True)
    touched(one, Touch.ACTIVITY | Touch.IDENTIFY, now=T0)
    assert told(one)[-1] == (T0, "visitor", "lead", "event")
    assert not looked_at(one, Touch.ACTIVITY | Touch.IDENTIFY, T0 + MICRO)


@pytest.mark.django_db
def test_a_view_that_arrives_months_late_still_tells_how_deep_they_went() -> None:
    lead = customer()
    log(lead, "page", T0)
    touched(lead, Touch.ACTIVITY, now=T0)
    log(lead, "Product Viewed", T0 - 100 * DAY)
    touched(lead, Touch.ACTIVITY | Touch.VIEW, now=T0)
    row = state(lead)
    assert (row.last_view_at, row.segment) == (T0 - 100 * DAY, "lead")
    assert row.lost_stage == "browse_lost"


# Many at once


def shoppers(count: int) -> list[int]:
    """Buyers and prospects by turns, none placed yet."""
    return store(
        [
            History(orders=((T0 - number * MICRO, Decimal(20)),))
            if number % 2
            else History(views=(T0 - number * MICRO,))
            for number in range(count)
        ]
    )


def statements(act: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_batch() -> None:
    refresh([customer()], now=T0)
    few, many = shoppers(4), shoppers(200)
    first, second = (statements(lambda ids=ids: refresh(ids, now=T0)) for ids in (few, many))
    assert first == second <= 8
    again = dict.fromkeys(few, Touch.ORDER | Touch.VIEW)
    everyone = dict.fromkeys(many, Touch.ORDER | Touch.VIEW)
    counts = [statements(lambda t=t: follow(t, now=T0)) for t in (again, everyone)]
    assert counts[0] == counts[1] <= 9
    due = T0 + 100 * DAY
    assert statements(lambda: advance_due(now=due, limit=6)) == statements(
        lambda: advance_due(now=due)
    )


@pytest.mark.django_db
def test_a_tick_takes_no_more_than_its_limit_the_oldest_first() -> None:
    buyers = store([History(orders=((T0 - n * HOUR, Decimal(5)),)) for n in range(4)])
    refresh(buyers, now=T0)
    late = T0 + CYCLE / 2 + DAY
    assert advance_due(now=late, limit=3) == 3
    waiting = LifecycleState.objects.get(next_at__lte=late)
    assert waiting.pk == buyers[0]
    assert advance_due(now=late, limit=3) == 1
    assert advance_due(now=late, limit=3) == 0


# Two at once


def in_another_session(act: Any) -> Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def until_someone_waits(thread: Thread) -> None:
    """Return once another session waits for a lock (or the thread has ended)."""
    waiting = False
    while thread.is_alive() and not waiting:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            waiting = cursor.fetchone()[0] > 0


def test_two_ticks_at_once_tell_of_a_move_once(committed: None) -> None:
    buyer = customer()
    order(buyer, T0)
    placed(buyer, now=T0)
    answers: list[int] = []
    with transaction.atomic():
        answers.append(advance_due(now=T0 + 61 * DAY))
        in_another_session(lambda: answers.append(advance_due(now=T0 + 61 * DAY))).join()
    assert answers == [1, 0]
    pass_time(T0 + 61 * DAY)
    assert [move[2] for move in told(buyer)] == ["first_time_buyer", "second_order_due"]


def test_of_two_first_placements_at_once_one_comes_first(committed: None) -> None:
    model_in_force(now=T0)
    one = customer()
    log(one, "page", T0)
    found: list[Any] = []
    with transaction.atomic():
        found.append(refresh([one], now=T0))
        log(one, "Cart Updated", T0)
        other = in_another_session(lambda: found.append(refresh([one], now=T0)))
        until_someone_waits(other)
    other.join()
    assert [len(changes) for changes in found] == [1, 1]
    assert found[1][0].before == found[0][0].after
    assert segment(one) == "cart_holder"


def test_the_second_of_two_orders_at_once_sees_the_first(committed: None) -> None:
    buyer = customer()
    placed(buyer, now=T0)
    with transaction.atomic():
        order(buyer, T0)
        touched(buyer, Touch.ORDER, now=T0)

        def second() -> None:
            with transaction.atomic():
                order(buyer, T0 + HOUR)
                touched(buyer, Touch.ORDER, now=T0 + HOUR)

        other = in_another_session(second)
        until_someone_waits(other)
    other.join()
    assert state(buyer).orders == 2
    assert [move[2] for move in told(buyer)] == ["lead", "first_time_buyer", "repeat_buyer"]
