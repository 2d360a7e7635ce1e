"""The condition language evaluated the slow and obvious way, one customer at a time.

The judge of the SQL. It shares the parser's values with the product and nothing else: it has its
own reading of dates, paths, numbers and case.
"""

import datetime as dt
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from profiles.core import conditions as c

MISSING = object()
MICROSECOND = dt.timedelta(microseconds=1)


@dataclass
class Happening:
    name: str
    at: dt.datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class Person:
    number: int
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)
    placement: tuple[str, str] = ("", "")
    consents: set[tuple[str, str, str]] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)


@dataclass
class Oracle:
    now: dt.datetime
    zone: str = "UTC"

    def holds(
        self,
        condition: c.Condition,
        person: Person,
        entry: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> bool:
        match condition:
            case c.All(of=parts):
                return all(self.holds(part, person, entry, context) for part in parts)
            case c.AnyOf(of=parts):
                return any(self.holds(part, person, entry, context) for part in parts)
            case c.Not(of=part):
                return not self.holds(part, person, entry, context)
            case c.Context(path=path, checks=checks):
                value = look_up(context or {}, path)
                return all(self.passes(check, value, entry) for check in checks)
            case c.Attribute(path=path, checks=checks):
                value = look_up(person.attributes, path)
                return all(self.passes(check, value, entry) for check in checks)
            case c.Event():
                return self.event(condition, person, entry)
            case c.InSequence(steps=steps, within=within):
                return self.in_order(steps, self.seen(person, within), None, entry)
            case c.Message(word=word, journey=journey, step=step, within=within):
                return any(
                    event.name == f"message.{word}"
                    and (not journey or event.properties.get("journey") == journey)
                    and (not step or event.properties.get("step") == step)
                    for event in self.seen(person, within)
                )
            case c.InJourney(journey=journey):
                runs = {"journey.entered": set[str](), "journey.left": set[str]()}
                for event in self.seen(person, None):
                    if event.name in runs and event.properties.get("journey") == journey:
                        runs[event.name].add(str(event.properties.get("enrollment")))
                return not runs["journey.entered"] <= runs["journey.left"]
            case c.Stage(slugs=slugs):
                return person.placement[0] in slugs
            case c.Lifecycle(slugs=slugs):
                return person.placement[1] in slugs
            case c.Consent(channel=channel, topic=topic):
                return (channel, topic, "subscribed") in person.consents
            case c.Reachable(channel=channel):
                return channel in person.channels
            case c.InSegment(segment=segment):
                return segment in person.segments
            case c.Random(percent=percent, salt=salt):
                digest = sha256(f"{salt}:{person.number}".encode()).hexdigest()
                return int(digest[:15], 16) % 10_000 < Fraction(str(percent)) * 100

    def seen(self, person: Person, within: dt.timedelta | None) -> list[Happening]:
        return [
            event
            for event in person.events
            if event.at <= self.now and (within is None or event.at > self.now - within)
        ]

    def event(self, condition: c.Event, person: Person, entry: Mapping[str, Any] | None) -> bool:
        matching = [
            event
            for event in self.seen(person, condition.within)
            if event.name == condition.name
            and self.passes_where(condition.where, event.properties, entry)
        ]
        value = self.measured(condition.measure, matching)
        return all(self.compares(check, value) for check in condition.checks)

    def in_order(
        self,
        steps: Sequence[c.Then],
        events: Sequence[Happening],
        before: Happening | None,
        entry: Mapping[str, Any] | None,
    ) -> bool:
        """Whether somebody who tries every choice of events finds one that fits."""
        if not steps:
            return True
        step, *later = steps
        return any(
            event.name == step.name
            and (before is None or event.at > before.at)
            and (before is None or step.within is None or event.at - before.at <= step.within)
            and self.passes_where(step.where, event.properties, entry)
            and self.in_order(later, events, event, entry)
            for event in events
        )

    def measured(self, measure: c.Measure, events: Sequence[Happening]) -> Any:
        values = [look_up(event.properties, measure.path) for event in events]
        numbers = [exact(value) for value in values if is_number(value)]
        times = [event.at for event in events]
        match measure.kind:
            case "count":
                return Fraction(len(events))
            case "sum":
                return sum(numbers, Fraction(0))
            case "distinct":
                return Fraction(len({canonical(value) for value in values if value is not MISSING}))
            case "avg":
                return sum(numbers, Fraction(0)) / len(numbers) if numbers else MISSING
            case "min":
                return min(numbers, default=MISSING)
            case "max":
                return max(numbers, default=MISSING)
            case "first_at":
                return min(times, default=MISSING)
            case "last_at":
                return max(times, default=MISSING)

    def compares(self, check: c.Check, value: Any) -> bool:
        """A number or a datetime that was measured, or MISSING."""
        if check.operator == "exists":
            return (value is not MISSING) == check.value
        if check.operator in ("ne", "not_in"):
            positive = {"ne": "eq", "not_in": "in"}[check.operator]
            return not self.compares(c.Check(positive, check.value), value)
        if value is MISSING:
            return False
        if isinstance(value, dt.datetime):
            return self.in_time(check, microseconds(value))
        if check.operator == "in":
            return value in [exact(each) for each in check.value]  # type: ignore[union-attr]
        return ORDER[check.operator](value, exact(check.value))

    def passes_where(
        self, where: c.Where, properties: Mapping[str, Any], entry: Mapping[str, Any] | None
    ) -> bool:
        return all(
            self.passes(check, look_up(properties, clause.path), entry)
            for clause in where
            for check in clause.checks
        )

    def passes(self, check: c.Check, value: Any, entry: Mapping[str, Any] | None) -> bool:
        """A JSON value, or MISSING."""
        match check.operator:
            case "exists":
                return (value is not MISSING) == check.value
            case "ne":
                return not self.passes(c.Check("eq", check.value), value, entry)
            case "not_in":
                return not self.passes(c.Check("in", check.value), value, entry)
            case "not_contains":
                return not self.passes(c.Check("contains", check.value), value, entry)
        if value is MISSING:
            return False
        match check.operator:
            case "is":
                assert isinstance(check.value, c.Entry)
                other = look_up(entry or {}, check.value.path)
                return other is not MISSING and canonical(value) == canonical(other)
            case "eq":
                return bool(canonical(value) == canonical(check.value))
            case "in":
                return canonical(value) in [canonical(each) for each in check.value]  # type: ignore[union-attr]
            case "gt" | "gte" | "lt" | "lte":
                return self.ordered(check, value)
            case "contains":
                if isinstance(value, list):
                    return canonical(check.value) in [canonical(each) for each in value]
                return (
                    isinstance(value, str) and isinstance(check.value, str) and check.value in value
                )
            case "icontains":
                if isinstance(value, list):
                    texts = [fold(each) for each in value if isinstance(each, str)]
                    return fold(str(check.value)) in texts
                return isinstance(value, str) and fold(str(check.value)) in fold(value)
        if not isinstance(value, str):
            return False
        match check.operator:
            case "ieq":
                return fold(value) == fold(str(check.value))
            case "starts_with":
                return value.startswith(str(check.value))
            case "ends_with":
                return value.endswith(str(check.value))
        moment = instant(value, self.zone)
        return moment is not None and self.in_time(check, moment)

    def ordered(self, check: c.Check, value: Any) -> bool:
        order, literal = ORDER[check.operator], check.value
        if is_number(value) and is_number(literal):
            return order(exact(value), exact(literal))
        if not (isinstance(value, str) and isinstance(literal, str)):
            return False
        one, other = instant(value, self.zone), instant(literal, self.zone)
        if one is not None and other is not None:
            return order(one, other)
        return order(value, literal)

    def in_time(self, check: c.Check, moment: int) -> bool:
        now = microseconds(self.now)
        match check.operator, check.value:
            case "within_last", dt.timedelta() as length:
                return now - length // MICROSECOND < moment <= now
            case "within_next", dt.timedelta() as length:
                return now < moment <= now + length // MICROSECOND
        literal = instant(str(check.value), self.zone)
        assert literal is not None
        return moment < literal if check.operator == "before" else moment > literal


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def look_up(tree: Mapping[str, Any], path: str) -> Any:
    """The value under a key of that name, or at the end of the dots; null is MISSING."""
    if tree.get(path) is not None:
        return tree[path]
    steps = path.split(".")
    if len(steps) == 1 or any(
        not step or re.fullmatch(r"\s*[+-]\d+|\s+\d+", step) for step in steps
    ):
        return MISSING
    value: Any = tree
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and re.fullmatch("[0-9]+", step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return MISSING if value is None else value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def exact(number: Any) -> Fraction:
    """What JSON writes of it; kept decisions are read as they were written."""
    return Fraction(number if isinstance(number, Decimal) else json.dumps(number))


def canonical(value: Any) -> Any:
    """Equal exactly when JSON says so: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if is_number(value):
        return ("number", exact(value))
    if isinstance(value, list | tuple):
        return ("list", tuple(canonical(each) for each in value))
    if isinstance(value, dict):
        return ("object", frozenset((key, canonical(each)) for key, each in value.items()))
    return ("text", value)


def fold(text: str) -> str:
    """Each letter's capital's small letter, where it has one of its own; ß is ss, dotted I is i."""
    folded = ""
    for letter in text:
        capital = next((up for up in (letter.upper(), letter.title()) if len(up) == 1), letter)
        folded += capital.lower()[0]
    return folded.replace("ς", "σ").replace("ß", "ss").replace("i\u0307", "i")


def microseconds(at: dt.datetime) -> int:
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // MICROSECOND


def instant(text: str, zone: str) -> int | None:
    """Microseconds since 1970 of an ISO date or date-time; None for any other text."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        text += "T00:00"
    parts = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?",
        text,
        re.ASCII,
    )
    if not parts:
        return None
    try:
        local = dt.datetime.strptime(
            f"{parts[1]} {parts[2]}:{parts[3] or '00'}", "%Y-%m-%d %H:%M:%S"
        )
    except ValueError:
        return None
    naive = (local - dt.datetime(1970, 1, 1)) // MICROSECOND + int(
        (parts[4] or "0").ljust(6, "0")[:6]
    )
    offset = _offset(parts[5]) if parts[5] else _of_zone(local, zone)
    return None if offset is None else naive - offset // MICROSECOND


def _offset(text: str) -> dt.timedelta | None:
    if text == "Z":
        return dt.timedelta(0)
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    if hours > 14 or minutes > 59:
        return None
    length = dt.timedelta(hours=hours, minutes=minutes)
    return -length if text[0] == "-" else length


def _of_zone(local: dt.datetime, zone: str) -> dt.timedelta:
    """Standard time where the clock is set back; the offset from before where it jumps ahead."""
    offsets = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1)]
    return min(offset for offset in offsets if offset is not None)
