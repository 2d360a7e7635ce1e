"""Charts as the library ECharts takes them: plain JSON, made of numbers that are known already.

Three things JSON cannot say are named: a colour of the theme (`var(--sj-growth)`), a way to write
a number (`$number`, `$percent`, `$signed`, `$told`, `$said`), a shape (`$cell`, `$interval`). Every
item carries `told`, what it says when pointed at, and may carry `url`, where it leads.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Option = dict[str, Any]
TOOLTIP = {"formatter": "$told"}
CUT = {"overflow": "truncate"}
ACCENT = "var(--sj-accent)"
INSIDE = {"outerBoundsMode": "same", "outerBoundsContain": "all"}
"""The names of axes stay inside the picture."""


class Item(NamedTuple):
    """One thing of a chart: its name, its number, and what it says: `told` at length when pointed
    at, `said` beside it.
    """

    name: str
    value: float
    told: str
    said: str = ""
    url: str = ""
    tone: str = ACCENT


class Cell(NamedTuple):
    """A field of a grid, by its place; `share` from 0 to 1 is how dark it is."""

    x: int
    y: int
    share: float
    told: str
    said: str
    url: str = ""


class Span(NamedTuple):
    """An interval in a row of its own, with its middle."""

    name: str
    low: float
    middle: float
    high: float
    told: str
    tone: str


class Flow(NamedTuple):
    """So many from one node to another, by the nodes' keys."""

    source: str
    target: str
    value: float
    told: str


class Node(NamedTuple):
    """A place of a flow: `depth` is its column."""

    key: str
    said: str
    told: str
    depth: int
    tone: str = ACCENT


def rows(items: Sequence[Item]) -> Option:
    """Bars that lie, the first on top, each with its number at its end."""
    return {
        "tooltip": TOOLTIP,
        "grid": {"left": 0, "right": 110, "top": 4, "bottom": 4, **INSIDE},
        "xAxis": {"type": "value", "show": False, "min": 0},
        "yAxis": _names([item.name for item in items]),
        "series": [_bars(items, {"show": True, "position": "right", "formatter": "$said"})],
    }


def columns(items: Sequence[Item], *, across: str, mark: tuple[int, str] | None = None) -> Option:
    """Standing bars over an axis named `across`; `mark` is a line at one of them, and its name."""
    bars = _bars(items, {"show": False})
    if mark:
        place, name = mark
        bars["markLine"] = {
            "silent": True,
            "symbol": "none",
            "animation": False,
            "lineStyle": {"color": "var(--sj-strong)", "type": "dashed"},
            "label": {"formatter": name, "color": "var(--sj-strong)"},
            "data": [{"xAxis": place}],
        }
    return {
        "tooltip": TOOLTIP,
        "grid": {"left": 0, "right": 12, "top": 28, "bottom": 4, **INSIDE},
        "xAxis": {
            "type": "category",
            "data": [item.name for item in items],
            "name": across,
            "nameLocation": "middle",
            "nameGap": 30,
            "axisLabel": {"hideOverlap": True},
        },
        "yAxis": {"type": "value", "minInterval": 1, "axisLabel": {"formatter": "$number"}},
        "series": [bars],
    }


def _bars(items: Sequence[Item], label: Mapping[str, Any]) -> Option:
    return {
        "type": "bar",
        "barMaxWidth": 56,
        "barCategoryGap": "20%",
        "label": {"color": "var(--sj-text)", **label},
        "itemStyle": {"borderRadius": 3},
        "cursor": "pointer" if any(item.url for item in items) else "default",
        "data": [{**_told(item), "value": item.value, "name": item.name} for item in items],
    }


def grid(cells: Sequence[Cell], *, across: Sequence[str], down: Sequence[str]) -> Option:
    """A grid of fields, darker where there is more; `down` begins at the bottom."""
    return {
        "tooltip": TOOLTIP,
        "grid": {"left": 0, "right": 0, "top": 0, "bottom": 6, **INSIDE},
        "xAxis": {"type": "category", "data": list(across), "splitLine": {"show": False}},
        "yAxis": {"type": "category", "data": list(down), "splitLine": {"show": False}},
        "series": [
            {
                "type": "custom",
                "renderItem": "$cell",
                "cursor": "pointer" if any(cell.url for cell in cells) else "default",
                "data": [
                    {"value": [cell.x, cell.y, cell.share], "share": cell.share,
                     "told": cell.told, "said": cell.said, "url": cell.url}
                    for cell in cells
                ],
            }
        ],
    }  # fmt: skip


