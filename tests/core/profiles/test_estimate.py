"""From a sample to everybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.core.estimate import share


@given(st.integers(1, 5000), st.data())
def test_an_estimate_is_a_share_of_everybody(of: int, data: st.DataObject) -> None:
    found, everybody = data.draw(st.integers(0, of)), data.draw(st.integers(of, 10**8))
    number, margin = share(found, of=of, everybody=everybody)
    assert 0 <= number <= everybody
    assert 0 < margin <= everybody


@pytest.mark.parametrize(
    ("found", "of", "everybody", "expected"),
    [
        (500, 1000, 1_000_000, (500_000, 30_991)),
        (0, 3000, 1_000_000, (0, 1000)),
        (3000, 3000, 1_000_000, (1_000_000, 1000)),
        (0, 2, 100, (0, 100)),
        (0, 0, 100, (0, 100)),
    ],
)
def test_the_margin_tells_how_far_the_truth_may_be(
    found: int, of: int, everybody: int, expected: tuple[int, int]
) -> None:
    assert share(found, of=of, everybody=everybody) == expected
