"""Jinja's sandbox made narrower: members of plain data only, and all that grows pays a budget.

No text made by a template's own operations is longer than MAX_TEXT.
"""

import builtins
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any, NoReturn
from urllib.parse import quote

from jinja2 import ChainableUndefined
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Context, LoopContext, Undefined, markup_join, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import pass_context
from markupsafe import Markup, escape

from channels.core.template_abort import abort
from channels.core.template_prices import BUDGET, CHEAP, Bounds, Budget, depth, price, repeated
from channels.core.template_rules import (
    DICT_METHODS,
    FILTERS,
    LOOP_FACTS,
    LOOP_METHODS,
    STRING_METHODS,
)

MAX_ITEMS = 1_000
MAX_NUMBER = 10**30
TRACK = "track!"
"""Like BUDGET, a name that no template can write."""
COMPARING = frozenset({
    "==", "eq", "equalto", "!=", "ne", "<", "lt", "lessthan", "<=", "le", ">", "gt", "greaterthan",
    ">=", "ge", "in", "lower", "upper",
})  # fmt: skip
"""Tests that look at more than the kind of a value."""


class Missing(ChainableUndefined):
    """What the customer does not have: empty as text, at any depth; never greater or a number."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"{self._undefined_name!r} is undefined"

    def _false(self, other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _false  # type: ignore[assignment]

    def __int__(self) -> NoReturn:
        raise TypeError

    def __float__(self) -> NoReturn:
        raise TypeError


class Environment(ImmutableSandboxedEnvironment):
    """Members are items of mappings, listed methods, or facts of a loop; nothing else exists."""

    intercepted_binops = frozenset({"+", "*", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict:
            if attribute in obj:
                return obj[attribute]
            if attribute in DICT_METHODS:
                return builtins.getattr(obj, attribute)
        elif isinstance(obj, str):
            if attribute in STRING_METHODS:
                return builtins.getattr(obj, attribute)
        elif isinstance(obj, LoopContext) and attribute in LOOP_FACTS | LOOP_METHODS:
            return builtins.getattr(obj, attribute)
        elif isinstance(obj, Undefined):
            return obj
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict | list | tuple | str):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        return (
            self.getattr(obj, argument)
            if isinstance(argument, str)
            else self._nothing(obj, argument)
        )

    def _nothing(self, obj: Any, argument: Any) -> Any:
        return (
            obj if isinstance(obj, Undefined) else self.undefined(obj=obj, name=str(argument)[:50])
        )

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """`+`, `*` and `%` for numbers, `+` for texts; a repeated text stays short."""
        if isinstance(left, Undefined) or isinstance(right, Undefined):
            return super().call_binop(context, operator, left, right)
        if isinstance(left, int | float) and isinstance(right, int | float):
            return _bounded_number(super().call_binop(context, operator, left, right))
        texts = isinstance(left, str), isinstance(right, str)
        if operator == "+" and all(texts):
            _pay_text(context, len(left) + len(right))
        elif (
            operator == "*"
            and any(texts)
            and isinstance(left, int | str)
            and isinstance(right, int | str)
        ):
            _pay_text(context, repeated(left, right))
        else:
            raise SecurityError(f"`{operator}` is for numbers here")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = builtins.getattr(obj, "__self__", None)
        if isinstance(owner, str | dict):
            context.parent[BUDGET].pay(1 + len(owner) // 16)
        elif isinstance(owner, LoopContext):
            context.parent[BUDGET].pay(1 + sum(map(depth, args)))
        return super().call(context, obj, *args, **kwargs)


@lru_cache(maxsize=2)
def environment(*, autoescape: bool) -> Environment:
    """The one environment for HTML, or the one for plain text."""
    env = Environment(
        autoescape=autoescape,
        undefined=Missing,
        finalize=lambda value: "" if value is None else value,
        cache_size=0,
        auto_reload=False,
        keep_trailing_newline=True,
    )
    env.globals.clear()
    env.filters = _filters()
    env.tests = {
        name: _paid_test(call) if name in COMPARING else call for name, call in JINJA_TESTS.items()
    }
    return env


def bounded_range(*bounds: int) -> range:
    """Python's range, at most MAX_ITEMS long."""
    numbers = range(*bounds)
    if len(numbers) > MAX_ITEMS:
        raise Bounds(f"range() gives at most {MAX_ITEMS} numbers")
    return numbers


GLOBALS: dict[str, Any] = {"range": bounded_range, "abort": abort}


def _filters() -> dict[str, Callable[..., Any]]:
    own: dict[str, Any] = {"join": _join, "replace": _replace, "round": _round, "sum": _sum}
    filters = {name: own.get(name, JINJA_FILTERS[name]) for name in FILTERS}
    paid = {name: call if name in CHEAP else _paid(name, call) for name, call in filters.items()}
    paid |= {"loop!": _loop, "concat!": _concat, "compared!": _compared, "copied!": _copied}
    return {**paid, "counted": _counted, "encoded!": _encoded}


