"""Clicks that no person makes."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.machine import Followed, hasty

NOW = dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC)


def at(seconds: float, url: str, key: str = "") -> Followed:
    return Followed(key or f"{url}@{seconds}", NOW + dt.timedelta(seconds=seconds), url)


@pytest.mark.parametrize(
    ("clicks", "delivered", "machines"),
    [
        ([], None, set()),
        ([at(0, "a")], None, set()),
        ([at(0, "a"), at(0.999, "b")], None, {"a@0", "b@0.999"}),
        ([at(0, "a"), at(1, "b")], None, set()),
        ([at(0, "a", "1"), at(0.5, "a", "2")], None, set()),
        ([at(0, "a"), at(0.6, "b"), at(1.2, "a")], None, {"a@0", "b@0.6", "a@1.2"}),
        ([at(0, "a"), at(30, "a"), at(30, "b")], None, {"a@30", "b@30"}),
        ([at(0, "a")], NOW, set()),
        ([at(-0.1, "a"), at(5, "b")], NOW, {"a@-0.1"}),
    ],
)
def test_what_no_person_does(
    clicks: list[Followed], delivered: dt.datetime | None, machines: set[str]
) -> None:
    assert hasty(clicks, delivered=delivered) == machines


CLICKS = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from("abc")), max_size=12, unique=True
).map(lambda pairs: [at(tenths / 10, url) for tenths, url in pairs])


@given(clicks=CLICKS, data=st.data())
def test_it_is_each_with_another_link_within_a_second_whatever_the_order(
    clicks: list[Followed], data: st.DataObject
) -> None:
    second = dt.timedelta(seconds=1)
    expected = {
        one.key
        for one in clicks
        if any(abs(one.at - other.at) < second and one.url != other.url for other in clicks)
    }
    assert hasty(data.draw(st.permutations(clicks)), delivered=None) == expected
