"""A condition decided again from nothing but the values that the log kept of it."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from profiles.core import conditions as c
from profiles.core.conditions.references import where_references
from tests.oracle import MISSING, Oracle, exact, is_number

CUT = "…"


class Untold(Exception):
    """The log does not tell enough: the value was too long, or differs from entry to entry."""


def rejudged(
    condition: c.Condition,
    saw: bytes | str | list[Any],
    *,
    oracle: Oracle,
    entry: Mapping[str, Any] | None = None,
) -> bool | None:
    """The answer again; None where the log does not tell enough."""
    values = saw if isinstance(saw, list) else json.loads(saw, parse_float=Decimal)
    left = iter(values)
    try:
        found = _again(condition, left, oracle, entry)
    except Untold:
        return None
    assert list(left) == []
    return found


def _again(
    condition: c.Condition, left: Iterator[Any], oracle: Oracle, entry: Mapping[str, Any] | None
) -> bool:
    match condition:
        case c.All(of=parts) | c.AnyOf(of=parts):
            found = [_again(part, left, oracle, entry) for part in parts]
            return all(found) if isinstance(condition, c.All) else any(found)
        case c.Not(of=part):
            return not _again(part, left, oracle, entry)
    value = next(left)
    if value == CUT:
        raise Untold
    match condition:
        case c.Attribute(checks=checks) | c.Context(checks=checks):
            known = MISSING if value is None else value
            return all(oracle.passes(check, known, entry) for check in checks)
        case c.Event() | c.Message():
            return _of_the_log(condition, value, oracle)
        case c.InSequence(steps=steps):
            if any(where_references(step.where).entry for step in steps):
                raise Untold
            return value is not None
        case c.Stage(slugs=slugs) | c.Lifecycle(slugs=slugs):
            return value in slugs
        case c.Random(percent=percent):
            return bool(value < exact(percent) * 100)
    assert isinstance(value, bool)
    return value


def _of_the_log(condition: c.Event | c.Message, value: Any, oracle: Oracle) -> bool:
    event = condition.as_event() if isinstance(condition, c.Message) else condition
    if where_references(event.where).entry:
        raise Untold
    known: Any = MISSING
    if is_number(value) or isinstance(value, Decimal):
        known = exact(value)
    elif value is not None:
        known = dt.datetime.fromisoformat(value)
    return all(oracle.compares(check, known) for check in event.checks)
