"""The line of a text that a problem is about, found by its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from journeys.core.problem import Problem
from journeys.core.source import Place

Meant = Callable[[str, Place], Iterable[int]]
"""The positions in a list that a part of a path can mean at a place."""

_TOKEN = re.compile(r"[^.\[\]]+")


def numbered(token: str, _place: Place) -> Iterable[int]:
    """A position is written as a number."""
    return (int(token),) if token.isascii() and token.isdigit() else ()


def line_of(path: str, lines: Mapping[Place, int], meant: Meant = numbered) -> int:
    """The line of the deepest part of the path that the text has."""
    place: Place = ()
    for token in _TOKEN.findall(path):
        keys = (*meant(token, place), token)
        key = next((each for each in keys if (*place, each) in lines), None)
        if key is None:
            break
        place = (*place, key)
    return lines.get(place, 1)


def located(
    problems: Iterable[Problem], lines: Mapping[Place, int], meant: Meant = numbered
) -> list[Problem]:
    """The problems with their lines, where they have none yet; as they are for what was no YAML."""
    if not lines:
        return list(problems)
    return [replace(each, line=each.line or line_of(each.path, lines, meant)) for each in problems]
