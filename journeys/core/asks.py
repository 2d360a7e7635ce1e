"""What one run through a plan can ask the database, from a step on to the next rest."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journeys.core.steps import PlannedStep
from journeys.core.walk import END


class Asks(msgspec.Struct, frozen=True):
    """Indexes of the conditions and lookbacks that one run can ask; whether it asks for the
    customer's clock (`local`) or good hours (`hours`), which attributes it reads, and at which
    steps it draws.
    """

    conditions: tuple[int, ...] = ()
    lookbacks: tuple[int, ...] = ()
    local: bool = False
    attributes: tuple[str, ...] = ()
    draws: frozenset[str] = frozenset()
    hours: bool = False


def asks(steps: Sequence[PlannedStep], starts: Sequence[int], *, local: bool = False) -> Asks:
    """What can be asked from the starts on, until the customer rests or answers go stale."""
    conditions: dict[int, None] = {}
    lookbacks: dict[int, None] = {}
    attributes: dict[str, None] = {}
    draws: set[str] = set()
    hours, seen, waiting = False, set[int](), list(starts)
    while waiting:
        index = waiting.pop()
        if index == END or index in seen:
            continue
        seen.add(index)
        step = steps[index]
        conditions.update(dict.fromkeys(step.questions))
        lookbacks.update(dict.fromkeys(step.lookbacks))
        attributes.update(dict.fromkeys(step.attributes))
        local = local or step.local
        hours = hours or step.hours
        draws.update((step.id,) if step.draws else ())
        if not step.spoils:
            waiting.extend(step.passes)
    return Asks(
        tuple(sorted(conditions)),
        tuple(sorted(lookbacks)),
        local,
        tuple(sorted(attributes)),
        frozenset(draws),
        hours,
    )
