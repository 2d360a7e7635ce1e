"""Lift, intervals and verdicts against published figures and scipy."""

from __future__ import annotations

from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from journeys.core.experiment import (
    Counts,
    chi_square_survival,
    compare,
    difference_interval,
    lift_interval,
    sample_ratio_p,
    two_sided_p,
    wilson,
)


def counts(arm: str, conversions: int, customers: int, **more: Any) -> Counts:
    return Counts(arm, customers, conversions, **more)


def verdict(treated: tuple[int, int], control: tuple[int, int]) -> str:
    arms = [counts("A", *treated), counts("control", *control, ghost=True)]
    return compare("test", arms).arms[0].verdict


@given(st.integers(1, 500), st.integers(0, 500))
def test_wilson_agrees_with_scipy(trials: int, successes: int) -> None:
    successes = min(successes, trials)
    low, high = wilson(successes, trials)
    interval = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert low == pytest.approx(interval.low, abs=1e-12)
    assert high == pytest.approx(interval.high, abs=1e-12)


def test_nobody_has_no_interval() -> None:
    assert wilson(0, 0) == (None, None)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_the_difference_reproduces_newcombe(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    got = difference_interval(counts("a", *first), counts("b", *second))
    assert got == pytest.approx((low, high), abs=6e-5)


RATES = st.tuples(st.integers(1, 400), st.integers(0, 400)).map(
    lambda pair: (min(pair[1], pair[0]), pair[0])
)


@given(RATES, RATES)
def test_the_lift_lies_in_its_interval_which_excludes_zero_with_the_difference(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    a, b = counts("a", *first), counts("b", *second)
    low, high = lift_interval(a, b)
    if low is None or high is None:
        assert b.conversions == 0
        return
    lift = (a.conversions / a.customers) / (b.conversions / b.customers) - 1
    assert low - 1e-9 <= lift <= high + 1e-9
    assert low >= -1
    gap = difference_interval(a, b)
    if min(abs(gap[0]), abs(gap[1])) > 1e-6:
        assert (low > 0) == (gap[0] > 0)
        assert (high < 0) == (gap[1] < 0)


def test_the_lift_interval_survives_the_point_where_the_textbook_divides_by_zero() -> None:
    # a base whose upper limit is twice itself
    close = [lift_interval(counts("a", 5, 50), counts("b", 4, n)) for n in range(15, 60)]
    assert all(low is not None and low > -1 for low, _ in close)
    assert lift_interval(counts("a", 0, 50), counts("b", 4, 50))[0] == -1


@given(RATES, RATES)
def test_the_p_value_agrees_with_scipy(first: tuple[int, int], second: tuple[int, int]) -> None:
    (x, n), (y, m) = first, second
    table = [[x, n - x], [y, m - y]]
    got = two_sided_p(counts("a", x, n), counts("b", y, m))
    if not x + y or x + y == n + m:
        assert got == 1
    elif stats.contingency.expected_freq(table).min() < 5:
        assert got == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-6)
    else:
        assert got == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


@given(st.floats(0, 500), st.integers(1, 60))
def test_chi_square_agrees_with_scipy(statistic: float, degrees: int) -> None:
    expected = stats.chi2.sf(statistic, degrees)
    assert isclose(chi_square_survival(statistic, degrees), expected, rel_tol=1e-9, abs_tol=1e-300)


def test_a_holdout_that_converts_less_makes_the_journey_better() -> None:
    found = compare(
        "holdout",
        [
            counts("journey", 1200, 9000, value=60_000.0, share=90),
            counts("holdout", 100, 1000, value=4_000.0, ghost=True, share=10),
        ],
    )
    treated, control = found.arms
    assert (found.id, found.control, found.verdict) == ("holdout", "holdout", "better")
    assert treated.lift == pytest.approx(1 / 3)
    assert treated.low is not None and treated.low > 0
    assert treated.incremental == pytest.approx(300)
    assert treated.value_per_customer == pytest.approx(60_000 / 9000)
    assert found.srm_p == 1
    assert (control.lift, control.low, control.p, control.difference) == (None,) * 4
    assert (control.rate, control.verdict) == (0.1, "not_measurable")


@pytest.mark.parametrize(
    ("treated", "control", "expected"),
    [
        ((20, 29), (5, 400), "too_early"),
        ((20, 400), (5, 29), "too_early"),
        ((9, 400), (0, 400), "too_early"),
        ((10, 400), (0, 400), "better"),
        ((0, 400), (10, 400), "worse"),
        ((20, 400), (20, 400), "no_difference"),
        ((0, 0), (5, 100), "too_early"),
        ((5, 100), (0, 0), "too_early"),
    ],
)
def test_the_verdict_is_a_word(
    treated: tuple[int, int], control: tuple[int, int], expected: str
) -> None:
    assert verdict(treated, control) == expected


def test_a_control_that_converts_nobody_gives_no_lift_but_a_difference() -> None:
    arm = compare("s", [counts("A", 10, 400), counts("c", 0, 400, ghost=True)]).arms[0]
    assert (arm.lift, arm.low, arm.high) == (None, None, None)
    assert arm.difference == pytest.approx(0.025)


def test_without_a_control_nothing_is_measurable() -> None:
    found = compare("s", [counts("A", 10, 100), counts("B", 20, 100)])
    assert (found.verdict, found.control) == ("not_measurable", "")
    assert [arm.rate for arm in found.arms] == [0.1, 0.2]
    assert found.arms[0].p is None
    assert compare("s", []).verdict == "not_measurable"


def test_a_named_baseline_stands_in_for_the_control() -> None:
    found = compare("s", [counts("A", 100, 1000), counts("B", 150, 1000)], baseline="A")
    assert (found.control, found.verdict, found.arms[1].verdict) == ("A", "better", "better")


def test_a_ghost_arm_comes_before_the_baseline() -> None:
    arms = [counts("A", 100, 1000), counts("B", 150, 1000, ghost=True)]
    assert compare("s", arms, baseline="A").control == "B"


def test_several_arms_share_the_significance() -> None:
    close = [counts("A", 128, 1000), counts("c", 100, 1000, ghost=True)]
    assert compare("s", close).verdict == "better"
    crowd = [*close, counts("B", 100, 1000), counts("C", 100, 1000)]
    assert compare("s", crowd).verdict == "no_difference"


def test_arms_far_from_their_shares_block_the_verdict() -> None:
    arms = [counts("A", 300, 1000, share=50), counts("c", 100, 800, ghost=True, share=50)]
    assert compare("s", arms).verdict == "srm"
    alone = [counts("A", 300, 1000, share=50), counts("B", 100, 800, share=50)]
    assert compare("s", alone).verdict == "srm"


def test_shares_are_checked_only_where_the_test_can_tell() -> None:
    assert sample_ratio_p([counts("A", 0, 10, share=50), counts("B", 0, 10)]) is None
    assert sample_ratio_p([counts("A", 0, 10, share=100), counts("B", 0, 0, share=0)]) is None
    assert sample_ratio_p([counts("A", 0, 4, share=50), counts("B", 0, 4, share=50)]) is None
    three = [
        counts(arm, 0, n, share=s) for arm, n, s in (("A", 50, 50), ("B", 30, 30), ("C", 20, 20))
    ]
    assert sample_ratio_p(three) == 1


def test_an_arm_without_customers_has_dashes_for_rates() -> None:
    arm = compare("s", [counts("A", 0, 0)]).arms[0]
    assert (arm.rate, arm.rate_low, arm.value_per_customer) == (None, None, None)
