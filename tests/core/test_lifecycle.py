"""Five stages, fourteen segments, six lost stages, and the instants at which they turn."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.core.cycle import DAY as DAY_SECONDS
from profiles.core.cycle import months_later
from profiles.core.lifecycle import Facts, Model, Standing, Thresholds, began, place
from profiles.core.rfm import Cuts
from profiles.core.stages import (
    RULES,
    Rule,
)
from tests.core.lifecycle_history import DAY, HOUR, MICRO, T0, History, bought, expected

MODEL = Model()
CYCLE = 60 * DAY


def segment(history: History, at: datetime = T0, model: Model = MODEL) -> str:
    return place(history.facts(at), model, at).standing.segment


def lost(history: History, at: datetime = T0) -> str:
    return place(history.facts(at), MODEL, at).standing.lost_stage


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


# Stories


def test_a_buyer_turns_at_one_two_and_four_cycles() -> None:
    history = bought(0)
    turns = []
    at: datetime | None = T0
    until = T0 + 5 * CYCLE
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
