"""The steps of a document as a graph: who follows whom, what nobody reaches, what turns in circles.

Works on drafts: a way to a step that does not exist is no way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from journeys.core.document import Document
from journeys.core.steps.base import FINISH, Exit
from journeys.core.walk import END


class Link(msgspec.Struct, frozen=True):
    """A way from the step at `start` to the step at `to`, or out at END; None leads nowhere."""

    start: int
    to: int | None
    exit: Exit


def positions(document: Document) -> dict[str, int]:
    """The first step of each id."""
    found: dict[str, int] = {}
    for index, step in enumerate(document.steps):
        found.setdefault(step.id, index)
    return found


def links(document: Document) -> list[Link]:
    """Every way from step to step, in document order."""
    places = positions(document)
    last = len(document.steps) - 1
    return [
        Link(index, _target(exit, index, places, last), exit)
        for index, step in enumerate(document.steps)
        for exit in step.exits()
    ]


def _target(exit: Exit, index: int, places: Mapping[str, int], last: int) -> int | None:
    to = resolve(exit.to, index, places, last)
    return resolve("", to, places, last) if exit.skips and to is not None and to != END else to


def resolve(to: str, index: int, places: Mapping[str, int], last: int) -> int | None:
    """The index of the step that `to` names, seen from the step at `index`."""
    if not to:
        return index + 1 if index < last else END
    return END if to == FINISH else places.get(to)


def reachable(starts: Iterable[int], ways: Iterable[Link]) -> set[int]:
    """Every index that can be reached, the starts included."""
    following: dict[int, list[int]] = {}
    for way in ways:
        if way.to is not None:
            following.setdefault(way.start, []).append(way.to)
    seen: set[int] = set()
    waiting = list(starts)
    while waiting:
        index = waiting.pop()
        if index not in seen:
            seen.add(index)
            waiting.extend(following.get(index, ()))
    return seen


def reversed_links(ways: Iterable[Link]) -> list[Link]:
    """The same ways walked backwards; those that lead nowhere are left out."""
    return [Link(way.to, way.start, way.exit) for way in ways if way.to is not None]


def circles(ways: Sequence[Link]) -> list[list[int]]:
    """One circle of each knot that the ways tie, as steps in walking order."""
    following: dict[int, set[int]] = {}
    for way in ways:
        if way.to is not None and way.to != END:
            following.setdefault(way.start, set()).add(way.to)
    found: list[list[int]] = []
    done: set[int] = set()
    for start in sorted(following):
        circle = _circle(start, following, done)
        if circle:
            found.append(circle)
    return found


def _circle(start: int, following: Mapping[int, set[int]], done: set[int]) -> list[int]:
    """Depth first from `start`: the first circle found. Marks every step it leaves as done."""
    path: list[int] = []
    ahead: list[list[int]] = [[start]]
    while ahead:
        if not ahead[-1]:
            ahead.pop()
            if path:
                done.add(path.pop())
            continue
        index = ahead[-1].pop()
        if index in path:
            done.update(path)
            return path[path.index(index) :]
        if index not in done:
            path.append(index)
            ahead.append(sorted(following.get(index, ()), reverse=True))
    return []
