"""One condition as one SQL expression over the rows `c` (customer), `l` (lifecycle) and `f` (log).

The expression is true or false, never null; the statements around it are in `answers` and
`population`.
"""

from profiles.core.conditions import (
    All,
    AnyOf,
    Attribute,
    Condition,
    Consent,
    Context,
    Event,
    InJourney,
    InSegment,
    InSequence,
    Lifecycle,
    Message,
    Not,
    Random,
    Reachable,
    Stage,
)
from profiles.core.conditions.ast import Leaf
from profiles.core.draw import BUCKETS, threshold
from profiles.queries.conditions.log import Log
from profiles.queries.conditions.measures import begun_sql, event_sql, in_journey_sql
from profiles.queries.conditions.reach import reach_sql
from profiles.queries.conditions.values import Facts, at_path, holds


def joins(log: Log, *, standing: bool, customers: str) -> str:
    """The joins that compiled expressions need; `customers` restricts `e.customer_id`."""
    parts = ["LEFT JOIN profiles_lifecyclestate l ON l.customer_id = c.id"] if standing else []
    if log:
        parts.append(f"LEFT JOIN ({log.sql(customers=customers)}) f ON f.customer_id = c.id")
    return " ".join(parts)


class Compiler:
    """Compiles conditions that one statement answers together; they share its measures, with
    `ahead` those of events that are still to come too.
    """

    def __init__(self, facts: Facts, *, ahead: bool = False) -> None:
        self.facts = facts
        self.log = Log(facts, ahead=ahead)
        self.standing = False

    def compile(self, condition: Condition) -> str:
        """The expression for the condition."""
        match condition:
            case All(of=parts):
                return self._joined(parts, "AND", "true")
            case AnyOf(of=parts):
                return self._joined(parts, "OR", "false")
            case Not(of=part):
                return f"(NOT {self.compile(part)})"
            case _:
                return f"({self._leaf(condition)})"

    def _joined(self, parts: tuple[Condition, ...], word: str, none: str) -> str:
        return f"({f' {word} '.join(self.compile(part) for part in parts) or none})"

    def _leaf(self, leaf: Leaf) -> str:
        match leaf:
            case Attribute(path=path, checks=checks):
                value = at_path("c.attributes", path, self.facts.bind)
                return " AND ".join(holds(check, value, self.facts) for check in checks)
            case Context(path=path, checks=checks):
                value = at_path(self.facts.context, path, self.facts.bind)
                return " AND ".join(holds(check, value, self.facts) for check in checks)
            case Event() | InSequence() | Message() | InJourney():
                return self._of_log(leaf)
            case _:
                return self._of_customer(leaf)

    def _of_log(self, leaf: Event | InSequence | Message | InJourney) -> str:
        match leaf:
            case Event():
                return event_sql(leaf, self.log, self.facts)
            case InSequence():
                return f"{begun_sql(leaf, self.log, self.facts)} IS NOT NULL"
            case Message():
                return event_sql(leaf.as_event(), self.log, self.facts)
            case InJourney():
                return in_journey_sql(leaf, self.log)

    def _of_customer(
        self, leaf: Stage | Lifecycle | Consent | Reachable | InSegment | Random
    ) -> str:
        bind = self.facts.bind
        match leaf:
            case Stage(slugs=slugs):
                return self._placed("stage", slugs)
            case Lifecycle(slugs=slugs):
                return self._placed("segment", slugs)
            case Consent(channel=channel, topic=topic):
                return (
                    "EXISTS (SELECT FROM profiles_consent k WHERE k.customer_id = c.id"
                    f" AND k.channel = {bind.text(channel)} AND k.topic = {bind.text(topic)}"
                    f" AND k.state = {bind.text('subscribed')})"
                )
            case Reachable(channel=channel):
                return reach_sql(channel, "c", bind)
            case InSegment(segment=segment):
                return (
                    "EXISTS (SELECT FROM profiles_membership m JOIN profiles_segment g"
                    f" ON g.id = m.segment_id AND g.slug = {bind.text(segment)}"
                    " WHERE m.customer_id = c.id AND m.member)"
                )
            case _:
                return f"{self.bucket(leaf.salt)} < {threshold(leaf.percent)}"

    def _placed(self, column: str, slugs: tuple[str, ...]) -> str:
        return f"({self.place(column)} = ANY({self.facts.bind.texts(slugs)})) IS TRUE"

    def place(self, column: str) -> str:
        """The customer's `stage` or `segment` of the lifecycle."""
        self.standing = True
        return f"l.{column}"

    def bucket(self, salt: str) -> str:
        """`profiles.core.draw.bucket` of the customer's number: 60 bits of the hash."""
        hashed = f"sha256(convert_to({self.facts.bind.text(f'{salt}:')} || c.id, 'UTF8'))"
        bits = f"('x0' || left(encode({hashed}, 'hex'), 15))::bit(64)::bigint"
        return f"{bits} %% {BUCKETS}"
