"""Which listeners an event can satisfy: found by the value of one property, not tried one by one.

Only who cannot pass is left out, and the clauses themselves are judged elsewhere. What compares a
property with texts is looked up under them; everything else is tried at every event of its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from profiles.core.conditions import Check, Where

Key = tuple[str, frozenset[str]]
"""A property of the event, and the texts of which it has to be one."""

Item = TypeVar("Item")


def key(where: Where) -> Key | None:
    """What the clauses ask of one property, the fewest texts first; None when they ask no such."""
    found = [
        (clause.path, texts)
        for clause in where
        if "." not in clause.path
        for check in clause.checks
        if (texts := _texts(check)) is not None
    ]
    return min(found, key=lambda each: len(each[1]), default=None)


def _texts(check: Check) -> frozenset[str] | None:
    wanted = check.value if isinstance(check.value, tuple) else (check.value,)
    if check.operator not in ("eq", "in"):
        return None
    texts = frozenset(each for each in wanted if isinstance(each, str))
    return texts if len(texts) == len(set(wanted)) else None


class Access(Generic[Item]):
    """Items in their order, each under its key."""

    def __init__(self, items: Iterable[tuple[Item, Key | None]]) -> None:
        self._always: list[tuple[int, Item]] = []
        self._keyed: dict[str, dict[str, list[tuple[int, Item]]]] = {}
        for place, (item, asked) in enumerate(items):
            if asked is None:
                self._always.append((place, item))
                continue
            path, texts = asked
            for text in texts:
                self._keyed.setdefault(path, {}).setdefault(text, []).append((place, item))

    def of(self, properties: Mapping[str, Any]) -> Iterator[Item]:
        """Those that an event with these properties can satisfy, in their order."""
        found = list(self._always)
        for path, by_text in self._keyed.items():
            value = properties.get(path)
            if isinstance(value, str):
                found += by_text.get(value, ())
        if self._keyed:
            found.sort(key=_place)
        return (item for _, item in found)


def _place(each: tuple[int, Any]) -> int:
    return each[0]
