"""Reading conditions over the event log: `event`, `sequence`, `message` and `in_journey`."""

from collections.abc import Mapping
from datetime import timedelta

from profiles.core.conditions.ast import (
    Aggregate,
    Check,
    Event,
    InJourney,
    InSequence,
    Measure,
    Message,
    Then,
    Where,
)
from profiles.core.conditions.checks import read_checks, read_where
from profiles.core.conditions.reader import Reader, shown
from profiles.core.conditions.vocabulary import AGGREGATES, MESSAGE_WORDS, OF_A_PROPERTY, OPERATORS
from profiles.core.problems import joined

EVENT_KEYS = ("event", "where", "within", *AGGREGATES, *OPERATORS)
THEN_KEYS = ("event", "where", "within")
LONGEST_SEQUENCE = 20
AT_LEAST_ONCE = (Check("gte", 1),)

Document = Mapping[object, object]


def read_event(reader: Reader, document: Document, path: str) -> Event:
    measure, checks = _measured(reader, document, path)
    return Event(
        name=reader.text(document["event"], joined(path, "event"), what="the event"),
        checks=checks,
        measure=measure,
        where=_where(reader, document, path),
        within=_within(reader, document, path),
    )


def read_sequence(reader: Reader, document: Document, path: str) -> InSequence:
    value, place = document["sequence"], joined(path, "sequence")
    listed = value if isinstance(value, list) else []
    if not isinstance(value, list):
        reader.report(place, "type", f"Write a list of events in order, not {shown(value)}.")
    elif not 2 <= len(value) <= LONGEST_SEQUENCE:
        message = (
            f"A sequence is of 2 to {LONGEST_SEQUENCE} events; a single one is {{event: NAME}}."
        )
        reader.report(place, "size", message)
    steps = tuple(
        _then(reader, each, joined(place, at), first=at == 0)
        for at, each in enumerate(listed)
        if reader.spend(joined(place, at))
    )
    return InSequence(steps, _within(reader, document, path))


def _then(reader: Reader, value: object, path: str, *, first: bool) -> Then:
    document = reader.mapping(value, path, "{event: Order Completed}")
    if not isinstance(value, Mapping):
        return Then("")
    reader.keys(document, THEN_KEYS, path)
    if first and "within" in document:
        message = "Nothing comes before the first event; write `within` beside `sequence`."
        reader.report(joined(path, "within"), "within", message)
    return Then(
        name=reader.text(document.get("event", ""), joined(path, "event"), what="the event"),
        where=_where(reader, document, path),
        within=_within(reader, document, path),
    )


def read_message(reader: Reader, document: Document, path: str) -> Message:
    def given(key: str, what: str, known: frozenset[str] | None = None) -> str:
        return (
            reader.name(document[key], joined(path, key), known, what=what)
            if key in document
            else ""
        )

    return Message(
        word=given("message", "an outcome", frozenset(MESSAGE_WORDS)),
        journey=given("journey", "a journey", reader.vocabulary.journeys),
        step=given("step", "a step"),
        within=_within(reader, document, path),
    )


def read_in_journey(reader: Reader, document: Document, path: str) -> InJourney:
    place = joined(path, "in_journey")
    return InJourney(
        reader.name(document["in_journey"], place, reader.vocabulary.journeys, what="a journey")
    )


def _where(reader: Reader, document: Document, path: str) -> Where:
    return (
        read_where(reader, document["where"], joined(path, "where")) if "where" in document else ()
    )


def _within(reader: Reader, document: Document, path: str) -> timedelta | None:
    return (
        reader.duration(document["within"], joined(path, "within"))
        if "within" in document
        else None
    )


def _measured(reader: Reader, document: Document, path: str) -> tuple[Measure, tuple[Check, ...]]:
    """The aggregate that the document names and its checks; at least once when it names none."""
    kinds = [kind for kind in AGGREGATES if kind in document]
    if len(kinds) > 1:
        message = f"Give one of {' and '.join(kinds)}; join two conditions with all: […]."
        reader.report(joined(path, kinds[1]), "ambiguous", message)
    if kinds:
        return _aggregate(reader, document, path, kinds[0])
    for operator in (key for key in OPERATORS if key in document):
        message = f"Say what to compare, such as count: {{{operator}: …}} or sum: PROPERTY."
        reader.report(joined(path, operator), "missing", message)
    return Measure(), AT_LEAST_ONCE


def _aggregate(
    reader: Reader, document: Document, path: str, kind: Aggregate
) -> tuple[Measure, tuple[Check, ...]]:
    """`sum: revenue` and `last_at: true` have operators beside them, `count: {gte: 2}` inside."""
    value, place, allowed = document[kind], joined(path, kind), AGGREGATES[kind]
    operators: Document = {key: each for key, each in document.items() if key in OPERATORS}
    if kind in OF_A_PROPERTY:
        measure = Measure(kind, reader.text(value, place, what="the property to compute over"))
        place = path
    else:
        measure = Measure(kind)
        if value is True:
            place = path
        else:
            _refuse_beside(reader, operators, path, kind)
            operators = reader.mapping(value, place, _example(allowed))
    reader.keys(operators, allowed, place)
    if not operators and (place == path or value == {}):
        reader.report(place, "missing", f"Say how to compare {kind}, such as {_example(allowed)}.")
    return measure, read_checks(reader, operators, place, allowed, numeric="gt" in allowed)


def _refuse_beside(reader: Reader, operators: Document, path: str, kind: str) -> None:
    for operator in operators:
        message = f"Write the operator inside {kind}, such as {kind}: {{{operator}: …}}."
        reader.report(joined(path, str(operator)), "ambiguous", message)


def _example(allowed: tuple[str, ...]) -> str:
    return "{gte: 2}" if "gt" in allowed else "{within_last: 7d}"
