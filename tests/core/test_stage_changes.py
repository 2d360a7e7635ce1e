"""What a change of stage says, and when it tells of the past."""

from datetime import timedelta
from decimal import Decimal

import pytest

from profiles.core.lifecycle import Model, Standing, place
from profiles.core.stage_changes import (
    Before,
    Change,
    EventNames,
    Touch,
    Verdict,
    judge,
    touches,
    worth_telling,
)
from tests.core.lifecycle_history import DAY, MICRO, T0, History, bought

MODEL = Model()
LEAD = Standing("acquisition", "lead")
HOLDER = Standing("acquisition", "cart_holder")


def test_a_change_says_where_from_where_to_and_why() -> None:
    after = HOLDER._replace(lost_stage="cart_lost")
    change = Change(7, T0, "time", HOLDER, after, correction=False)
    assert change.properties == {
        "from": "cart_holder",
        "to": "cart_holder",
        "previous_stage": "acquisition",
        "stage": "acquisition",
        "previous_lost_stage": "",
        "lost_stage": "cart_lost",
        "cause": "time",
    }


def test_a_first_placement_comes_from_nowhere_and_a_correction_says_so() -> None:
    change = Change(7, T0, "event", None, LEAD, correction=True)
    assert change.properties["from"] == change.properties["previous_stage"] == ""
    assert change.properties["correction"] is True


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, LEAD, True),
        (LEAD, HOLDER, True),
        (LEAD, LEAD, False),
        (LEAD, LEAD._replace(r=5), False),
        (HOLDER, HOLDER._replace(lost_stage="cart_lost"), True),
        (HOLDER._replace(lost_stage="cart_lost"), HOLDER, False),
        (HOLDER._replace(lost_stage="cart_lost"), HOLDER._replace(lost_stage="cart_lost"), False),
    ],
)
def test_only_a_new_segment_or_a_run_out_soft_clock_is_told(
    before: Standing | None, after: Standing, told: bool
) -> None:
    assert worth_telling(before, after) is told


def correction(before: Before | None, history: History) -> bool:
    facts = history.facts(T0)
    return judge(before, facts, place(facts, MODEL, T0), MODEL, T0).correction


def test_an_order_that_stands_before_the_last_known_one_is_a_correction() -> None:
    before = Before(LEAD, T0 - 5 * DAY, 1, T0 - 5 * DAY)
    assert correction(before, bought(5, 90))
    assert not correction(before, bought(0, 5))
    assert not correction(before, bought(5))


def test_an_order_that_stands_before_the_present_segment_is_a_correction() -> None:
    before = Before(LEAD, T0 - 5 * DAY, 0, None)
    assert correction(before, bought(6))
    assert not correction(before, bought(4))


def test_an_order_a_few_seconds_older_than_the_placement_is_still_news() -> None:
    before = Before(LEAD, T0, 0, None)
    history = History(orders=((T0 - timedelta(seconds=40), Decimal(9)),))
    assert not correction(before, history)


def test_a_refund_is_no_correction() -> None:
    before = Before(LEAD, T0, 2, T0 - DAY)
    assert not correction(before, bought(90))
    assert not correction(Before(LEAD, T0, 1, T0), History(others=(T0,)))


def test_a_first_placement_is_news_unless_it_began_days_ago() -> None:
    assert not correction(None, bought(2))
    assert correction(None, bought(4))
    assert not correction(None, bought(62))
    assert correction(None, bought(100))


def test_a_segment_dates_from_its_own_beginning_where_the_past_was_corrected() -> None:
    facts = bought(70).facts(T0)
    placed = place(facts, MODEL, T0)
    late = Before(LEAD, T0 - DAY, 0, None)
    assert judge(late, facts, placed, MODEL, T0) == Verdict(True, T0 - 10 * DAY + MICRO)
    assert judge(None, facts, placed, MODEL, T0) == Verdict(True, T0 - 10 * DAY + MICRO)
    known = Before(LEAD, T0 - 90 * DAY, 1, T0 - 70 * DAY)
    assert judge(known, facts, placed, MODEL, T0) == Verdict(False, T0)
    same = Before(placed.standing, T0 - 3 * DAY, 1, T0 - 70 * DAY)
    assert judge(same, facts, placed, MODEL, T0) == Verdict(False, T0 - 3 * DAY)


def test_event_names_tell_what_they_touch() -> None:
    known = touches(EventNames(ordered=("Purchase", "Order Completed")))
    assert known["Purchase"] == Touch.ORDER | Touch.ACTIVITY
    assert known["Order Cancelled"] & Touch.ORDER
    assert known["Product Viewed"] == Touch.VIEW | Touch.ACTIVITY
    assert known["identify"] & Touch.IDENTIFY
    assert "Signed Up" not in known
