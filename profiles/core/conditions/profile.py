"""Reading conditions about the customer: attributes, lifecycle, consent, reach, stable draw."""

from collections.abc import Mapping
from decimal import Decimal

from profiles.core.conditions.ast import (
    Attribute,
    Check,
    Consent,
    Context,
    InSegment,
    Lifecycle,
    Random,
    Reachable,
    Stage,
)
from profiles.core.conditions.checks import read_checks
from profiles.core.conditions.reader import Reader, shown
from profiles.core.conditions.vocabulary import OPERATORS
from profiles.core.problems import joined

Document = Mapping[object, object]


def read_attribute(reader: Reader, document: Document, path: str) -> Attribute:
    name = reader.text(document["attribute"], joined(path, "attribute"), what="the attribute")
    return Attribute(path=name, checks=_checks(reader, document, path, "the attribute"))


def read_context(reader: Reader, document: Document, path: str) -> Context:
    place = joined(path, "context")
    name = reader.text(document["context"], place, what="what was saved, such as score.value")
    if not reader.context_allowed:
        reader.report(place, "context", "Nothing has been saved here; only a journey's steps save.")
    return Context(path=name, checks=_checks(reader, document, path, "what was saved"))


def _checks(reader: Reader, document: Document, path: str, what: str) -> tuple[Check, ...]:
    checks = read_checks(reader, document, path, tuple(OPERATORS))
    if not any(key in OPERATORS for key in document):
        message = f"Say how to compare {what}, such as eq: … or exists: true."
        reader.report(path, "missing", message)
    return checks


def read_stage(reader: Reader, document: Document, path: str) -> Stage:
    known = reader.vocabulary.stages
    return Stage(_slugs(reader, document["stage"], joined(path, "stage"), known, what="a stage"))


def read_lifecycle(reader: Reader, document: Document, path: str) -> Lifecycle:
    known, place = reader.vocabulary.lifecycles, joined(path, "lifecycle")
    return Lifecycle(
        _slugs(reader, document["lifecycle"], place, known, what="a lifecycle segment")
    )


def read_segment(reader: Reader, document: Document, path: str) -> InSegment:
    known, place = reader.vocabulary.segments, joined(path, "segment")
    return InSegment(reader.name(document["segment"], place, known, what="a segment"))


def read_consent(reader: Reader, document: Document, path: str) -> Consent:
    place, topic = joined(path, "consent"), ""
    if "topic" in document:
        topic = reader.text(document["topic"], joined(path, "topic"), what="the topic")
    return Consent(
        reader.name(document["consent"], place, reader.vocabulary.channels, what="a channel"), topic
    )


def read_reachable(reader: Reader, document: Document, path: str) -> Reachable:
    known, place = reader.vocabulary.channels, joined(path, "reachable")
    return Reachable(reader.name(document["reachable"], place, known, what="a channel"))


def read_random(reader: Reader, document: Document, path: str) -> Random:
    salt = ""
    if "salt" in document:
        salt = reader.text(document["salt"], joined(path, "salt"), what="the salt")
    else:
        reader.report(
            joined(path, "salt"),
            "missing",
            "Give the draw a name of its own, such as salt: autumn.",
        )
    return Random(_percent(reader, document["random"], joined(path, "random")), salt)


def _percent(reader: Reader, value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        reader.report(path, "type", f"Write a percentage such as 10, not {shown(value)}.")
    elif not 0 <= value <= 100:
        reader.report(path, "value", "A percentage is between 0 and 100.")
    elif Decimal(str(value)) * 100 % 1:
        reader.report(path, "value", "A percentage has at most two decimals.")
    else:
        return value
    return 0


def _slugs(
    reader: Reader, value: object, path: str, known: frozenset[str] | None, *, what: str
) -> tuple[str, ...]:
    """One name or a list of names."""
    if not isinstance(value, list):
        return (reader.name(value, path, known, what=what),)
    if not value:
        reader.report(path, "missing", f"Name {what}.")
    places = ((each, joined(path, at)) for at, each in enumerate(value))
    return tuple(
        reader.name(each, place, known, what=what) for each, place in places if reader.spend(place)
    )
