"""Draws are hashes: the published vectors, and arms as half-open ranges in document order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.core.draw import BUCKETS, Range, arm, bucket, drawn, ranges, threshold


@pytest.mark.parametrize(
    ("salt", "customer", "expected"),
    [
        ("exp-1", "customer-000001", 5911),
        ("exp-2", "customer-000001", 2037),
        ("exp-1", "Клиент-42", 952),
    ],
)
def test_the_published_vectors(salt: str, customer: str, expected: int) -> None:
    assert bucket(salt, customer) == expected


def test_arms_are_half_open_and_cumulative() -> None:
    found = ranges([("A", 45), ("B", 45), ("control", 10)])
    assert found == (Range("A", 0, 4500), Range("B", 4500, 9000), Range("control", 9000, 10_000))
    assert [arm(found, number) for number in (0, 4499, 4500, 8999, 9000, 9999)] == [
        *("A", "A", "B", "B", "control", "control")
    ]


def test_shares_that_end_early_leave_the_rest_without_an_arm() -> None:
    assert arm(ranges([("A", 10)]), 1000) is None
    assert arm((), 0) is None


def test_an_arm_without_a_share_gets_nobody() -> None:
    found = ranges([("A", 50), ("none", 0), ("B", 50)])
    assert {arm(found, number) for number in range(BUCKETS)} == {"A", "B"}


def test_thirds_leave_no_gap() -> None:
    third = 100 / 3
    found = ranges([("A", third), ("B", third), ("C", third)])
    assert [(each.start, each.stop) for each in found] == [(0, 3333), (3333, 6667), (6667, 10_000)]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6))
def test_ranges_join_without_gap_or_overlap(shares: list[int]) -> None:
    found = ranges((str(at), share / 100) for at, share in enumerate(shares))
    assert found[0].start == 0
    assert found[-1].stop == sum(shares)
    assert all(one.stop == other.start for one, other in pairwise(found))


def test_a_larger_percent_keeps_everybody_who_was_drawn() -> None:
    people = [str(number) for number in range(3000)]
    ten = {each for each in people if drawn("holdout", each, 10)}
    fifteen = {each for each in people if drawn("holdout", each, 15)}
    assert ten < fifteen
    assert 0.08 < len(ten) / len(people) < 0.12


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0, 0), (0.01, 1), (10, 1000), (33.33, 3333), (0.29, 29), (100, 10_000)],
)
def test_a_percent_is_so_many_of_ten_thousand(percent: float, expected: int) -> None:
    assert threshold(percent) == expected