def forest(spans: Sequence[Span], *, none: str) -> Option:
    """Intervals beneath each other around a line at zero, which is named `none`."""
    line = {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"color": "var(--sj-faint)", "type": "solid"},
        "label": {"formatter": none, "color": "var(--sj-faint)", "position": "start"},
        "data": [{"xAxis": 0}],
    }
    return {
        "tooltip": TOOLTIP,
        "grid": {"left": 0, "right": 24, "top": 28, "bottom": 6, **INSIDE},
        "xAxis": {"type": "value", "axisLabel": {"formatter": "$signed", "hideOverlap": True}},
        "yAxis": _names([span.name for span in spans]),
        "series": [
            {
                "type": "custom",
                "renderItem": "$interval",
                "encode": {"x": [1, 2, 3], "y": 0},
                "markLine": line,
                "data": [
                    {"value": [row, span.low, span.middle, span.high], "told": span.told,
                     "tone": span.tone}
                    for row, span in enumerate(spans)
                ],
            }
        ],
    }  # fmt: skip


def flows(nodes: Sequence[Node], ways: Sequence[Flow], *, ordered: bool = False) -> Option:
    """Streams between columns of places, as broad as many went there. `ordered` places, of two
    columns, stand in the order given; others where streams cross least.
    """
    series = {
        "type": "sankey",
        "left": 0,
        "right": 0 if ordered else 160,
        "top": 8,
        "bottom": 8,
        "nodeWidth": 12,
        "nodeGap": 14,
        "draggable": False,
        "layoutIterations": 0 if ordered else 32,
        "emphasis": {"focus": "adjacency"},
        "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
        "label": {"color": "var(--sj-text)", "formatter": "$said", "width": 150, **CUT},
        "data": [_node(node, inwards=ordered and node.depth > 0) for node in nodes],
        "links": [
            {"source": way.source, "target": way.target, "value": way.value, "told": way.told}
            for way in ways
        ],
    }
    return {"tooltip": TOOLTIP, "series": [series]}


def _node(node: Node, *, inwards: bool) -> Option:
    """A place; its name stands to the right of it, or `inwards`, to the left."""
    style = {"color": node.tone, "borderWidth": 0}
    return {
        "name": node.key, "said": node.said, "told": node.told, "depth": node.depth,
        "itemStyle": style, "label": {"position": "left" if inwards else "right"},
    }  # fmt: skip


def tree(items: Sequence[Item]) -> Option:
    """Fields as large as their numbers."""
    return {
        "tooltip": TOOLTIP,
        "series": [
            {
                "type": "treemap",
                "left": 0, "right": 0, "top": 0, "bottom": 0,
                "roam": False,
                "nodeClick": False,
                "breadcrumb": {"show": False},
                "label": {"formatter": "$said", "color": "var(--sj-on-stage)", "fontSize": 12,
                          "lineHeight": 17, "position": "insideTopLeft", **CUT},
                "itemStyle": {"borderColor": "var(--sj-paper)", "borderWidth": 0, "gapWidth": 2},
                "data": [{**_told(item), "value": item.value, "name": item.name} for item in items],
            }
        ],
    }  # fmt: skip


def _told(item: Item) -> Option:
    told: Option = {"told": item.told, "itemStyle": {"color": item.tone}}
    if item.said:
        told["said"] = item.said
    if item.url:
        told["url"] = item.url
    return told


def _names(names: Sequence[str]) -> Option:
    return {
        "type": "category",
        "inverse": True,
        "data": list(names),
        "axisLabel": {
            "width": 130,
            "overflow": "break",
            "lineHeight": 14,
            "color": "var(--sj-text)",
        },
    }
