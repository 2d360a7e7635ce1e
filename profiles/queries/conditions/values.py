"""Comparisons of one JSON value in SQL: each is true or false, never null and never an error.

A cast or a text function stands behind a CASE on the value's type, because the order in which a
server looks at the parts of an AND is its own.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from profiles.core.conditions import Check, Entry, Where
from profiles.core.instants import is_instant
from profiles.queries.conditions.binding import Binder

SYMBOLS: Mapping[str, str] = {
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "before": "<",
    "after": ">",
}
NO_ENTRY = "NULL::jsonb"
NEGATED: Mapping[str, str] = {"ne": "eq", "not_in": "in", "not_contains": "contains"}

_INDEX = re.compile("[0-9]+")
_ODD_INDEX = re.compile(r"\s*[+-]?[0-9]+")


class Facts(msgspec.Struct, frozen=True):
    """What a comparison may need besides the value. `entry` and `context` are SQL expressions
    for JSON.
    """

    bind: Binder
    now: datetime
    zone: str
    entry: str = NO_ENTRY
    context: str = NO_ENTRY


def at_path(root: str, path: str, bind: Binder) -> str:
    """The value under `path`: a key of that very name first, then a walk along the dots."""
    literal = f"({root} -> {bind.text(path)})"
    steps = path.split(".")
    if len(steps) == 1 or any(_leads_nowhere(step) for step in steps):
        return literal
    walked = f"({root} #> {bind.texts(steps)})"
    return f"COALESCE(NULLIF({literal}, 'null'), {walked})"


def where_sql(where: Where, *, properties: str, facts: Facts) -> str:
    """Whether the JSON object `properties` (an SQL expression) passes every clause."""
    parts = [
        holds(check, at_path(properties, clause.path, facts.bind), facts)
        for clause in where
        for check in clause.checks
    ]
    return " AND ".join(parts) or "true"


def holds(check: Check, value: str, facts: Facts) -> str:
    """Whether the JSON value (an SQL expression, null when missing) passes the check."""
    if check.operator in NEGATED:
        return f"NOT {holds(Check(NEGATED[check.operator], check.value), value, facts)}"
    return _HOLDS[check.operator](check, value, facts)


def instant(text: str, facts: Facts) -> str:
    """The instant of a literal that is known to be one, computed once a statement."""
    return f"(SELECT profiles_instant({facts.bind.text(text)}, {facts.bind.text(facts.zone)}))"


def read_instant(value: str, facts: Facts) -> str:
    """The instant that a JSON text names; null for any other value."""
    text = f"CASE WHEN jsonb_typeof({value}) = 'string' THEN {_text(value)} END"
    return f"profiles_instant({text}, {facts.bind.text(facts.zone)})"


def _leads_nowhere(step: str) -> bool:
    """An empty step, or a number that only PostgreSQL would take for an index, such as -1."""
    return not step or (_ODD_INDEX.fullmatch(step) is not None and _INDEX.fullmatch(step) is None)


def _text(value: str) -> str:
    return f"({value} #>> '{{}}')"


def _if_text(value: str, expression: str) -> str:
    return f"CASE WHEN jsonb_typeof({value}) = 'string' THEN {expression} ELSE false END"


def _eq(check: Check, value: str, facts: Facts) -> str:
    return f"(({value} = {facts.bind.json(check.value)}) IS TRUE)"


def _in(check: Check, value: str, facts: Facts) -> str:
    wanted = check.value if isinstance(check.value, tuple) else ()
    return f"(({value} = ANY({facts.bind.jsons(wanted)})) IS TRUE)"


def _is(check: Check, value: str, facts: Facts) -> str:
    path = check.value.path if isinstance(check.value, Entry) else ""
    entry = at_path(facts.entry, path, facts.bind)
    return f"(({value} = NULLIF({entry}, 'null')) IS TRUE)"


def _exists(check: Check, value: str, facts: Facts) -> str:
    return f"(({value} <> 'null') IS {'TRUE' if check.value else 'NOT TRUE'})"


def _ordered(check: Check, value: str, facts: Facts) -> str:
    symbol, literal = SYMBOLS[check.operator], check.value
    if not isinstance(literal, str):
        bound = facts.bind.json(check.value)
        return f"((jsonb_typeof({value}) = 'number' AND {value} {symbol} {bound}) IS TRUE)"
    by_letter = f'{_text(value)} COLLATE "C" {symbol} {facts.bind.text(literal)}'
    if not is_instant(literal):
        return _if_text(value, by_letter)
    read = read_instant(value, facts)
    return _if_text(value, f"COALESCE({read} {symbol} {instant(literal, facts)}, {by_letter})")


def _dated(check: Check, value: str, facts: Facts) -> str:
    return f"(({on_time(check, read_instant(value, facts), facts)}) IS TRUE)"


def on_time(check: Check, value: str, facts: Facts) -> str:
    """The same for a value that is a timestamptz already; null when the value is."""
    now, length = facts.bind.instant(facts.now), check.value
    if isinstance(length, timedelta) and check.operator == "within_last":
        return f"{value} > {facts.bind.instant(facts.now - length)} AND {value} <= {now}"
    if isinstance(length, timedelta):
        return f"{value} > {now} AND {value} <= {facts.bind.instant(facts.now + length)}"
    return f"{value} {SYMBOLS[check.operator]} {instant(str(length), facts)}"


def _contains(check: Check, value: str, facts: Facts) -> str:
    literal = check.value
    listed = f"WHEN 'array' THEN {value} @> {facts.bind.json(check.value)}"
    inside = ""
    if isinstance(literal, str):
        inside = f"WHEN 'string' THEN strpos({_text(value)}, {facts.bind.text(literal)}) > 0"
    return f"CASE jsonb_typeof({value}) {listed} {inside} ELSE false END"


def _icontains(check: Check, value: str, facts: Facts) -> str:
    wanted = f"profiles_fold({facts.bind.text(str(check.value))})"
    item = "jsonb_typeof(item) = 'string' AND profiles_fold(item #>> '{}')"
    return (
        f"CASE jsonb_typeof({value})"
        f" WHEN 'array' THEN EXISTS (SELECT FROM jsonb_array_elements({value}) item"
        f" WHERE {item} = {wanted})"
        f" WHEN 'string' THEN strpos(profiles_fold({_text(value)}), {wanted}) > 0 ELSE false END"
    )


def _ieq(check: Check, value: str, facts: Facts) -> str:
    wanted = f"profiles_fold({facts.bind.text(str(check.value))})"
    return _if_text(value, f"profiles_fold({_text(value)}) = {wanted}")


def _starts_with(check: Check, value: str, facts: Facts) -> str:
    return _if_text(value, f"starts_with({_text(value)}, {facts.bind.text(str(check.value))})")


def _ends_with(check: Check, value: str, facts: Facts) -> str:
    wanted = facts.bind.text(str(check.value))
    return _if_text(value, f"right({_text(value)}, length({wanted})) = {wanted}")


_HOLDS: Mapping[str, Callable[[Check, str, Facts], str]] = {
    "eq": _eq,
    "in": _in,
    "is": _is,
    "exists": _exists,
    "gt": _ordered,
    "gte": _ordered,
    "lt": _ordered,
    "lte": _ordered,
    "before": _dated,
    "after": _dated,
    "within_last": _dated,
    "within_next": _dated,
    "contains": _contains,
    "icontains": _icontains,
    "ieq": _ieq,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
}
