"""Five stages, fourteen segments, six lost stages, and the instants at which they turn."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from math import inf

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.core.cycle import DAY as DAY_SECONDS
from profiles.core.cycle import months_later
from profiles.core.lifecycle import Facts, Model, Standing, Thresholds, began, place
from profiles.core.rfm import Cuts
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
from profiles.core.stages import (
    LOST_STAGES,
    RULES,
    SEGMENTS,
    STAGES,
    Rule,
    Signals,
    decide,
    every_signal,
    uncovered,
    unreachable,
)
from tests.core.lifecycle_history import DAY, HOUR, MICRO, T0, History, bought, expected

MODEL = Model()
CYCLE = 60 * DAY


def segment(history: History, at: datetime = T0, model: Model = MODEL) -> str:
    return place(history.facts(at), model, at).standing.segment


def lost(history: History, at: datetime = T0) -> str:
    return place(history.facts(at), MODEL, at).standing.lost_stage


# The rule table


def test_the_table_has_five_stages_fourteen_segments_and_six_lost_stages() -> None:
    assert len(STAGES) == 5
    assert len(SEGMENTS) == 14
    assert len(LOST_STAGES) == 6
    assert {rule.segment for rule in RULES} == set(SEGMENTS)
    assert all(SEGMENTS[rule.segment] == rule.stage for rule in RULES)
    assert set(SEGMENTS.values()) == set(STAGES)


def test_every_customer_has_a_segment_and_every_segment_can_be_reached() -> None:
    assert uncovered(RULES) == []
    assert unreachable(RULES) == []


def test_each_signal_is_claimed_by_one_row_of_the_definitions() -> None:
    for signals in every_signal(RULES):
        rule = decide(RULES, signals)
        assert rule is not None
        claims = definitions(signals)
        assert claims == [rule.segment], signals


def definitions(s: Signals) -> list[str]:
    """The fourteen rows as conditions that name everything they need: whoever claims, is listed."""
    best = s.f >= 4 and s.m >= 4
    two = s.orders == 2
    rows = {
        "visitor": s.orders == 0 and not (s.idle or s.identified or s.viewed or s.carted),
        "lead": s.orders == 0 and not s.idle and s.identified and not (s.viewed or s.carted),
        "browser": s.orders == 0 and not s.idle and s.viewed and not s.carted,
        "cart_holder": s.orders == 0 and not s.idle and s.carted,
        "first_time_buyer": s.orders == 1 and s.late <= 1,
        "second_order_due": s.orders == 1 and 1 < s.late <= 2,
        "repeat_buyer": two and s.late <= 1.5 and not s.loyal and s.m < 4,
        "growing": two and s.late <= 1.5 and not s.loyal and s.m >= 4,
        "champion": two and best and s.late <= 1,
        "loyal": two and s.late <= 1.5 and s.loyal and not (best and s.late <= 1),
        "cannot_lose": two and 1.5 < s.late <= 4 and best,
        "cooling": two and 1.5 < s.late <= 2.5 and not best,
        "at_risk": (s.orders == 1 and 2 < s.late <= 4) or (two and 2.5 < s.late <= 4 and not best),
        "lost": (s.orders == 0 and s.idle) or (s.orders > 0 and s.late > 4),
    }
    return [name for name, holds in rows.items() if holds]


def test_a_rule_behind_one_that_takes_everybody_is_reported_as_unreachable() -> None:
    greedy = Rule("growth", "repeat_buyer", 2)
    shadowed = (*RULES[:9], greedy, *RULES[9:])
    assert unreachable(shadowed) == ["champion", "loyal", "growing", "cannot_lose", "cooling"]


def test_a_table_with_a_hole_is_reported_and_refuses_the_customer_who_falls_in() -> None:
    holed = tuple(rule for rule in RULES if rule.segment != "visitor")
    assert uncovered(holed) == [Signals(0)]
    model = Model(thresholds=Thresholds(rules=holed))
    with pytest.raises(ValueError, match="No lifecycle rule covers"):
        place(Facts(last_activity_at=T0), model, T0)


def test_an_edited_rule_moves_its_edge() -> None:
    rules = tuple(
        Rule("conversion", "first_time_buyer", 1, upto=1.25)
        if rule.segment == "first_time_buyer"
        else rule
        for rule in RULES
    )
    model = Model(thresholds=Thresholds(rules=rules))
    history = bought(70)
    assert segment(history, model=model) == "first_time_buyer"
    assert segment(history) == "second_order_due"


# The whole grid: facts in, definitions out


GRID_LATE = (0, 0.5, 1, 1.5, 2, 2.5, 4)


@pytest.mark.parametrize("orders", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("beyond", [timedelta(0), MICRO, -MICRO])
def test_the_grid_of_buyers_agrees_with_the_definitions(orders: int, beyond: timedelta) -> None:
    for r, value, frequent in product(GRID_LATE, (1, 60, 400, 900), (0, 1)):
        cuts = Cuts(f=(1, 2, 2, 5) if frequent else (1, 2, 3, 5))
        facts = buyer(orders, Decimal(value))
        now = T0 + r * CYCLE + beyond
        found = place(facts, Model(cuts=cuts), now).standing
        assert found[:6] == expected(facts, Model(cuts=cuts), now), (r, value, frequent)


def buyer(orders: int, revenue: Decimal, *, peak: int = 0) -> Facts:
    """Bought at the population's pace, last at T0."""
    gaps = orders - 1
    return Facts(
        orders=orders,
        orders_window=orders,
        peak_window=max(peak, orders),
        revenue=revenue,
        revenue_window=revenue,
        first_order_at=T0 - gaps * CYCLE,
        last_order_at=T0,
        gap_seconds=gaps * CYCLE.total_seconds(),
        gap_count=gaps,
    )


