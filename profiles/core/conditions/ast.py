"""The closed union of conditions: frozen values that a document parses to and SQL is compiled from.

Nothing here knows JSON, words or SQL. A new kind is one class here and one row in each table
that reads the union.
"""

from datetime import timedelta
from typing import Literal

import msgspec

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...]

Aggregate = Literal["count", "sum", "avg", "min", "max", "distinct", "first_at", "last_at"]


class Entry(msgspec.Struct, frozen=True):
    """The value at `path` in the properties of the event that a customer entered by."""

    path: str


class Check(msgspec.Struct, frozen=True):
    """One operator and what it compares with: a value, a duration, a value of the entry event."""

    operator: str
    value: Value | timedelta | Entry


class Clause(msgspec.Struct, frozen=True):
    """All `checks` hold for the event property at `path`."""

    path: str
    checks: tuple[Check, ...]


Where = tuple[Clause, ...]


class Measure(msgspec.Struct, frozen=True):
    """What is computed over the matching events, and over which property of them."""

    kind: Aggregate = "count"
    path: str = ""


class All(msgspec.Struct, frozen=True):
    of: "tuple[Condition, ...]"


class AnyOf(msgspec.Struct, frozen=True):
    of: "tuple[Condition, ...]"


class Not(msgspec.Struct, frozen=True):
    of: "Condition"


class Attribute(msgspec.Struct, frozen=True):
    path: str
    checks: tuple[Check, ...]


class Context(msgspec.Struct, frozen=True):
    """`checks` hold for what a journey has put into the enrollment's context at `path`."""

    path: str
    checks: tuple[Check, ...]


class Event(msgspec.Struct, frozen=True):
    """`checks` hold for `measure` over the events `name` in the last `within` that pass `where`."""

    name: str
    checks: tuple[Check, ...] = (Check("gte", 1),)
    measure: Measure = Measure()
    where: Where = ()
    within: timedelta | None = None


class Then(msgspec.Struct, frozen=True):
    """One event of a sequence: at most `within` after the one before it."""

    name: str
    where: Where = ()
    within: timedelta | None = None


class InSequence(msgspec.Struct, frozen=True):
    """One event of each of `steps` in the last `within`, each later than the one before it."""

    steps: tuple[Then, ...]
    within: timedelta | None = None


class Stage(msgspec.Struct, frozen=True):
    slugs: tuple[str, ...]


class Lifecycle(msgspec.Struct, frozen=True):
    slugs: tuple[str, ...]


class Consent(msgspec.Struct, frozen=True):
    channel: str
    topic: str = ""


class Reachable(msgspec.Struct, frozen=True):
    channel: str


class Message(msgspec.Struct, frozen=True):
    """Something happened to a message: the event `message.<word>` of the journey and step."""

    word: str
    journey: str = ""
    step: str = ""
    within: timedelta | None = None

    def as_event(self) -> Event:
        """The same as a condition over the event log."""
        given = (("journey", self.journey), ("step", self.step))
        where = tuple(Clause(key, (Check("eq", value),)) for key, value in given if value)
        return Event(name=f"message.{self.word}", where=where, within=self.within)


class InJourney(msgspec.Struct, frozen=True):
    journey: str


class InSegment(msgspec.Struct, frozen=True):
    segment: str


class Random(msgspec.Struct, frozen=True):
    percent: float
    salt: str


Leaf = (
    Attribute | Context | Event | InSequence | Stage | Lifecycle | Consent | Reachable | Message
    | InJourney | InSegment | Random
)  # fmt: skip
Condition = All | AnyOf | Not | Leaf
