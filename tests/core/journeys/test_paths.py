"""Paths as one picture: no walk is lost, none is counted twice."""

from hypothesis import given
from hypothesis import strategies as st

from journeys.core.paths import ENTRANCE, LONGEST, OTHER, Path, Place, picture

paths = st.lists(
    st.builds(
        Path,
        st.lists(st.sampled_from("abc"), max_size=LONGEST + 2).map(tuple),
        st.sampled_from(["active", "completed", "left"]),
        st.integers(1, 50),
    ),
    max_size=8,
)


@given(paths, st.integers(0, 30))
def test_whoever_comes_to_a_place_stays_or_goes_on(top: list[Path], other: int) -> None:
    walks = sum(path.walks for path in top) + other
    found = picture(top, walks=walks)
    begin = Place(0, "", ENTRANCE)
    for place, number in found.places.items():
        came = sum(n for (_, to), n in found.ways.items() if to == place)
        went = sum(n for (start, _), n in found.ways.items() if start == place)
        assert number == (walks if place == begin else came)
        assert went == (0 if place.end and place != begin else number)
        assert all(start.depth < to.depth for start, to in found.ways)
    ends = sum(n for place, n in found.places.items() if place.end and place != begin)
    assert ends == walks


def test_what_is_not_drawn_goes_to_a_place_of_its_own() -> None:
    found = picture([Path(("a", "b"), "left", 3)], walks=10)
    assert found.other == 7
    assert found.ways == {
        (Place(0, "", ENTRANCE), Place(1, "a")): 3,
        (Place(1, "a"), Place(2, "b")): 3,
        (Place(2, "b"), Place(3, "", "left")): 3,
        (Place(0, "", ENTRANCE), Place(1, "", OTHER)): 7,
    }


def test_a_journey_that_nobody_walked_has_no_picture() -> None:
    assert picture([], walks=0).places == {}
