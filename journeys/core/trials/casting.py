"""Chooses customer ids whose draws fall as a test of a journey wants them: no chance, no override.

The journey runs with its own draws; only who walks in it is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from journeys.core.document import Document
from journeys.core.entry import holdout_salt
from journeys.core.steps.send import Send
from journeys.core.steps.split import Split
from journeys.core.trials.reading import Person
from profiles.core import draw

MOST = 1_000_000


class NoSuchCustomer(ValueError):
    """No id draws all that the test asks for together."""


def cast(person: Person, document: Document, *, after: int, others: Sequence[Document] = ()) -> int:
    """The first id behind `after` that walks as the test says. Raises NoSuchCustomer.

    Who is not called a ghost stands in no control group, in no other journey at all; arms that are
    not named are the first ones that are no control.
    """
    plain = replace(person, ghost=False, arms={})
    for number in range(after + 1, after + MOST):
        fits = _fits(person, document, str(number))
        if fits and all(_fits(plain, other, str(number)) for other in others):
            return number
    raise NoSuchCustomer(
        f"No customer can draw all that “{person.name}” shall draw: name fewer arms."
    )


def _fits(person: Person, document: Document, customer: str) -> bool:
    holdout = document.enter.holdout
    if document.purpose == "marketing" and holdout:
        drawn = draw.drawn(holdout_salt(document.journey), customer, holdout)
        if drawn != person.ghost:
            return False
    return all(
        _arm(step, document.journey, customer) == _wanted(step, person)
        for step in document.steps
        if isinstance(step, Split) or (isinstance(step, Send) and len(step.contents) > 1)
    )


def _arm(step: Split | Send, journey: str, customer: str) -> str | None:
    if isinstance(step, Split):
        shares = [(arm.name, arm.share) for arm in step.arms]
    else:
        shares = [(each.arm, 100 / len(step.contents)) for each in step.contents]
    return draw.arm(draw.ranges(shares), draw.bucket(f"{journey}:{step.id}", customer))


def _wanted(step: Split | Send, person: Person) -> str:
    named = person.arms.get(step.id)
    if named is not None:
        return named
    if isinstance(step, Send):
        return step.contents[0].arm
    plain = [arm.name for arm in step.arms if not arm.ghost and arm.share]
    return plain[0] if plain else step.arms[0].name