def test_the_grid_of_prospects_agrees_with_the_definitions() -> None:
    ages = [None, timedelta(0), HOUR / 2, HOUR, 4 * HOUR, 14 * DAY, 30 * DAY]
    for view, cart, checkout, identified in product(ages, ages, ages, (False, True)):
        given_at = [T0 - age for age in (view, cart, checkout) if age is not None]
        for active, beyond in product((HOUR, 30 * DAY), (MICRO, timedelta(0), -MICRO)):
            now = T0 + beyond
            facts = Facts(
                identified=identified,
                last_activity_at=max([*given_at, T0 - active]),
                last_view_at=None if view is None else T0 - view,
                last_cart_at=None if cart is None else T0 - cart,
                last_checkout_at=None if checkout is None else T0 - checkout,
            )
            assert place(facts, MODEL, now).standing[:6] == expected(facts, MODEL, now)


# Stories


def test_a_buyer_turns_at_one_two_and_four_cycles() -> None:
    history = bought(0)
    turns = []
    at, until = T0, T0 + 5 * CYCLE
    while at is not None and at < until:
        placed = place(history.facts(at), MODEL, at)
        if not turns or turns[-1][1] != placed.standing.segment:
            turns.append((at, placed.standing.segment))
        at = placed.next_at
    assert turns == [
        (T0, "first_time_buyer"),
        (T0 + CYCLE + MICRO, "second_order_due"),
        (T0 + 2 * CYCLE + MICRO, "at_risk"),
        (T0 + 4 * CYCLE + MICRO, "lost"),
    ]


@pytest.mark.parametrize(
    ("history", "name"),
    [
        (History(others=(T0,)), "visitor"),
        (History(others=(T0,), identified=True), "lead"),
        (History(views=(T0 - 14 * DAY,), others=(T0,), identified=True), "browser"),
        (History(views=(T0 - 14 * DAY - MICRO,), others=(T0,), identified=True), "lead"),
        (History(carts=(T0,)), "cart_holder"),
        (History(checkouts=(T0,), views=(T0,)), "cart_holder"),
        (History(others=(T0 - 30 * DAY,)), "visitor"),
        (History(others=(T0 - 30 * DAY - MICRO,)), "lost"),
        (bought(0, 60), "repeat_buyer"),
        (bought(0, 60, value=200), "growing"),
        (bought(0, 60, 120, 180), "loyal"),
        (bought(0, 60, 120, 180, value=200), "champion"),
        (bought(61, 121, 181, 241, value=200), "loyal"),
        (bought(100, 160, 220, 280, value=200), "cannot_lose"),
        (bought(100, 160, 220, 280), "cooling"),
        (bought(170, 230), "at_risk"),
        (bought(241, 301), "lost"),
    ],
)
def test_a_history_stands_in_its_segment(history: History, name: str) -> None:
    assert segment(history) == name