def _paid(name: str, call: Any) -> Callable[..., Any]:
    """The filter, paying for what it takes and for what it gives."""
    passed = getattr(getattr(call, "jinja_pass_arg", None), "name", "")
    pick: Callable[[Context], tuple[Any, ...]] = {
        "context": lambda context: (context,),
        "eval_context": lambda context: (context.eval_ctx,),
        "environment": lambda context: (context.environment,),
    }.get(passed, lambda context: ())

    @pass_context
    @wraps(call, assigned=("__name__", "__doc__"), updated=())
    def paid(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget: Budget = context.parent[BUDGET]
        budget.pay(price(name, value))
        result = call(*pick(context), value, *args, **kwargs)
        if isinstance(result, str):
            _pay_text(context, len(result))
        elif not isinstance(result, int | float | dict | list | tuple | Undefined | None):
            result = _listed(budget, result)
        return result

    return paid


def _paid_test(call: Any) -> Callable[..., Any]:
    """The test, paying for what it compares with, or else for what it looks at."""

    @pass_context
    def paid(context: Context, value: Any, *args: Any) -> Any:
        context.parent[BUDGET].pay(sum(map(depth, args)) + price(call.__name__, value))
        return call(value, *args)

    return paid


@pass_context
def _compared(context: Context, value: Any) -> Any:
    """The right side of a comparison, which is as dear as whatever it holds."""
    context.parent[BUDGET].pay(depth(value))
    return value


@pass_context
def _copied(context: Context, value: Any) -> Any:
    """What a slice is taken of."""
    context.parent[BUDGET].pay(price("slice", value))
    return value


def _listed(budget: Budget, items: Iterable[Any]) -> list[Any]:
    """What a filter would give one by one, as a list, so that it is paid for once."""
    listed = list(items)
    budget.pay(len(listed))
    return listed


def _pay_text(context: Context, length: int) -> None:
    budget: Budget = context.parent[BUDGET]
    budget.pay_text(length)


def _bounded_number(number: Any) -> Any:
    if isinstance(number, int) and abs(number) > MAX_NUMBER:
        raise Bounds("a number grows too large")
    return number


@pass_context
def _loop(context: Context, items: Any, weight: int) -> Any:
    """The items of a loop, counted and paid for before the first round."""
    listed = (
        items if isinstance(items, list | tuple | dict | range | str | Undefined) else list(items)
    )
    count = len(listed)
    if count > MAX_ITEMS:
        raise Bounds(f"a loop over {count} items; at most {MAX_ITEMS} are allowed")
    context.parent[BUDGET].pay(count * weight)
    return listed


@pass_context
def _concat(context: Context, parts: list[Any]) -> str:
    """`a ~ b`, escaping as the template does."""
    texts = sum(len(part) for part in parts if isinstance(part, str))
    _pay_text(context, texts)
    made = markup_join(parts) if context.eval_ctx.autoescape else str_join(parts)
    _pay_text(context, max(len(made) - texts, 0))
    return made


@pass_context
def _counted(context: Context, href: str) -> Markup:
    """The value of a link as the message's tracker wants it."""
    tracker: Callable[[str], str] | None = context.parent[TRACK]
    return Markup(href) if tracker is None else escape(tracker(str(href)))  # noqa: S704


@pass_context
def _encoded(context: Context, value: Any) -> str:
    """A value as one part of a path or a query: nothing in it can begin another part."""
    if isinstance(value, Markup):
        return value
    text = "" if value is None or isinstance(value, Undefined) else str(value)
    _pay_text(context, 3 * len(text))
    return quote(text, safe="")


@pass_context
def _join(context: Context, items: Any, d: str = "", attribute: str | None = None) -> Any:
    listed = list(items)
    texts = sum(len(item) for item in listed if isinstance(item, str))
    _pay_text(context, texts + len(d) * len(listed))
    return JINJA_FILTERS["join"](context.eval_ctx, listed, d, attribute)


@pass_context
def _replace(context: Context, text: Any, old: str, new: str) -> Any:
    source = str(text)
    _pay_text(context, len(source) + source.count(old) * len(new))
    return JINJA_FILTERS["replace"](context.eval_ctx, text, old, new)


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    return JINJA_FILTERS["round"](value, min(max(precision, -15), 15), method)


def _sum(values: Any, attribute: str | None = None) -> Any:
    """The sum of the numbers; what is no number counts nothing."""
    rows = (
        [row.get(attribute) if isinstance(row, dict) else None for row in values]
        if attribute
        else values
    )
    return sum(row for row in rows if isinstance(row, int | float))
