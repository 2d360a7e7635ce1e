"""A journey as SVG: text escaped, colours from `currentColor` and classes, so it suits any page.

Needs no style sheet and no script: what is coloured is coloured by attributes a page may override.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise

import msgspec

from journeys.core.document import Document
from journeys.core.graph import Edge, Node, Point, exit_words, layout
from journeys.core.steps.base import Exit

WIDTH, HEIGHT = 200.0, 52.0
PILL = 64.0
MARGIN = 28.0
LANE = 22.0
_LETTERS = {"title": 22, "line": 27, "label": 30}
_LETTER = 6.4  # the mean width of a letter in a label
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

# Middle tones: readable on white and on black.
COLOURS: Mapping[str, str] = {
    "enter": "#16a34a",
    "wait": "#7c74d8",
    "wait_for": "#7c74d8",
    "branch": "#d97706",
    "split": "#d97706",
    "send": "#2f80ed",
    "update": "#0d9488",
    "enroll": "#0ea5a4",
    "call": "#2f80ed",
    "leave": "#dc4c4c",
    "end": "#8a8f98",
}


def svg(
    document: Document,
    *,
    titles: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    current: str = "",
    says: Callable[[Exit], str] = exit_words,
) -> str:
    """The picture. By node id, `titles` replace what steps are called and `notes` stand below, such
    as a count; `current` is the step to point out; `says` words the lines.
    """
    nodes, edges = layout(document, says=says)
    places = {node.id: node for node in nodes}
    labels = _labels(edges, places)
    back = [edge for edge in edges if edge.back]
    left = min([0, *(label.left for label in labels)])
    right = max([max(node.x for node in nodes) + WIDTH + MARGIN, *(each.right for each in labels)])
    right += MARGIN + LANE * len(back)
    height = max(node.y for node in nodes) + HEIGHT + 2 * MARGIN
    parts = [
        _head(left, right - left, height),
        f"<title>{_text(document.title or document.journey)}</title>",
        _ARROW,
        *(_line(edge, places) for edge in edges if not edge.back),
        *(_loop(edge, places, right, lane) for lane, edge in enumerate(back)),
        *(_box(node, titles or {}, notes or {}, current) for node in nodes),
        *(label.drawn() for label in labels),
    ]
    return "\n".join([*parts, "</svg>"])


def _head(left: float, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="journey" role="img" '
        f'viewBox="{left:g} 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'{_FONT} fill="currentColor">'
    )


_FONT = 'font-family="system-ui, sans-serif" font-size="13"'
_ARROW = (
    '<defs><marker id="journey-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor" '
    'fill-opacity="0.55"/></marker></defs>'
)


def _text(text: str) -> str:
    return escape(_CONTROL.sub("", text))


def _short(text: str, letters: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= letters else line[: letters - 1].rstrip() + "…"


def _place(point: Point) -> Point:
    """From the layout, which begins at 0, to the picture, which has a margin."""
    x, y = point
    return x + WIDTH / 2 + MARGIN, y + HEIGHT / 2 + MARGIN


def _box(node: Node, titles: Mapping[str, str], notes: Mapping[str, str], current: str) -> str:
    x, y = _place((node.x, node.y))
    colour = COLOURS[node.kind]
    title, note = titles.get(node.id, node.title), notes.get(node.id, "")
    pill = node.kind == "end"
    width, height = (PILL, HEIGHT / 2) if pill else (WIDTH, HEIGHT)
    here = node.id == current
    lines = [
        f'<g class="journey-node journey-{node.kind}{" journey-current" if here else ""}">',
        f"<title>{_text(f'{node.id}: {title}' if node.id else title)}</title>",
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
        f'height="{height:g}" rx="{height / 2 if pill else 10:g}" fill="{colour}" '
        f'fill-opacity="{0.3 if here else 0.12}" stroke="{colour}" '
        f'stroke-width="{3 if here else 1.5}"/>',
    ]
    below = note or ("" if pill or node.id in (node.kind, title) else node.id)
    up = 5 if below else -4
    lines.append(_centred(x, y - up, _short(title, _LETTERS["title"]), 'font-weight="600"'))
    if below:
        shown = _short(below, _LETTERS["line"])
        lines.append(_centred(x, y + 14, shown, 'font-size="11" fill-opacity="0.75"'))
    return "".join([*lines, "</g>"])


def _centred(x: float, y: float, text: str, more: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" {more}>{_text(text)}</text>'


def _line(edge: Edge, places: Mapping[str, Node]) -> str:
    points = _points(edge, places)
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        path += f" C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"
    return _path(path, "journey-edge", "")


def _points(edge: Edge, places: Mapping[str, Node]) -> list[Point]:
    start, to = places[edge.start], places[edge.to]
    x, y = _place((start.x, start.y))
    to_x, to_y = _place((to.x, to.y))
    high = HEIGHT / 4 if to.kind == "end" else HEIGHT / 2
    return [(x, y + HEIGHT / 2), *(_place(bend) for bend in edge.bends), (to_x, to_y - high)]


def _loop(edge: Edge, places: Mapping[str, Node], width: float, lane: int) -> str:
    """Down and out between the rows, up a lane of its own, and in again from above."""
    start, to = places[edge.start], places[edge.to]
    x, y = _corner(start, HEIGHT / 2)
    to_x, to_y = _corner(to, -HEIGHT / 2)
    side = width - MARGIN / 2 - lane * LANE
    low, high = y + 18 + lane % 4 * 4, to_y - 24 - lane % 4 * 4
    path = f"M{x:g} {y:g} V{low - 8:g} Q{x:g} {low:g} {x + 8:g} {low:g} H{side - 8:g} "
    path += f"Q{side:g} {low:g} {side:g} {low - 8:g} V{high + 8:g} Q{side:g} {high:g} "
    path += (
        f"{side - 8:g} {high:g} H{to_x + 8:g} Q{to_x:g} {high:g} {to_x:g} {high + 8:g} V{to_y:g}"
    )
    return _path(path, "journey-edge journey-back", ' stroke-dasharray="5 4"')


def _corner(node: Node, high: float) -> Point:
    x, y = _place((node.x, node.y))
    return x + WIDTH / 2 - 18, y + high


def _path(path: str, name: str, more: str) -> str:
    return (
        f'<path class="{name}" d="{path}" fill="none" stroke="currentColor" '
        f'stroke-opacity="0.55" stroke-width="1.5" marker-end="url(#journey-arrow)"{more}/>'
    )


class _Label(msgspec.Struct, frozen=True):
    x: float
    y: float
    anchor: str
    text: str

    @property
    def short(self) -> str:
        return _short(self.text, _LETTERS["label"])

    @property
    def left(self) -> float:
        return self.x - (_LETTER * len(self.short) if self.anchor == "end" else 0)

    @property
    def right(self) -> float:
        return self.x + (_LETTER * len(self.short) if self.anchor == "start" else 0)

    def drawn(self) -> str:
        return (
            f'<text class="journey-label" x="{self.x:g}" y="{self.y:g}" font-size="11" '
            f'text-anchor="{self.anchor}" fill-opacity="0.85"><title>{_text(self.text)}</title>'
            f"{_text(self.short)}</text>"
        )


def _labels(edges: Sequence[Edge], places: Mapping[str, Node]) -> list[_Label]:
    """Each label beside its way, on the side that the way does not come from."""
    taken: dict[tuple[float, float, str], int] = {}
    found: list[_Label] = []
    for edge in edges:
        if edge.label:
            x, y, anchor = _beside(edge, places)
            above = taken.get((x, y, anchor), 0)
            taken[x, y, anchor] = above + 1
            found.append(_Label(x, y - above * 12, anchor, edge.label))
    return found


def _beside(edge: Edge, places: Mapping[str, Node]) -> tuple[float, float, str]:
    if edge.back:
        x, y = _corner(places[edge.start], HEIGHT / 2)
        return x + 6, y + 13, "start"
    (from_x, _), (x, y) = _points(edge, places)[:2]
    if edge.bends:
        y -= HEIGHT / 2
    return (x - 7, y - 12, "end") if from_x > x else (x + 7, y - 12, "start")
