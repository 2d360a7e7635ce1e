"""What a test of a journey can expect of a customer: one table, each kind read, checked and judged.

A judgement is "" or a sentence that says what was expected and what happened instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from journeys.core.problem import Problem, problem
from journeys.core.reading import MAX_CONTENT, Fields
from journeys.core.trials import judging
from journeys.core.trials.observed import SENT, TEXTS, Observed
from journeys.core.trials.wanted import Expectation, Sought, When
from profiles.core import durations
from profiles.core.problems import did_you_mean

EXAMPLE = "{customer: ann, at: 1h, sent: mail}"


Read = Callable[[Fields, str], Any]
Steps = Callable[[Any], Iterable[str]]


def _nowhere(_value: Any) -> tuple[str, ...]:
    return ()


class Kind(msgspec.Struct, frozen=True):
    """How a kind is read and judged, and which steps its value names."""

    read: Read
    judge: judging.Judge
    steps: Steps = _nowhere


def _read_sought(fields: Fields, key: str) -> Sought:
    """A step's id, or a mapping of what the message must have; `true` is any message."""
    value = fields.get(key)
    if value is True:
        return Sought()
    if not isinstance(value, dict):
        return Sought(step=fields.text(key))
    inner = Fields(value, fields.at(key), fields.problems)
    times = inner.get("times")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        inner.report("times", "invalid", "Write how many times as a whole number from 1 on.")
        times = None
    found = Sought(
        step=inner.text("step"),
        channel=inner.text("channel"),
        reason=inner.text("reason"),
        texts={each: text for each in TEXTS if (text := inner.text(each, limit=MAX_CONTENT))},
        times=times,
    )
    inner.close()
    return found


def _read_text(fields: Fields, key: str) -> str:
    return fields.text(key)


def _read_flag(fields: Fields, key: str) -> bool:
    return fields.flag(key, default=True)


def _read_reason(fields: Fields, key: str) -> str:
    """A reason, or `true` for any."""
    return "" if fields.get(key) is True else fields.text(key)


def _read_texts(fields: Fields, key: str) -> tuple[str, ...]:
    return fields.texts(key)


def _read_mapping(fields: Fields, key: str) -> Mapping[str, Any]:
    return fields.mapping(key, "{name: value}") or {}


def _one(value: Any) -> tuple[str, ...]:
    return (value,) if value else ()


def _of_sought(value: Any) -> tuple[str, ...]:
    return _one(value.step)


def _all(value: Any) -> tuple[str, ...]:
    return tuple(value)


KINDS: Mapping[str, Kind] = {
    "sent": Kind(_read_sought, judging.messages(SENT, "be sent"), _of_sought),
    "never": Kind(_read_sought, judging.never, _of_sought),
    "withheld": Kind(_read_sought, judging.messages(("withheld",), "have withheld"), _of_sought),
    "skipped": Kind(_read_sought, judging.messages(judging.GONE, "have skipped"), _of_sought),
    "entered": Kind(_read_flag, judging.flag(judging.entered, "come in")),
    "refused": Kind(_read_reason, judging.refused),
    "stands": Kind(_read_text, judging.stands, _one),
    "passed": Kind(_read_texts, judging.passed, _all),
    "left": Kind(_read_reason, judging.left),
    "completed": Kind(_read_flag, judging.flag(judging.completed, "complete the journey")),
    "enrolled": Kind(_read_text, judging.enrolled),
    "converted": Kind(_read_flag, judging.flag(judging.converted, "reach the goal")),
    "attributes": Kind(_read_mapping, judging.attributes),
}


def read(fields: Fields, customers: Collection[str]) -> Expectation | None:
    """One expectation; None, and a problem, when it is none of the table."""
    customer = read_customer(fields, customers)
    when = When(read_span(fields, "at"), read_span(fields, "by"))
    if when.at is not None and when.by is not None:
        fields.report("by", "ambiguous", "Say `at` or `by`, not both.")
    found = [key for key in KINDS if key in fields.raw]
    if len(found) > 1:
        message = f"An expectation is one thing; make {found[0]} and {found[1]} two lines."
        fields.report(found[1], "ambiguous", message)
        return None
    if not found:
        _report_unknown(fields)
        return None
    value = KINDS[found[0]].read(fields, found[0])
    fields.close()
    return Expectation(fields.path, customer, found[0], value, when)


def read_span(fields: Fields, key: str) -> timedelta | None:
    """A duration, or several that add up: `1d 2h`."""
    value = fields.get(key)
    if not isinstance(value, str) or " " not in value.strip():
        return fields.duration(key)
    try:
        return sum(map(durations.parse, value.split()), timedelta())
    except ValueError as error:
        fields.report(key, "invalid", str(error))
        return None


def read_customer(fields: Fields, customers: Collection[str]) -> str:
    """One of the customers by name; with only one there is no need to say it."""
    name = fields.text("customer")
    if not name and len(customers) == 1:
        return next(iter(customers))
    if not name:
        fields.report("customer", "missing", "Say which customer.")
    elif name not in customers:
        message = f"The test has no customer “{name}”. {did_you_mean(name, customers)}"
        fields.report("customer", "invalid", message)
    return name


def _report_unknown(fields: Fields) -> None:
    word = next((key for key in fields.raw if key not in ("customer", "at", "by")), None)
    if word is None:
        fields.report("", "missing", f"Say what to expect: {', '.join(KINDS)}.")
    else:
        message = f"“{word}” cannot be expected. {did_you_mean(word, KINDS)}"
        fields.report(word, "unknown_key", message)


def faults(expected: Expectation, steps: Collection[str]) -> Iterator[Problem]:
    """Steps that the journey does not have."""
    for step in KINDS[expected.kind].steps(expected.value):
        if step not in steps:
            message = f"The journey has no step “{step}”. {did_you_mean(step, steps)}"
            yield problem(f"{expected.path}.{expected.kind}", "unknown_step", message)


def judge(expected: Expectation, seen: Observed) -> str:
    """ "" when it came as expected, else what happened instead."""
    return KINDS[expected.kind].judge(expected, seen)
