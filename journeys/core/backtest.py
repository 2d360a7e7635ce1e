"""Who would have got what, beside what they got: two lists of messages compared, by customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from profiles.core.answers import instant_text

SHOWN = 20


class Got(NamedTuple):
    """A message that a customer was sent, or would have been."""

    customer: int
    at: datetime
    step: str
    channel: str


class Person(NamedTuple):
    """One customer with both lists, each in the order of time."""

    customer: int
    would: list[Got]
    got: list[Got]


def people(would: Iterable[Got], got: Iterable[Got]) -> list[Person]:
    """Everybody who got something or would have, by number."""
    found: dict[int, Person] = {}
    for number, messages in enumerate((would, got)):
        for each in sorted(messages):
            person = found.setdefault(each.customer, Person(each.customer, [], []))
            (person.got if number else person.would).append(each)
    return [found[customer] for customer in sorted(found)]


def beside(everybody: list[Person]) -> dict[str, Any]:
    """The comparison in the API's shape; `people` are the first of those for whom it differs."""
    differing = [each for each in everybody if _places(each.would) != _places(each.got)]
    return {
        "customers": {
            "would": sum(bool(each.would) for each in everybody),
            "got": sum(bool(each.got) for each in everybody),
            "both": sum(bool(each.would and each.got) for each in everybody),
            "differ": len(differing),
        },
        "messages": {
            "would": sum(len(each.would) for each in everybody),
            "got": sum(len(each.got) for each in everybody),
        },
        "people": [
            {
                "customer": each.customer,
                "would": [_shape(message) for message in each.would],
                "got": [_shape(message) for message in each.got],
            }
            for each in differing[:SHOWN]
        ],
    }


def rows(everybody: list[Person]) -> Iterator[tuple[str, ...]]:
    """Every message as (customer, would or got, at, step, channel), for a table."""
    for person in everybody:
        for word, messages in (("would", person.would), ("got", person.got)):
            for each in messages:
                at = instant_text(each.at)
                yield str(person.customer), word, at, each.step, each.channel


def _places(messages: Iterable[Got]) -> list[tuple[str, str]]:
    return sorted((each.step, each.channel) for each in messages)


def _shape(message: Got) -> dict[str, str]:
    return {"at": instant_text(message.at), "step": message.step, "channel": message.channel}
