"""Scores, cut-points, the purchase cycle and the 11 labels."""

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.core.cycle import DAY, DEFAULT_CYCLE, months_later, personal_cycle, population_cycle
from profiles.core.rfm import GROUPS, Cuts, frequency_cuts, label, money_cuts, moved, score


def test_the_eleven_groups_part_the_125_codes_without_gap_or_double() -> None:
    named = [code for codes in GROUPS.values() for code in codes.split()]
    every = {f"{r}{f}{m}" for r, f, m in product(range(1, 6), repeat=3)}
    assert len(GROUPS) == 11
    assert len(named) == 125
    assert set(named) == every
    assert {label(code) for code in every} == set(GROUPS)


@pytest.mark.parametrize(
    ("code", "group"),
    [("555", "champions"), ("512", "new"), ("155", "cannot_lose"), ("111", "lost"), ("", "")],
)
def test_a_code_has_its_classic_label(code: str, group: str) -> None:
    assert label(code) == group


def test_ties_share_the_lower_score() -> None:
    cuts = money_cuts([10, 20, 30, 40])
    assert [score(value, cuts) for value in (10, 10.01, 20, 40, 40.01)] == [1, 2, 2, 4, 5]


def test_coinciding_cut_points_skip_a_score_instead_of_splitting_equals() -> None:
    cuts = frequency_cuts([2, 2, 3])
    assert cuts == (1, 2, 2, 3)
    assert [score(orders, cuts) for orders in (1, 2, 3, 4)] == [1, 2, 4, 5]


@given(st.lists(st.integers(1, 60), min_size=4))
def test_one_order_scores_one_and_more_orders_never_score_less(orders: list[int]) -> None:
    quartiles = sorted(max(n, 2) for n in orders)[:3]
    cuts = frequency_cuts(quartiles)
    scores = [score(n, cuts) for n in range(70)]
    assert scores[0] == scores[1] == 1
    assert min(scores[2:]) >= 2
    assert scores == sorted(scores)
    assert max(scores) == 5


def test_an_empty_base_puts_four_orders_where_the_loyal_class_begins() -> None:
    assert [score(n, Cuts().f) for n in range(1, 8)] == [1, 2, 3, 4, 4, 5, 5]


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ([100.0, 2.0], [105.0, 2.0], False),
        ([100.0, 2.0], [105.01, 2.0], True),
        ([100.0], [94.9], True),
        ([0.0], [0.0], False),
        ([0.0], [0.01], True),
    ],
)
def test_a_cut_point_has_moved_beyond_five_percent(
    old: list[float], new: list[float], answer: bool
) -> None:
    assert moved(old, new) is answer


def test_the_population_cycle_needs_two_hundred_gaps() -> None:
    assert population_cycle(20 * DAY, 199) == DEFAULT_CYCLE == 60 * DAY
    assert population_cycle(20 * DAY, 200) == 20 * DAY
    assert population_cycle(None, 0) == DEFAULT_CYCLE


def test_the_population_cycle_stays_between_a_day_and_ten_years() -> None:
    assert population_cycle(0, 500) == DAY
    assert population_cycle(1e12, 500) == 3650 * DAY


def test_a_customer_without_gaps_has_the_population_cycle() -> None:
    assert personal_cycle(0, 0, population=60 * DAY) == 60 * DAY


def test_own_gaps_pull_the_cycle_away_from_the_population() -> None:
    assert personal_cycle(30 * DAY, 1, population=60 * DAY) == 50 * DAY
    assert personal_cycle(90 * DAY, 3, population=60 * DAY) == 42 * DAY


def test_the_personal_cycle_is_clamped_to_a_quarter_and_four_times() -> None:
    assert personal_cycle(100, 100, population=60 * DAY) == 15 * DAY
    assert personal_cycle(9e9, 1, population=60 * DAY) == 240 * DAY


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2024, 2, 29), 24, (2026, 2, 28)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2024, 12, 15), 24, (2026, 12, 15)),
        ((2023, 10, 31), 4, (2024, 2, 29)),
    ],
)
def test_months_are_calendar_months_with_the_day_clamped(
    start: tuple[int, int, int], months: int, end: tuple[int, int, int]
) -> None:
    at = datetime(*start, 13, 5, tzinfo=UTC)
    assert months_later(at, months) == datetime(*end, 13, 5, tzinfo=UTC)
