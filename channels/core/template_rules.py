"""What a template may contain: constructs, filters, methods; and the sizes of each kind."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from jinja2 import nodes

Kind = Literal["html", "text", "line", "short", "address"]


class Limits(NamedTuple):
    """Sizes are in characters; the output of a `one_line` kind may not contain a line break."""

    autoescape: bool
    source: int
    output: int
    one_line: bool


KINDS: dict[Kind, Limits] = {
    "html": Limits(autoescape=True, source=262_144, output=1_048_576, one_line=False),
    "text": Limits(autoescape=False, source=262_144, output=1_048_576, one_line=False),
    "line": Limits(autoescape=False, source=4_096, output=2_048, one_line=True),
    "short": Limits(autoescape=False, source=4_096, output=4_096, one_line=False),
    "address": Limits(autoescape=False, source=4_096, output=4_096, one_line=True),
}
"""html and text: halves of a mail; line: subjects, titles, URLs; short: SMS and push texts;
address: a URL whose values are encoded as parts of a path or a query.
"""

MAX_NODES = 10_000
MAX_SETS = 100
MAX_LOOP_DEPTH = 2

CONSTRUCTS: frozenset[type[nodes.Node]] = frozenset({
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign, nodes.With,
    nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test,
    nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.CondExpr, nodes.Concat,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos,
    nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Call,
})  # fmt: skip

NAMES: dict[type[nodes.Node], str] = {
    nodes.Pow: "`**`",
    nodes.Macro: "macros",
    nodes.CallBlock: "call blocks",
    nodes.FilterBlock: "filter blocks",
    nodes.AssignBlock: "`set` blocks",
    nodes.Include: "`include` of anything but a block's name in quotes",
    nodes.Import: "`import`",
    nodes.FromImport: "`import`",
    nodes.Extends: "`extends`",
    nodes.Block: "blocks",
    nodes.NSRef: "namespaces",
}

STRING_METHODS = frozenset({
    "capitalize", "endswith", "isdigit", "lower", "lstrip", "removeprefix", "removesuffix",
    "rstrip", "split", "startswith", "strip", "title", "upper",
})  # fmt: skip
DICT_METHODS = frozenset({"get", "items", "keys", "values"})
LOOP_METHODS = frozenset({"cycle", "changed"})
LOOP_FACTS = frozenset({
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem",
    "depth", "depth0",
})  # fmt: skip
METHODS = STRING_METHODS | DICT_METHODS | LOOP_METHODS
FUNCTIONS = frozenset({"abort", "range"})

FILTERS = frozenset({
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "filesizeformat",
    "first", "float", "forceescape", "groupby", "int", "items", "join", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "safe",
    "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "truncate",
    "unique", "upper", "urlencode", "wordcount",
})  # fmt: skip
MAPPED = frozenset({
    "abs", "capitalize", "e", "escape", "first", "float", "int", "last", "length", "lower", "round",
    "string", "title", "trim", "upper", "urlencode",
})  # fmt: skip
"""Filters that `map` may apply; it takes no further arguments."""


def broken_rules(tree: nodes.Template) -> list[tuple[int, str]]:
    """(line, sentence) of everything that is not allowed, in the order of the source."""
    found = [(node.lineno, words) for node in _all(tree) for words in _broken_by(node)]
    sets = [node for node in _all(tree) if isinstance(node, nodes.Assign | nodes.With)]
    if len(sets) > MAX_SETS:
        found.append((sets[-1].lineno, f"more than {MAX_SETS} assignments"))
    if sum(1 for _ in _all(tree)) > MAX_NODES:
        found.append((1, f"more than {MAX_NODES} expressions; shorten the template"))
    found += [(line, f"loops nested deeper than {MAX_LOOP_DEPTH}") for line in _deep_loops(tree, 0)]
    return sorted(set(found))


def _all(tree: nodes.Template) -> Iterator[nodes.Node]:
    return tree.find_all(nodes.Node)


def _broken_by(node: nodes.Node) -> Iterator[str]:
    """The sentences about one node."""
    kind = type(node)
    if kind not in CONSTRUCTS:
        yield f"{NAMES.get(kind, kind.__name__)} cannot be used in a template"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"the filter `{node.name}` cannot be used"
    elif isinstance(node, nodes.Filter) and node.name == "map" and not _maps_plainly(node):
        yield "`map` takes attribute=… or the name of one simple filter, nothing else"
    elif isinstance(node, nodes.Call) and not _is_allowed_call(node):
        yield "this call is not allowed; use a filter"
    elif _is_container(node) and not _is_constant(node):
        yield "lists and mappings written in a template may hold constants only"
    elif isinstance(node, nodes.For) and node.recursive:
        yield "recursive loops cannot be used"
    elif isinstance(node, nodes.Name) and node.name == "self":
        yield "`self` cannot be used"


def _is_container(node: nodes.Node) -> bool:
    written = isinstance(node, nodes.Tuple) and node.ctx == "load"
    return written or isinstance(node, nodes.List | nodes.Dict)


def _is_allowed_call(node: nodes.Call) -> bool:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    if isinstance(node.node, nodes.Name):
        return node.node.name in FUNCTIONS
    return isinstance(node.node, nodes.Getattr) and node.node.attr in METHODS


def _maps_plainly(node: nodes.Filter) -> bool:
    """Only `map` could otherwise build lists of lists of lists."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    if not node.args:
        return [pair.key for pair in node.kwargs] == ["attribute"]
    name = node.args[0]
    return (
        len(node.args) == 1
        and not node.kwargs
        and isinstance(name, nodes.Const)
        and name.value in MAPPED
    )


def _is_constant(node: nodes.Node) -> bool:
    parts = node.find_all(nodes.Expr)
    return all(
        isinstance(part, nodes.Const | nodes.List | nodes.Tuple | nodes.Dict | nodes.Neg)
        for part in parts
    )


def _deep_loops(node: nodes.Node, depth: int) -> Iterator[int]:
    for child in node.iter_child_nodes():
        inner = depth + isinstance(child, nodes.For)
        if isinstance(child, nodes.For) and inner > MAX_LOOP_DEPTH:
            yield child.lineno
        else:
            yield from _deep_loops(child, inner)
