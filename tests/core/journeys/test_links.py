"""Steps as a graph, drafts included."""

from __future__ import annotations

from journeys.core.links import Link, circles, links, reachable, resolve
from journeys.core.steps.base import Exit
from journeys.core.walk import END
from tests.core.journeys.documents import document, mail


def test_a_way_to_a_step_that_does_not_exist_is_no_way() -> None:
    found = links(document(mail("a", then="nowhere"), mail("b")))
    assert [(link.start, link.to) for link in found] == [(0, None), (1, END)]
    assert reachable([0], found) == {0}


def test_a_target_is_a_step_the_end_or_what_follows() -> None:
    places = {"a": 0, "b": 1}
    assert resolve("b", 0, places, 1) == 1
    assert resolve("", 0, places, 1) == 1
    assert resolve("", 1, places, 1) == END
    assert resolve("end", 0, places, 1) == END
    assert resolve("c", 0, places, 1) is None


def ways(*pairs: tuple[int, int]) -> list[Link]:
    return [Link(start, to, Exit("")) for start, to in pairs]


def test_a_circle_is_told_in_walking_order() -> None:
    assert circles(ways((0, 1), (1, 2), (2, 3), (3, 1), (2, END))) == [[1, 2, 3]]
    assert circles(ways((0, 1), (1, END))) == []
    assert circles(ways((0, 0), (1, 2), (2, 1))) == [[0], [1, 2]]


def test_a_long_chain_needs_no_deep_recursion() -> None:
    chain = [(at, at + 1) for at in range(5000)]
    assert circles(ways(*chain)) == []
    assert len(circles(ways(*chain, (5000, 0)))[0]) == 5001
