"""One template source: checked against an allow-list, compiled once, rendered within fixed bounds.

Jinja's sandbox guards objects, not memory or time. So templates see plain data only, constructs not
listed in `template_rules` are refused, and whatever can grow draws on one budget while it grows.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import Template
from jinja2.visitor import NodeTransformer

from channels.core.template_prices import BUDGET, Bounds, Budget
from channels.core.template_rules import KINDS, Kind, broken_rules
from channels.core.template_sandbox import GLOBALS, TRACK, environment

PLAIN = (str, int, float, bool, type(None))
NAME = "<template>"
COMPILED_SOURCES = 1024


class TemplateProblem(Exception):
    """A template that cannot be used, or a rendering that went wrong; the text names the line."""


def problems(source: str, kind: Kind) -> list[str]:
    """What is wrong with a source, one sentence each with its line; an empty list if nothing is."""
    try:
        compiled(source, kind)
    except TemplateProblem as error:
        return str(error).split("\n")
    return []


@lru_cache(maxsize=COMPILED_SOURCES)
def compiled(source: str, kind: Kind) -> "Compiled":
    """The source ready to be rendered. Raises TemplateProblem with every broken rule."""
    _check(source, kind)
    return _compile(source, kind)


@lru_cache(maxsize=COMPILED_SOURCES)
def rewritten(source: str, kind: Kind, rewrite: Callable[[str], str]) -> "Compiled":
    """Like `compiled`, with our own additions; the rules are for the author's source alone."""
    _check(source, kind)
    return _compile(rewrite(source), kind)


def scope(
    variables: Mapping[str, Any], *, track: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """What the templates of one message see. They share one budget. Refuses all but plain data."""
    for name, value in variables.items():
        _refuse_objects(value, name)
    return {**GLOBALS, **variables, BUDGET: Budget(), TRACK: track}


class Compiled:
    """A template and the bounds of its kind."""

    __slots__ = ("_kind", "_template")

    def __init__(self, template: Template, kind: Kind) -> None:
        self._template = template
        self._kind = KINDS[kind]

    def render(self, variables: dict[str, Any]) -> str:
        """The text for one `scope`. Raises TemplateProblem with the line; Aborted on its wish."""
        try:
            text = self._text(variables)
        except (
            Bounds, TemplateError, ArithmeticError, TypeError, ValueError, LookupError,
            AttributeError, RecursionError, MemoryError,
        ) as error:  # fmt: skip
            line = _line(error.__traceback__, self._template)
            raise TemplateProblem(f"line {line}: {_words(error)}") from error
        return self._one_line(text) if self._kind.one_line else text

    def _text(self, variables: dict[str, Any]) -> str:
        pieces, length = [], 0
        context = self._template.new_context(variables, shared=True)
        for piece in self._template.root_render_func(context):
            pieces.append(piece)
            length += len(piece)
            if length > self._kind.output:
                raise Bounds(f"the text grows beyond {self._kind.output} characters")
        return "".join(pieces)

    def _one_line(self, text: str) -> str:
        text = text.strip()
        if any(letter in text for letter in "\r\n\0\u2028\u2029"):
            raise TemplateProblem("line 1: a line break in a value would forge a header")
        return text


class _Bounding(NodeTransformer):
    """Puts loops, concatenations, comparisons and slices under the budget.

    The names cannot be written in a template.
    """

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        weight = nodes.Const(sum(1 for _ in node.find_all(nodes.Node)))
        node.iter = nodes.Filter(node.iter, "loop!", [weight], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "concat!")

    def visit_Operand(self, node: nodes.Operand) -> nodes.Operand:
        self.generic_visit(node)
        if not isinstance(node.expr, nodes.Const):
            node.expr = _filtered(node.expr, "compared!")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, "copied!")
        return node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _Encoding(NodeTransformer):
    """Encodes what an address's template puts in, unless it was encoded or called safe there."""

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        node.nodes = [
            each
            if isinstance(each, nodes.TemplateData)
            or (isinstance(each, nodes.Filter) and each.name == "urlencode")
            else _filtered(each, "encoded!")
            for each in node.nodes
        ]
        return node


def _check(source: str, kind: Kind) -> None:
    broken = _broken(source, kind)
    if broken:
        raise TemplateProblem("\n".join(f"line {line}: {words}" for line, words in broken))


def _broken(source: str, kind: Kind) -> list[tuple[int, str]]:
    limit = KINDS[kind].source
    if len(source) > limit:
        return [(1, f"the source has {len(source)} characters; at most {limit} are allowed")]
    if "\0" in source:
        return [(1, "the source contains a NUL character")]
    try:
        return broken_rules(environment(autoescape=KINDS[kind].autoescape).parse(source))
    except TemplateSyntaxError as error:
        return [(error.lineno, error.message or "syntax error")]
    except RecursionError:
        return [(1, "the expressions are nested too deeply")]


def _compile(source: str, kind: Kind) -> Compiled:
    env = environment(autoescape=KINDS[kind].autoescape)
    try:
        tree = env.parse(source)
        if kind == "address":
            tree = _Encoding().visit(tree)
        tree = _Bounding().visit(tree).set_environment(env)
        code = env.compile(tree, filename=NAME)
    except TemplateSyntaxError as error:
        raise TemplateProblem(f"line {error.lineno}: {_words(error)}") from error
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise TemplateProblem("line 1: the expressions are nested too deeply") from error
    return Compiled(Template.from_code(env, code, {}, None), kind)


def _refuse_objects(value: Any, path: str) -> None:
    """Raise TypeError unless it is text, number, truth value, None, or lists and dicts of them."""
    kind = type(value)
    if kind in PLAIN:
        return
    if kind is dict:
        for key, item in value.items():
            if type(item) not in PLAIN:
                _refuse_objects(item, f"{path}.{key}")
    elif kind is list:
        for item in value:
            if type(item) not in PLAIN:
                _refuse_objects(item, path)
    else:
        raise TypeError(f"{path} is a {kind.__name__}: templates see plain data only.")


def _line(trace: TracebackType | None, template: Template) -> int:
    """The template's line in which the innermost frame of its code stood."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == NAME:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
