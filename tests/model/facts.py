"""What the naive model knows of a customer, and how it answers: conditions, clocks, draws.

Written from the documentation. Nothing of the product is imported here.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
QUARTER = 15 * MINUTE


@dataclass(eq=False)
class Happening:
    """Something in the log: when it happened, and when it came."""

    name: str
    at: dt.datetime
    came: dt.datetime
    properties: Json = field(default_factory=dict)


@dataclass
class Person:
    """`news` are the events that nobody has looked at yet."""

    number: int
    attributes: Json = field(default_factory=dict)
    log: list[Happening] = field(default_factory=list)
    news: list[Happening] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)

    def hears(self, event: Happening) -> None:
        self.log.append(event)
        self.news.append(event)

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.attributes.get("timezone") or "UTC")


def duration(text: str) -> dt.timedelta:
    return dt.timedelta(seconds=int(text[:-1]) * UNITS[text[-1]])


def holds(condition: Json, person: Person, now: dt.datetime, entry: Json) -> bool:
    match condition:
        case {"all": parts}:
            return all(holds(part, person, now, entry) for part in parts)
        case {"any": parts}:
            return any(holds(part, person, now, entry) for part in parts)
        case {"not": part}:
            return not holds(part, person, now, entry)
        case {"attribute": name, **check}:
            return passes(check, person.attributes.get(name), entry)
        case {"event": name, **rest}:
            count = sum(
                event.name == name
                and _within(event, rest.get("within"), now)
                and fits(rest.get("where"), event.properties, entry)
                for event in person.log
            )
            return passes(rest.get("count", {"gte": 1}), count, entry)
        case {"sequence": steps, **rest}:
            seen = [each for each in person.log if _within(each, rest.get("within"), now)]
            return bool(_runs(steps, seen, entry))
    raise ValueError(condition)


def _runs(steps: Sequence[Json], seen: Sequence[Happening], entry: Json) -> list[dt.datetime]:
    """When each run through the sequence could have ended, any choice of events tried."""
    *before, last = steps
    ends = _runs(before, seen, entry) if before else []
    matching = [
        each.at
        for each in seen
        if each.name == last["event"] and fits(last.get("where"), each.properties, entry)
    ]
    if not before:
        return matching
    longest = duration(last["within"]) if "within" in last else dt.timedelta.max
    return [at for at in matching if any(end < at and at - end <= longest for end in ends)]


def _within(event: Happening, within: str | None, now: dt.datetime) -> bool:
    return within is None or event.at > now - duration(within)


def fits(where: Json | None, properties: Mapping[str, Any], entry: Json) -> bool:
    return all(passes(check, properties.get(name), entry) for name, check in (where or {}).items())


def passes(check: Json, value: Any, entry: Json) -> bool:
    """Missing is never equal, never greater; `ne` is true for it."""
    ((operator, wanted),) = check.items()
    if operator == "exists":
        return (value is not None) == wanted
    if operator == "is":
        operator, wanted = "eq", entry.get(wanted.removeprefix("entry."))
    if value is None or wanted is None:
        return bool(operator == "ne")
    return bool({
        "eq": lambda: value == wanted and isinstance(value, bool) == isinstance(wanted, bool),
        "ne": lambda: value != wanted,
        "gte": lambda: value >= wanted,
        "lt": lambda: value < wanted,
    }[operator]())  # fmt: skip


def text(template: str, person: Person, entry: Json) -> str:
    """A text with `{{ customer.X }}` and `{{ entry.X }}` filled in; what is missing is empty."""
    facts = {"customer": person.attributes, "entry": entry}

    def value(found: re.Match[str]) -> str:
        given = facts[found[1]].get(found[2])
        return "" if given is None else str(given)

    return re.sub(r"\{\{ (\w+)\.(\w+) \}\}", value, template)


def bucket(salt: str, customer: int) -> int:
    return int(sha256(f"{salt}:{customer}".encode()).hexdigest()[:15], 16) % 10000


def wait_end(form: Any, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """When a wait that begins now is over; now, when there is nothing to wait for."""
    if isinstance(form, str):
        return now + duration(form)
    if "until" in form:
        return next(at for at in _openings(form["until"], form, now, zone) if at > now)
    start, end = form["window"].split("-")
    for opens in _openings(start, form, now, zone):
        day = opens.astimezone(zone).date()
        closes = first_at(day if start < end else day + DAY, end, zone)
        if max(now, opens) < closes:  # a window that the clock skips does not open
            return max(now, opens)
    raise ValueError(form)


def _openings(wall: str, form: Json, now: dt.datetime, zone: ZoneInfo) -> Iterator[dt.datetime]:
    today = now.astimezone(zone).date()
    for number in range(-1, 9):
        day = today + number * DAY
        if "on" not in form or DAYS[day.weekday()] in form["on"]:
            yield first_at(day, wall, zone)


def first_at(day: dt.date, wall: str, zone: ZoneInfo) -> dt.datetime:
    """The first quarter of an hour at which the clock there shows this time, or a later one."""
    wanted = dt.datetime.combine(day, dt.time.fromisoformat(wall))
    at = wanted.replace(tzinfo=dt.UTC) - dt.timedelta(hours=15)
    while at.astimezone(zone).replace(tzinfo=None) < wanted:
        at += QUARTER
    return at
