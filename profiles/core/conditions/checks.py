"""Operators and what they compare with: `{gte: 18, lt: 65}` becomes two checks.

Values keep their JSON type; nothing is coerced. Objects and nulls are no values: a nested property
has a dotted path, and a null is missing.
"""

from collections.abc import Callable, Mapping

from profiles.core.conditions.ast import Check, Clause, Entry, Scalar, Value, Where
from profiles.core.conditions.reader import Reader, shown
from profiles.core.conditions.vocabulary import OPERATORS, Wants
from profiles.core.instants import is_instant
from profiles.core.problems import joined

LARGEST = 1e300
ENTRY = "entry."


def read_checks(
    reader: Reader,
    document: Mapping[object, object],
    path: str,
    allowed: tuple[str, ...],
    *,
    numeric: bool = False,
) -> tuple[Check, ...]:
    """The checks that `document` writes with `allowed` operators; other keys are the caller's."""
    found: list[Check] = []
    for key, value in document.items():
        if isinstance(key, str) and key in allowed and reader.spend(joined(path, key)):
            check = _read(reader, key, value, joined(path, key))
            if numeric:
                _insist_on_numbers(reader, check, joined(path, key))
            found.append(check)
    return tuple(found)


def read_where(reader: Reader, document: object, path: str) -> Where:
    """Clauses of `{property: {operator: value}}`."""
    found: list[Clause] = []
    for key, value in reader.mapping(document, path, "{revenue: {gte: 50}}").items():
        name = reader.text(key, path, what="the property to compare")
        if name and reader.spend(joined(path, name)):
            found.append(Clause(path=name, checks=_of_property(reader, value, joined(path, name))))
    return tuple(found)


def _of_property(reader: Reader, document: object, path: str) -> tuple[Check, ...]:
    operators = reader.mapping(document, path, "{eq: …} or {gte: 50}")
    reader.keys(operators, OPERATORS, path)
    if isinstance(document, Mapping) and not operators:
        reader.report(path, "missing", "Say how to compare, such as {eq: …} or {exists: true}.")
    return read_checks(reader, operators, path, tuple(OPERATORS))


def _read(reader: Reader, operator: str, value: object, path: str) -> Check:
    wants = OPERATORS[operator]
    if wants == "duration":
        return Check(operator, reader.duration(value, path))
    if wants == "entry":
        return Check(operator, _entry(reader, value, path))
    return Check(operator, _VALUES[wants](reader, value, path))


def _entry(reader: Reader, value: object, path: str) -> Entry:
    text = reader.text(value, path, what="the property of the entry event, such as entry.cart_id")
    if text and not (text.startswith(ENTRY) and len(text) > len(ENTRY)):
        reader.report(path, "entry", "`is` compares with the entry event: write entry.PROPERTY.")
    elif not reader.entry_allowed:
        reader.report(
            path, "entry", "There is no entry event here; compare with a value, such as {eq: …}."
        )
    return Entry(text.removeprefix(ENTRY))


def _value(reader: Reader, value: object, path: str) -> Value:
    return _values(reader, value, path) if isinstance(value, list) else _scalar(reader, value, path)


def _values(reader: Reader, value: object, path: str) -> tuple[Scalar, ...]:
    if not isinstance(value, list):
        reader.report(path, "type", f"Write a list of values such as [a, b], not {shown(value)}.")
        return ()
    places = ((each, joined(path, at)) for at, each in enumerate(value))
    return tuple(_scalar(reader, each, place) for each, place in places if reader.spend(place))


def _scalar(reader: Reader, value: object, path: str) -> Scalar:
    if isinstance(value, str):
        return reader.text(value, path, what="the value", blank=True)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(reader, value, path)
    if value is None:
        reader.report(path, "value", "A null counts as missing; ask with {exists: false}.")
    else:
        message = (
            f"Compare with a text, a number, true or false, not {shown(value)};"
            " a nested property has a path such as address.city."
        )
        reader.report(path, "type", message)
    return 0


def _number(reader: Reader, value: float, path: str) -> float:
    if not abs(value) <= LARGEST:  # so written, it holds for NaN, and for integers of any length
        reader.report(path, "value", "Write a number that is finite and not larger than 1e300.")
        return 0
    return value


def _ordered(reader: Reader, value: object, path: str) -> Scalar:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = f"Only numbers, dates and texts have an order; {shown(value)} has none."
        reader.report(path, "type", message)
        return 0
    return _scalar(reader, value, path)


def _text(reader: Reader, value: object, path: str) -> str:
    return reader.text(value, path, what="the text to compare with", blank=True)


def _flag(reader: Reader, value: object, path: str) -> bool:
    if not isinstance(value, bool):
        reader.report(path, "type", f"Write true or false, not {shown(value)}.")
    return value is True


def _instant(reader: Reader, value: object, path: str) -> str:
    if isinstance(value, str) and is_instant(value):
        return value
    message = f"Write a date such as 2026-12-01 or 2026-12-01T10:00:00Z, not {shown(value)}."
    reader.report(path, "value", message)
    return ""


def _insist_on_numbers(reader: Reader, check: Check, path: str) -> None:
    values = check.value if isinstance(check.value, tuple) else (check.value,)
    if check.operator != "exists" and not all(_is_number(each) for each in values):
        reader.report(path, "type", "Compare with a number, such as {gte: 2}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_VALUES: Mapping[Wants, Callable[[Reader, object, str], Value]] = {
    "value": _value,
    "ordered": _ordered,
    "values": _values,
    "scalar": _scalar,
    "text": _text,
    "flag": _flag,
    "instant": _instant,
}
