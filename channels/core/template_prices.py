"""What the work of a template costs, and the budget that it is paid from.

One unit is at most about a microsecond of work, so that the worst template ends in two seconds;
whatever looks into lists and mappings pays for all they hold, before it looks.
"""

from typing import Any

MAX_UNITS = 1_000_000
MAX_TEXT = 65_536
BUDGET = "budget!"
"""A name of a scope that no template can write, and so neither read nor replace."""

CHEAP = frozenset({"abs", "count", "d", "default", "first", "last", "length"})
"""Filters that cost next to nothing, whatever they are given."""
DEAR = {"sort": 3, "dictsort": 3, "groupby": 3, "unique": 2, "max": 1, "min": 1}
"""Filters that compare items with each other, some of them several times."""


class Bounds(Exception):
    """The template wants more than any message needs."""


class Budget:
    """How much work the templates of one message may still do."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_UNITS

    def pay(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise Bounds("the template does more work than any message needs")

    def pay_text(self, length: int) -> None:
        """For a text that the template makes, of so many characters."""
        if length > MAX_TEXT:
            raise Bounds(f"a text made by the template is longer than {MAX_TEXT} characters")
        self.pay(length // 16)


def size(value: Any) -> int:
    """What it costs to go through a value once, not into its items."""
    if isinstance(value, str):
        return len(value) // 16
    return len(value) if isinstance(value, list | tuple | dict | range) else 0


def depth(value: Any) -> int:
    """What it costs to compare a value with another: all that it holds, at any level."""
    if not isinstance(value, list | tuple | dict):
        return size(value)
    units, open_ = 0, [value]
    while open_:
        each = open_.pop()
        units += len(each)
        items = each.values() if isinstance(each, dict) else each
        open_ += [item for item in items if isinstance(item, list | tuple | dict)]
    return units


def price(name: str, value: Any) -> int:
    """What a filter costs on what it takes."""
    if name in CHEAP:
        return 0
    return 1 + (depth(value) * DEAR[name] if name in DEAR else size(value))


def repeated(left: int | str, right: int | str) -> int:
    """How long a text is that `*` makes."""
    text, times = (left, right) if isinstance(left, str) else (right, left)
    return len(str(text)) * max(times, 0) if isinstance(times, int) else 0
