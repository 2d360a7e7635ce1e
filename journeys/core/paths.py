"""Which ways customers take through a journey, as one picture: the most walked, and the rest.

A path is the steps that a walk entered, in order, and where it stands now.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

ENTRANCE, OTHER = "entrance", "other"
LONGEST = 12
"""Of longer paths the beginning is drawn: no window is wide enough for more."""


class Path(NamedTuple):
    """So many walks that entered these steps in this order, and what became of them: `active`,
    `completed` or `left`.
    """

    steps: tuple[str, ...]
    end: str
    walks: int


class Place(NamedTuple):
    """A step at its place in the order, or an end; the same step stands again where it comes
    again.
    """

    depth: int
    step: str
    end: str = ""


class Picture(NamedTuple):
    """Walks between places, and at each; `other` of them took ways that are not drawn."""

    ways: dict[tuple[Place, Place], int]
    places: dict[Place, int]
    walks: int
    other: int


def picture(paths: Sequence[Path], *, walks: int) -> Picture:
    """The paths as ways from place to place; what is missing of `walks` took other ones."""
    ways: Counter[tuple[Place, Place]] = Counter()
    for path in paths:
        stops = _stops(path)
        for way in pairwise(stops):
            ways[way] += path.walks
    other = walks - sum(path.walks for path in paths)
    begin = Place(0, "", ENTRANCE)
    if other:
        ways[begin, Place(1, "", OTHER)] += other
    places: Counter[Place] = Counter({begin: walks} if walks else {})
    for (_, to), number in ways.items():
        places[to] += number
    return Picture(dict(ways), dict(places), walks, other)


def _stops(path: Path) -> list[Place]:
    steps = [Place(depth, step) for depth, step in enumerate(path.steps[:LONGEST], start=1)]
    end = Place(len(steps) + 1, "", path.end)
    return [Place(0, "", ENTRANCE), *steps, end]