@pytest.mark.parametrize(
    ("history", "soft", "name"),
    [
        (History(others=(T0,)), HOUR / 2, "bounced"),
        (History(views=(T0,)), 4 * HOUR, "browse_lost"),
        (History(views=(T0,), others=(T0 + 3 * HOUR,)), 4 * HOUR, "browse_lost"),
        (History(carts=(T0,), views=(T0,)), HOUR, "cart_lost"),
        (History(checkouts=(T0,), carts=(T0 - HOUR / 6,)), HOUR / 2, "cart_lost"),
        (History(carts=(T0,), checkouts=(T0 - HOUR / 6,)), HOUR, "cart_lost"),
        (bought(0), 1.5 * CYCLE + MICRO, "one_and_done"),
        (bought(0, 60), 2.5 * CYCLE + MICRO, "lapsed_repeat"),
        (bought(0, 60, 120, 180), 1.5 * CYCLE + MICRO, "lapsed_loyal"),
    ],
)
def test_the_soft_clock_starts_recovery_at_its_instant(
    history: History, soft: timedelta, name: str
) -> None:
    assert lost(history, T0 + soft - MICRO) == ""
    assert lost(history, T0 + soft) == name


def test_a_lost_customer_keeps_the_stage_at_which_they_were_lost() -> None:
    assert lost(History(carts=(T0,)), T0 + 31 * DAY) == "cart_lost"
    assert lost(bought(0), T0 + 10 * CYCLE) == "one_and_done"


def test_once_loyal_by_frequency_is_ever_loyal_when_orders_left_the_window() -> None:
    model = Model(cuts=Cuts(f=(1, 2, 2, 5)))
    facts = Facts(
        orders=3, orders_window=1, peak_window=3, last_order_at=T0, gap_count=2,
        gap_seconds=2 * CYCLE.total_seconds(), revenue_window=Decimal(10),
    )  # fmt: skip
    standing = place(facts, model, T0 + 2 * CYCLE).standing
    assert standing.f == 1
    assert standing.ever_loyal
    assert standing.lost_stage == "lapsed_loyal"
    assert not place(facts, MODEL, T0).standing.ever_loyal
    known = msgspec.structs.replace(facts, ever_loyal=True, peak_window=0)
    assert place(known, model, T0 + 2 * CYCLE).standing == standing


def test_a_customer_whose_orders_all_left_the_window_scores_one_for_f_and_m() -> None:
    facts = Facts(orders=1, last_order_at=T0 - 800 * DAY)
    placed = place(facts, MODEL, T0)
    assert placed.code == "111"
    assert placed.next_at is None


def test_a_prospect_has_no_scores() -> None:
    placed = place(Facts(last_activity_at=T0), MODEL, T0)
    assert placed.code == ""
    assert placed.standing[3:6] == (0, 0, 0)


def test_recency_can_follow_days_since_the_last_order_instead() -> None:
    quintile = Thresholds(recency_mode="quintile")
    model = Model(thresholds=quintile, cuts=Cuts(r=(10, 20, 30, 40)))
    ages = [T0 + 10 * DAY - MICRO, T0 + 10 * DAY, T0 + 39 * DAY, T0 + 40 * DAY]
    facts = bought(0).facts(T0)
    assert [place(facts, model, at).standing.r for at in ages] == [5, 4, 2, 1]
    assert place(facts, model, T0).next_at == T0 + 10 * DAY


