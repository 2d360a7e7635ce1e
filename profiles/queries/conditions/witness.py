"""What a condition saw: the values that it was judged by, for the decision log."""

from profiles.core.conditions import (
    All,
    Attribute,
    Condition,
    Context,
    Event,
    InSequence,
    Lifecycle,
    Message,
    Random,
    Stage,
)
from profiles.core.conditions.ast import Leaf
from profiles.core.conditions.references import leaves, references, where_references
from profiles.queries.conditions.compiler import Compiler
from profiles.queries.conditions.log import Slice
from profiles.queries.conditions.measures import NUMBERS, begun_sql, measured, over_property
from profiles.queries.conditions.values import at_path

WIDEST = 256
"""Bytes of a value, as PostgreSQL keeps it; of a longer one the log keeps that it was there."""


def seen_sql(condition: Condition, compiler: Compiler) -> str:
    """A JSON array as text: for each leaf in document order what it looked at, null for nothing."""
    values = ", ".join(_value(leaf, compiler) for leaf in leaves(condition))
    return f"jsonb_build_array({values})::text"


def clause_sql(condition: Condition, compiler: Compiler) -> str:
    """The number of the first clause of an `all` that does not hold, counted from 0; or null."""
    if not isinstance(condition, All):
        return "0"
    holding = ", ".join(compiler.compile(part) for part in condition.of)
    return f"(array_position(ARRAY[{holding}]::boolean[], false) - 1)"


def _value(leaf: Leaf, compiler: Compiler) -> str:
    """SQL for what the leaf compares; the answer itself where there is nothing else to tell."""
    match leaf:
        case Attribute(path=path) | Context(path=path):
            root = "c.attributes" if isinstance(leaf, Attribute) else compiler.facts.context
            return _short(at_path(root, path, compiler.facts.bind))
        case Event() | Message():
            event = leaf.as_event() if isinstance(leaf, Message) else leaf
            return f"to_jsonb({_measure(event, compiler)})"
        case InSequence():
            return f"to_jsonb({_begun(leaf, compiler)})"
        case Stage() | Lifecycle():
            return compiler.place("stage" if isinstance(leaf, Stage) else "segment")
        case Random(salt=salt):
            return compiler.bucket(salt)
    return compiler.compile(leaf)


def _measure(event: Event, compiler: Compiler) -> str:
    """What differs from entry to entry would be looked up once more: it is left out."""
    if where_references(event.where).entry:
        return "NULL::numeric"
    value = measured(event, compiler.log, compiler.facts)
    if event.measure.kind != "avg":
        return value
    count = over_property(NUMBERS, event.measure, compiler.facts)
    return f"{value} / NULLIF({compiler.log.over(Slice.of(event, compiler.facts.now), count)}, 0)"


def _begun(sequence: InSequence, compiler: Compiler) -> str:
    """When the latest run through the sequence began; left out like a measure."""
    if references(sequence).entry:
        return "NULL::timestamptz"
    return begun_sql(sequence, compiler.log, compiler.facts)


def _short(value: str) -> str:
    return f"CASE WHEN pg_column_size({value}) > {WIDEST} THEN '\"…\"'::jsonb ELSE {value} END"
