"""The rule table: five stages, fourteen segments, everybody in exactly one of them."""

from math import inf

import pytest

from profiles.core.lifecycle import Facts, Model, Thresholds, place
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
from tests.core.lifecycle_history import T0


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


def test_the_grid_has_every_lateness_that_a_rule_names() -> None:
    late = {signals.late for signals in every_signal(RULES) if signals.orders}
    assert late == {1, 1.5, 2, 2.5, 4, inf}
