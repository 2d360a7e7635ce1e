"""Which values of a customer's, the entry event's or the calls' a template shows, and which of them
it can do without: those with a default, and those that it asks about before it shows them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from jinja2 import TemplateSyntaxError, nodes

from channels.core.template_sandbox import environment

ROOTS = frozenset({"customer", "entry", "context"})
DEFAULTS = frozenset({"default", "d"})
EMPTY: tuple[Any, ...] = (None, "", [], {})

LOOKING = (nodes.Or, nodes.And, nodes.Test, nodes.Compare, nodes.Not)

Path = tuple[str, ...]
Found = tuple[Path, bool]
"""A path, and whether something must stand there."""


class Paths(msgspec.Struct, frozen=True):
    """`needed` must hold something, or a gap is shown; `read` is all that the template looks at."""

    needed: frozenset[Path] = frozenset()
    read: frozenset[Path] = frozenset()

    def __or__(self, other: "Paths") -> "Paths":
        return Paths(self.needed | other.needed, self.read | other.read)


def paths(source: str) -> Paths:
    """The paths of one template that keeps the rules."""
    tree = environment(autoescape=False).parse(source)
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    found = list(_walk(tree, frozenset(), ROOTS - own))
    return Paths(
        frozenset(path for path, is_needed in found if is_needed),
        frozenset(path for path, _ in found),
    )


def paths_of(content: Any) -> Paths:
    """Those of every text of a content; a text that breaks the rules reads nothing."""
    if isinstance(content, str):
        try:
            return paths(content) if "{" in content else Paths()
        except TemplateSyntaxError:
            return Paths()
    found = Paths()
    inner = content.values() if isinstance(content, Mapping) else content
    for each in inner if isinstance(content, Mapping | list) else ():
        found |= paths_of(each)
    return found


def is_empty(path: Path, variables: Mapping[str, Any]) -> bool:
    """Whether nothing stands there for this customer; 0 and false are something."""
    value: Any = variables
    for part in path:
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
        else:
            return True
    return value in EMPTY


def _walk(node: nodes.Node, asked: frozenset[Path], roots: frozenset[str]) -> Iterator[Found]:
    """All below; `asked` are those that were tested before."""
    path = _path(node, roots)
    if path is not None:
        yield path, path not in asked
    elif isinstance(node, nodes.If | nodes.CondExpr):
        yield from _of_choice(node, asked, roots)
    elif isinstance(node, LOOKING):
        yield from _free(node, roots)
    elif isinstance(node, nodes.Filter) and node.name in DEFAULTS and node.node is not None:
        yield from _free(node.node, roots)
        yield from _below(node, asked, roots, besides=node.node)
    elif isinstance(node, nodes.For):
        yield from _free(node.iter, roots)
        yield from _below(node, asked, roots, besides=node.iter)
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        yield from _of_call(node, node.node, asked, roots)
    else:
        yield from _below(node, asked, roots)


def _below(
    node: nodes.Node,
    asked: frozenset[Path],
    roots: frozenset[str],
    besides: nodes.Node | None = None,
) -> Iterator[Found]:
    for child in node.iter_child_nodes():
        if child is not besides:
            yield from _walk(child, asked, roots)


def _free(node: nodes.Node, roots: frozenset[str]) -> Iterator[Found]:
    """What is only looked at: where it is empty nothing is shown, or something else."""
    path = _path(node, roots)
    if path is not None:
        yield path, False
        return
    for child in node.iter_child_nodes():
        yield from _free(child, roots)


def _of_choice(
    node: nodes.If | nodes.CondExpr, asked: frozenset[Path], roots: frozenset[str]
) -> Iterator[Found]:
    """What the test asks about can be shown in both branches: the author has thought of it."""
    tested = list(_free(node.test, roots))
    yield from tested
    yield from _below(node, asked.union(path for path, _ in tested), roots, besides=node.test)


def _of_call(
    node: nodes.Call, method: nodes.Getattr, asked: frozenset[Path], roots: frozenset[str]
) -> Iterator[Found]:
    """A method belongs to its value, not to the path; `.get(key, other)` has a default."""
    owner = _chain(method.node, roots)
    if method.attr == "get" and owner and node.args and isinstance(node.args[0], nodes.Const):
        yield (*owner, str(node.args[0].value)), False
    else:
        yield from _walk(method.node, asked, roots)
    for argument in node.args:
        yield from _walk(argument, asked, roots)


def _path(node: nodes.Node, roots: frozenset[str]) -> Path | None:
    """`customer.plan.name` as its parts."""
    found = _chain(node, roots)
    return found if found and len(found) > 1 else None


def _chain(node: nodes.Node, roots: frozenset[str]) -> Path | None:
    """The same, the root alone too."""
    if isinstance(node, nodes.Name):
        return (node.name,) if node.name in roots else None
    key, owner = _key(node)
    found = _chain(owner, roots) if owner is not None else None
    return (*found, key) if found else None


def _key(node: nodes.Node) -> tuple[str, nodes.Node | None]:
    """What is taken out of what: `.key`, `["key"]` or `.get("key")`."""
    if isinstance(node, nodes.Getattr):
        return node.attr, node.node
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return str(node.arg.value), node.node
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        alone = len(node.args) == 1 and isinstance(node.args[0], nodes.Const)
        if alone and node.node.attr == "get":
            return str(node.args[0].value), node.node.node  # type: ignore[attr-defined]
    return "", None
