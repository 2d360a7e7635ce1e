"""The condition language: one set of words for audiences, branches, filters and segments.

A condition is JSON. `parse` checks it, `explain` says it in words, `references` tells what it looks
at, and `profiles.queries.conditions` answers it in SQL. There is no second evaluator. The law:

* Missing (or null) is never equal, greater, contained or before; `ne`, `not_in`, `not_contains` and
  `exists: false` hold for it. Every answer is true or false.
* Types are not coerced: `"5"` is not 5 and `true` is not 1. 1 and 1.0 are one number.
* `gt gte lt lte` compare numbers with numbers and texts with texts: as instants when both are ISO
  dates, else by code point. Anything else has no order.
* `before`, `after`, `within_last`, `within_next` read ISO dates (`profiles.core.instants`); one
  without a zone is the workspace's wall clock, the later one where the clock is set back.
  `within_last: d` is now - d < at <= now, `within_next: d` is now < at <= now + d.
* `contains` looks for a value in a list, or for a text in a text. `ieq` and `icontains` compare
  letters without their case in every script: each letter's capital's small letter, ß as ss.
* A path with dots is first a key of that very name, then steps into objects and, by numbers, lists.
* Events later than now do not count. `within: d` is now - d < at <= now. `count`, `sum` and
  `distinct` of nothing are 0; `avg`, `min`, `max`, `first_at`, `last_at` of nothing are missing.
  Values that are no numbers add nothing to `sum`, `avg`, `min` and `max`.
* `{sequence: [A, B, …]}` holds when there is an A, a B later than it, and so on; what happens at
  the same instant is not later. A step's `within` is at most so long after the step before it; the
  whole lies in the condition's own `within`.
* `{context: p}` looks into what a journey has saved for one walk; elsewhere there is none.
* `{consent: c, topic: t}` holds when exactly that record says subscribed.
* `{segment: s}` holds for those whom the segment's own condition let in, as last told in the log.
"""

from profiles.core.conditions.ast import (
    All,
    AnyOf,
    Attribute,
    Check,
    Clause,
    Condition,
    Consent,
    Context,
    Entry,
    Event,
    InJourney,
    InSegment,
    InSequence,
    Lifecycle,
    Measure,
    Message,
    Not,
    Random,
    Reachable,
    Stage,
    Then,
    Where,
)
from profiles.core.conditions.explain import explain, explain_where
from profiles.core.conditions.parse import parse, parse_where
from profiles.core.conditions.reader import ConditionError
from profiles.core.conditions.references import References, leaves, references, where_references
from profiles.core.conditions.vocabulary import OPERATORS, Vocabulary
from profiles.core.problems import Problem

__all__ = [
    "OPERATORS",
    "All",
    "AnyOf",
    "Attribute",
    "Check",
    "Clause",
    "Condition",
    "ConditionError",
    "Consent",
    "Context",
    "Entry",
    "Event",
    "InJourney",
    "InSegment",
    "InSequence",
    "Lifecycle",
    "Measure",
    "Message",
    "Not",
    "Problem",
    "Random",
    "Reachable",
    "References",
    "Stage",
    "Then",
    "Vocabulary",
    "Where",
    "explain",
    "explain_where",
    "leaves",
    "parse",
    "parse_where",
    "references",
    "where_references",
]
