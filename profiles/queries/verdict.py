"""Why a customer is inside a condition or outside: each part of it, met or not, and what it saw."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from profiles.core.conditions import All, AnyOf, Condition, Not
from profiles.queries.conditions import Ask, Subject, answers, standings, weighed

TOGETHER = 300
"""Parts asked in one statement, which has a limit of columns."""


class Verdict(NamedTuple):
    """`saw` is what a rule looked at (None for nothing, and for a group of rules), `parts` are what
    a group is made of.
    """

    condition: Condition
    holds: bool
    saw: object
    parts: "tuple[Verdict, ...]"


class Answer(NamedTuple):
    """`changes_at` is when time alone can change the answer, if it can."""

    verdict: Verdict
    changes_at: dt.datetime | None


def answer(condition: Condition, customer: int, *, now: dt.datetime) -> Answer | None:
    """As things stand at `now`; None for somebody who is no customer, or merged into another."""
    nodes = list(_nodes(condition))
    holds = _holding(nodes, customer, now)
    if holds is None:
        return None
    saw = _saw([node for node in nodes if not _groups(node)], customer, now)
    standing = standings([Ask(condition)], [Subject(0, customer)], now=now).get(0)
    turns = standing.turns[0] if standing else None
    return Answer(_verdict(condition, iter(holds), iter(saw)), turns)


def _nodes(condition: Condition) -> Iterator[Condition]:
    """The condition and every part of it, each before its own parts."""
    yield condition
    for part in _parts(condition):
        yield from _nodes(part)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, All | AnyOf):
        return condition.of
    return (condition.of,) if isinstance(condition, Not) else ()


def _groups(condition: Condition) -> bool:
    return isinstance(condition, All | AnyOf | Not)


def _holding(
    nodes: Sequence[Condition], customer: int, now: dt.datetime
) -> list[bool | None] | None:
    """What the evaluator that decides who belongs says of each part."""
    found: list[bool | None] = []
    for some in _pages(nodes):
        row = answers([Ask(node) for node in some], [Subject(0, customer)], now=now).get(0)
        if row is None:
            return None
        found += row
    return found


def _saw(leaves: Sequence[Condition], customer: int, now: dt.datetime) -> list[object]:
    """What each single rule looked at."""
    found: list[object] = []
    for some in _pages(leaves):
        told = weighed([Ask(leaf) for leaf in some], [Subject(0, customer)], now=now).get(0, ())
        found += [msgspec.json.decode(each.saw)[0] if each else None for each in told]
    return found


def _pages(nodes: Sequence[Condition]) -> Iterator[Sequence[Condition]]:
    for start in range(0, len(nodes), TOGETHER):
        yield nodes[start : start + TOGETHER]


def _verdict(condition: Condition, holds: Iterator[bool | None], saw: Iterator[object]) -> Verdict:
    """Takes the answers in the order in which the parts were named."""
    mine = bool(next(holds))
    parts = tuple(_verdict(part, holds, saw) for part in _parts(condition))
    return Verdict(condition, mine, None if _groups(condition) else next(saw, None), parts)
