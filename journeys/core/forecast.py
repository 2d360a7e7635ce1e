"""What a dry run is about, and its figures in the API's shape: what happens again, edges, days.

Everything comes out in one order, whatever order the counts came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from journeys.core.document import Document
from journeys.core.graph import ENTER, FINISHED
from journeys.core.plan import Plan
from profiles.core.conditions import ast

PRODUCED = (
    "journey.entered", "journey.left", "journey.converted", "message.sent", "message.withheld",
    "message.skipped", "message.failed",
)  # fmt: skip
"""The events that a dry run makes itself."""
NEVER = "customer.merged"
LEFT = "left"
REFUSED = "refused_"


class Passage(NamedTuple):
    """How many customers went from a step ("" for the entrance) to another one, or to no other:
    then `status` is their walk's.
    """

    start: str
    to: str
    status: str
    customers: int


class Sent(NamedTuple):
    """How many messages left by a channel on one day."""

    day: date
    channel: str
    messages: int


def replayed(plan: Plan) -> frozenset[str]:
    """The names of the events that the plan listens to or asks about."""
    heard = plan.event_names.enter | plan.event_names.enrolled
    asked = {name for condition in plan.conditions for name in _events(condition)}
    return (heard | asked) - {NEVER}


def _events(condition: ast.Condition) -> Iterator[str]:
    match condition:
        case ast.Event():
            yield condition.name
        case ast.Message():
            yield condition.as_event().name
        case ast.InJourney():
            yield from ("journey.entered", "journey.left")
        case ast.Not():
            yield from _events(condition.of)
        case ast.All() | ast.AnyOf():
            for part in condition.of:
                yield from _events(part)


def only_by_call(document: Document) -> bool:
    """Whether customers come in through the API alone."""
    return all(trigger.kind == "api" for trigger in document.enter.triggers)


def edges(plan: Plan, passages: Iterable[Passage]) -> list[dict[str, Any]]:
    """The ways that customers went, named as in the picture; `left` is leaving before the end."""
    order = {ENTER: -1, **plan.places}
    found = [
        (passage.start or ENTER, to, passage.customers)
        for passage in passages
        if (to := passage.to or _end(plan, passage))
    ]
    found.sort(key=lambda way: (order.get(way[0], len(order)), order.get(way[1], len(order)), way))
    return [{"from": start, "to": to, "customers": number} for start, to, number in found]


def _end(plan: Plan, passage: Passage) -> str:
    """Where somebody went who came to no other step; "" for those who stand there still."""
    if passage.status == "active" or plan.step(passage.start).kind == "leave":
        return ""
    return f"{FINISHED}:{passage.start}" if passage.status == "completed" else LEFT


def days(first: date, last: date, sent: Iterable[Sent]) -> list[dict[str, Any]]:
    """Every day from `first` to `last`, those without messages too."""
    found: dict[date, dict[str, int]] = {
        first + timedelta(days=after): {} for after in range((last - first).days + 1)
    }
    for each in sorted(sent):
        found[each.day][each.channel] = each.messages
    return [{"date": day.isoformat(), "sent": channels} for day, channels in found.items()]


def refused(codes: Mapping[str, int], steps: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How often somebody was not let in, or a message was skipped, by reason."""
    found = {code.removeprefix(REFUSED): number for code, number in codes.items()}
    for step in steps:
        for reason, number in step["skipped"].items():
            found[reason] = found.get(reason, 0) + number
    return dict(sorted(found.items()))


def arms(drawn: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """The customers of every arm, by step."""
    found: dict[str, dict[str, int]] = {}
    for step, arm, customers in sorted(drawn):
        found.setdefault(step, {})[arm] = customers
    return found
