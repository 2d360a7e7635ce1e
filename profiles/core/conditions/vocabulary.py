"""The words of the language as tables: operators, aggregates, outcomes of messages, known names.

Parser, explanation, SQL and editor read the same tables.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from profiles.core.conditions.ast import Aggregate
from profiles.core.stages import SEGMENTS, STAGES

Wants = Literal[
    "value", "ordered", "values", "scalar", "text", "flag", "instant", "duration", "entry"
]

OPERATORS: Mapping[str, Wants] = {
    "eq": "value",
    "ne": "value",
    "gt": "ordered",
    "gte": "ordered",
    "lt": "ordered",
    "lte": "ordered",
    "in": "values",
    "not_in": "values",
    "contains": "scalar",
    "not_contains": "scalar",
    "starts_with": "text",
    "ends_with": "text",
    "exists": "flag",
    "before": "instant",
    "after": "instant",
    "within_last": "duration",
    "within_next": "duration",
    "ieq": "text",
    "icontains": "text",
    "is": "entry",
}
"""What each operator compares a value with."""

NUMERIC = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in")
TEMPORAL = ("before", "after", "within_last", "within_next", "exists")

AGGREGATES: Mapping[Aggregate, tuple[str, ...]] = {
    "count": NUMERIC,
    "sum": NUMERIC,
    "avg": (*NUMERIC, "exists"),
    "min": (*NUMERIC, "exists"),
    "max": (*NUMERIC, "exists"),
    "distinct": NUMERIC,
    "first_at": TEMPORAL,
    "last_at": TEMPORAL,
}
"""The operators that each aggregate understands."""

OF_A_PROPERTY = frozenset({"sum", "avg", "min", "max", "distinct"})
ZERO_WITHOUT_EVENTS = frozenset({"count", "sum", "distinct"})
"""These are 0 when no event matches; the other aggregates are missing then."""

MESSAGE_WORDS = (
    "sent", "withheld", "skipped", "delivered", "opened", "clicked",
    "bounced", "complained", "unsubscribed", "failed", "replied",
)  # fmt: skip


class Vocabulary(msgspec.Struct, frozen=True):
    """The names that exist in a workspace. None accepts any name."""

    stages: frozenset[str] | None = frozenset(STAGES)
    lifecycles: frozenset[str] | None = frozenset(SEGMENTS)
    channels: frozenset[str] | None = None
    journeys: frozenset[str] | None = None
    segments: frozenset[str] | None = None
