"""Customers move at their own instants, are told of once, and late orders repair the past."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.core.cycle import months_later
from profiles.core.stage_changes import Touch
from profiles.models import Customer, Event
from profiles.operations.lifecycle import follow, refresh
from profiles.queries.lifecycle import next_due
from tests.core.lifecycle_history import DAY, HOUR, MICRO, T0
from tests.database.shop import (
    customer,
    log,
    order,
    pass_time,
    placed,
    segment,
    state,
    told,
    touched,
)

CYCLE = 60 * DAY
pytestmark = pytest.mark.django_db


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


def test_a_late_tick_places_everybody_at_their_own_instant() -> None:
    buyers = [customer() for _ in range(5)]
    for number, buyer in enumerate(buyers):
        order(buyer, T0 - number * DAY)
    placed(*buyers, now=T0)
    pass_time(T0 + 61 * DAY)
    moved = [told(buyer)[1][0] for buyer in buyers]
    assert moved == [T0 + (60 - number) * DAY + MICRO for number in range(5)]
    assert Event.objects.filter(received_at=T0 + 61 * DAY).count() == 5


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


def test_an_order_from_before_the_present_segment_is_a_correction_dated_back() -> None:
    lead = customer()
    log(lead, "page", T0 - DAY)
    placed(lead, now=T0 - DAY)
    order(lead, T0 - 70 * DAY)
    (change,) = refresh([lead], now=T0)
    assert (change.after.segment, change.correction) == ("second_order_due", True)
    assert state(lead).since == T0 - 10 * DAY + MICRO


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


def test_what_a_buyer_looks_at_moves_nobody() -> None:
    buyer = customer()
    order(buyer, T0)
    placed(buyer, now=T0)
    log(buyer, "Cart Updated", T0 + DAY)
    with CaptureQueriesContext(connection) as queries:
        assert follow({buyer: Touch.CART | Touch.CHECKOUT}, now=T0 + DAY) == []
    assert len(queries) == 2
    assert follow({}, now=T0) == []


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


def test_becoming_identified_moves_a_visitor_only() -> None:
    one = customer(identified=False)
    log(one, "page", T0)
    touched(one, Touch.ACTIVITY, now=T0)
    Customer.objects.update(identified=True)
    touched(one, Touch.ACTIVITY | Touch.IDENTIFY, now=T0)
    assert told(one)[-1] == (T0, "visitor", "lead", "event")
    assert not looked_at(one, Touch.ACTIVITY | Touch.IDENTIFY, T0 + MICRO)


def test_a_view_that_arrives_months_late_still_tells_how_deep_they_went() -> None:
    lead = customer()
    log(lead, "page", T0)
    touched(lead, Touch.ACTIVITY, now=T0)
    log(lead, "Product Viewed", T0 - 100 * DAY)
    touched(lead, Touch.ACTIVITY | Touch.VIEW, now=T0)
    row = state(lead)
    assert (row.last_view_at, row.segment) == (T0 - 100 * DAY, "lead")
    assert row.lost_stage == "browse_lost"
