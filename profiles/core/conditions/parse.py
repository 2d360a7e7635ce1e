"""From a document to a condition. Every problem is collected, none is guessed around.

A kind is known by its key: `{attribute: …}`, `{all: […]}`. Besides it a mapping holds that kind's
own keys and no other.
"""

from collections.abc import Callable, Mapping

import msgspec

from profiles.core.conditions import events, profile
from profiles.core.conditions.ast import All, AnyOf, Condition, Not, Where
from profiles.core.conditions.checks import read_where
from profiles.core.conditions.reader import MAX_DEPTH, ConditionError, Reader, shown
from profiles.core.conditions.vocabulary import OPERATORS, Vocabulary
from profiles.core.problems import joined

NOTHING = AnyOf(())
"""Stands where a problem was reported; it never leaves this module."""


class Kind(msgspec.Struct, frozen=True):
    """How one kind is read, and the keys that it may have."""

    read: Callable[[Reader, Mapping[object, object], str], Condition]
    keys: frozenset[str]


def parse(
    document: object,
    *,
    path: str = "",
    entry_allowed: bool = True,
    context_allowed: bool | None = None,
    vocabulary: Vocabulary | None = None,
) -> Condition:
    """The condition that `document` (plain JSON data) writes.

    `path` is where the document stands in a larger one; `entry_allowed` is false where no entry
    event exists, `context_allowed` where no journey has saved anything (None: as for the entry);
    `vocabulary` holds the names known. Raises ConditionError with every problem.
    """
    reader = Reader(
        entry_allowed=entry_allowed,
        context_allowed=entry_allowed if context_allowed is None else context_allowed,
        vocabulary=vocabulary or Vocabulary(),
    )
    found = _read(reader, document, path, depth=1)
    if reader.problems:
        raise ConditionError(reader.problems)
    return found


def parse_where(document: object, *, path: str = "where", entry_allowed: bool = True) -> Where:
    """The clauses over an event's properties, as in a trigger. Raises ConditionError."""
    reader = Reader(entry_allowed=entry_allowed, vocabulary=Vocabulary())
    found = read_where(reader, document, path)
    if reader.problems:
        raise ConditionError(reader.problems)
    return found


def _read(reader: Reader, document: object, path: str, *, depth: int) -> Condition:
    if depth > MAX_DEPTH:
        reader.report(
            path, "depth", f"Conditions nest at most {MAX_DEPTH} levels deep; make it flatter."
        )
        return NOTHING
    if not reader.spend(path):
        return NOTHING
    if not isinstance(document, Mapping):
        message = (
            f"Write a condition such as {{attribute: country, eq: DE}}, not {shown(document)}."
        )
        reader.report(path, "type", message)
        return NOTHING
    return _of_kind(reader, document, path, depth)


def _of_kind(reader: Reader, document: Mapping[object, object], path: str, depth: int) -> Condition:
    kinds = [key for key in (*GROUPS, *KINDS) if key in document]
    if not kinds:
        _report_unknown(reader, document, path)
        return NOTHING
    kind = kinds[0]
    if len(kinds) > 1:
        message = f"This is both {kinds[0]} and {kinds[1]}; join two conditions with all: […]."
        reader.report(joined(path, kinds[1]), "ambiguous", message)
        return NOTHING
    reader.keys(document, KINDS[kind].keys if kind in KINDS else {kind}, path)
    if kind in KINDS:
        return KINDS[kind].read(reader, document, path)
    return GROUPS[kind](reader, document[kind], joined(path, kind), depth)


def _report_unknown(reader: Reader, document: Mapping[object, object], path: str) -> None:
    kinds = f"use one of: {', '.join((*GROUPS, *KINDS))}."
    if not document:
        reader.report(path, "missing", f"The condition is empty; {kinds}")
        return
    word = str(next(iter(document)))
    message = f"“{word}” is no kind of condition; {kinds}"
    reader.report(joined(path, word), "unknown_kind", message)


def _all(reader: Reader, value: object, path: str, depth: int) -> Condition:
    return All(_list(reader, value, path, depth))


def _any(reader: Reader, value: object, path: str, depth: int) -> Condition:
    return AnyOf(_list(reader, value, path, depth))


def _not(reader: Reader, value: object, path: str, depth: int) -> Condition:
    return Not(_read(reader, value, path, depth=depth + 1))


def _list(reader: Reader, value: object, path: str, depth: int) -> tuple[Condition, ...]:
    if not isinstance(value, list):
        reader.report(path, "type", f"Write a list of conditions, not {shown(value)}.")
        return ()
    return tuple(
        _read(reader, each, joined(path, at), depth=depth + 1) for at, each in enumerate(value)
    )


GROUPS: Mapping[str, Callable[[Reader, object, str, int], Condition]] = {
    "all": _all,
    "any": _any,
    "not": _not,
}

KINDS: Mapping[str, Kind] = {
    "attribute": Kind(profile.read_attribute, frozenset({"attribute", *OPERATORS})),
    "event": Kind(events.read_event, frozenset(events.EVENT_KEYS)),
    "sequence": Kind(events.read_sequence, frozenset({"sequence", "within"})),
    "stage": Kind(profile.read_stage, frozenset({"stage"})),
    "lifecycle": Kind(profile.read_lifecycle, frozenset({"lifecycle"})),
    "consent": Kind(profile.read_consent, frozenset({"consent", "topic"})),
    "reachable": Kind(profile.read_reachable, frozenset({"reachable"})),
    "message": Kind(events.read_message, frozenset({"message", "journey", "step", "within"})),
    "in_journey": Kind(events.read_in_journey, frozenset({"in_journey"})),
    "segment": Kind(profile.read_segment, frozenset({"segment"})),
    "random": Kind(profile.read_random, frozenset({"random", "salt"})),
    "context": Kind(profile.read_context, frozenset({"context", *OPERATORS})),
}
