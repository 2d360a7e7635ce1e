"""The segments that a file of tests brings along: conditions by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from journeys.core.problem import Problem, problem
from profiles.core.conditions import ConditionError, Vocabulary, parse

EXAMPLE = "{vip: {attribute: plan, eq: pro}}"


def problems(segments: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with each; one may look at those written above it."""
    above: set[str] = set()
    for slug, condition in segments.items():
        known = Vocabulary(segments=frozenset(above))
        try:
            parse(condition, path=f"segments.{slug}", entry_allowed=False, vocabulary=known)
        except ConditionError as error:
            yield from (problem(each.path, "condition", each.message) for each in error.problems)
        above.add(slug)
