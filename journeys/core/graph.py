"""The picture of a journey as nodes and edges: the entrance, the steps, an end wherever one leaves.

The same document always gives the same picture. Works on drafts: what is missing is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from journeys.core.document import Document
from journeys.core.layering import Drawing, draw
from journeys.core.links import links
from journeys.core.steps.base import Exit, listed
from journeys.core.walk import END
from profiles.core import durations
from profiles.core.conditions.explain import explain
from profiles.core.conditions.parse import parse
from profiles.core.conditions.reader import ConditionError

COLUMN, LAYER = 240.0, 112.0
ENTER, FINISHED = "enter", "end"

Point = tuple[float, float]


class Node(msgspec.Struct, frozen=True):
    """A box whose middle is `x`, `y`. `id` is a step's, `enter`, or `end:` and the step before."""

    id: str
    kind: str
    title: str
    x: float
    y: float


class Edge(msgspec.Struct, frozen=True):
    """A way from node to node, through the `bends` between them; `back` when it leads up again."""

    start: str
    to: str
    label: str
    bends: tuple[Point, ...] = ()
    back: bool = False


def exit_words(exit: Exit) -> str:
    """When a way is taken, in words."""
    if exit.after is not None:
        return f"after {durations.written(exit.after)}"
    if exit.condition is None:
        return exit.label
    try:
        return explain(parse(exit.condition, context_allowed=True))
    except ConditionError:
        return "if …"


def layout(
    document: Document, *, says: Callable[[Exit], str] = exit_words
) -> tuple[list[Node], list[Edge]]:
    """Where everything stands; x and y begin at 0 and grow to the right and downwards. `says` words
    the ways.
    """
    names = [(ENTER, ENTER, listed(each.words() for each in document.enter.triggers))]
    names += ((step.id, step.kind, step.words()) for step in document.steps)
    labels = _labels(document, names, says)
    drawing = draw(len(names), list(labels))
    left = min([*drawing.xs, *(x for bends in drawing.bends.values() for x in bends)])
    nodes = [
        Node(*name, round((x - left) * COLUMN, 1), layer * LAYER)
        for name, x, layer in zip(names, drawing.xs, drawing.layers, strict=True)
    ]
    return nodes, [_edge(way, label, drawing, names, left) for way, label in labels.items()]


def _labels(
    document: Document, names: list[tuple[str, str, str]], says: Callable[[Exit], str]
) -> dict[tuple[int, int], str]:
    """The label of every way between two numbered nodes; ends are added to the names."""
    found: dict[tuple[int, int], list[str]] = {(0, 1): [""]} if document.steps else {}
    ends: dict[int, int] = {}
    for link in links(document):
        if link.to is None or document.steps[link.start].kind == "leave":
            continue
        to = link.to + 1
        if link.to == END:
            to = ends.setdefault(link.start, len(names))
            if to == len(names):
                names.append((f"{FINISHED}:{document.steps[link.start].id}", FINISHED, "End"))
        found.setdefault((link.start + 1, to), []).append(says(link.exit))
    return {way: " / ".join(filter(None, words)) for way, words in found.items()}


def _edge(
    way: tuple[int, int],
    label: str,
    drawing: Drawing,
    names: list[tuple[str, str, str]],
    left: float,
) -> Edge:
    start, to = way
    first = drawing.layers[start] + 1
    bends = tuple(
        (round((x - left) * COLUMN, 1), (first + at) * LAYER)
        for at, x in enumerate(drawing.bends.get(way, ()))
    )
    return Edge(names[start][0], names[to][0], label, bends, way in drawing.back)