def test_a_model_refuses_a_cycle_that_makes_no_sense() -> None:
    for cycle in (0, -1, 1e12, float("nan")):
        with pytest.raises(ValueError, match="population cycle"):
            Model(cycle=cycle)


# The next instant


def test_an_order_leaving_the_window_ends_a_placement() -> None:
    history = bought(0, 729)
    placed = place(history.facts(T0), Model(cycle=3000 * DAY_SECONDS), T0)
    assert placed.next_at == months_later(T0 - 729 * DAY, 24)


def test_the_next_instant_lies_ahead_even_of_facts_gathered_too_early() -> None:
    facts = History(orders=((T0, Decimal(9)),)).facts(T0)
    late = months_later(T0, 24)
    assert facts.window_slides_at == late
    assert place(facts, Model(cycle=3000 * DAY_SECONDS), late).next_at > late  # type: ignore[operator]


def test_nothing_is_awaited_once_nothing_can_change() -> None:
    facts = History(others=(T0,)).facts(T0)
    gone = place(facts, MODEL, T0 + 30 * DAY + MICRO)
    assert gone.standing == Standing("reactivation", "lost", "bounced")
    assert gone.next_at is None


def ago(days: float) -> st.SearchStrategy[datetime]:
    return st.integers(0, int(days * 86_400_000_000)).map(lambda us: T0 - us * MICRO)


HISTORIES = st.builds(
    History,
    orders=st.lists(st.tuples(ago(900), st.decimals("0.01", 400, places=2)), max_size=7).map(tuple),
    views=st.lists(ago(40), max_size=2).map(tuple),
    carts=st.lists(ago(40), max_size=2).map(tuple),
    checkouts=st.lists(ago(40), max_size=1).map(tuple),
    others=st.lists(ago(40), min_size=1, max_size=2).map(tuple),
    identified=st.booleans(),
)
MODELS = st.builds(
    Model,
    cuts=st.builds(
        Cuts,
        f=st.tuples(*[st.integers(1, 6)] * 3).map(lambda c: (1, *sorted(max(n, 2) for n in c))),
        m=st.tuples(*[st.integers(1, 900)] * 4).map(lambda c: tuple(sorted(c))),
    ),
    cycle=st.floats(2, 800 * DAY_SECONDS),
)


@settings(max_examples=400)
@given(HISTORIES, MODELS, st.floats(0, 1, exclude_max=True))
def test_a_placement_holds_until_its_next_instant_and_is_right_there(
    history: History, model: Model, share: float
) -> None:
    at = T0
    for _ in range(8):
        placed = place(history.facts(at), model, at)
        assert placed.standing[:6] == expected(history.facts(at), model, at)
        until = placed.next_at or at + 4000 * DAY
        assert until > at
        for probe in (at + share * (until - at - MICRO), until - MICRO):
            facts = history.facts(probe)
            assert place(facts, model, probe).standing == placed.standing
            assert expected(facts, model, probe) == placed.standing[:6]
        if placed.next_at is None:
            break
        at = placed.next_at
        slid = history.facts(at) != history.facts(at - MICRO)
        assert slid or place(history.facts(at), model, at).standing != placed.standing


@settings(max_examples=200)
@given(HISTORIES, MODELS)
def test_a_segment_began_no_later_than_now_and_holds_since(history: History, model: Model) -> None:
    facts = history.facts(T0)
    since = began(facts, model, T0)
    assert since <= T0
    standing = place(facts, model, T0).standing
    assert place(facts, model, since).standing.segment == standing.segment


def test_a_segment_began_at_its_own_edge() -> None:
    assert began(bought(70).facts(T0), MODEL, T0) == T0 - 10 * DAY + MICRO
    assert began(bought(20).facts(T0), MODEL, T0) == T0 - 20 * DAY
    assert began(Facts(last_activity_at=T0 - DAY), MODEL, T0) == T0 - DAY


# What is told


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
    assert every_late_edge() == {1, 1.5, 2, 2.5, 4, inf}


def every_late_edge() -> set[float]:
    return {signals.late for signals in every_signal(RULES) if signals.orders}
