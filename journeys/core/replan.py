"""What publishing a draft does to those who are inside: where they go, what their waits become.

Customers keep their place when their step's id is there again. Nothing here counts or writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from journeys.core.difference import Difference
from journeys.core.plan import Plan
from journeys.core.problem import Problem, problem
from journeys.core.steps import PlannedStep
from journeys.core.steps.base import FINISH
from journeys.core.steps.call import PlannedCall
from journeys.core.steps.wait import PlannedWait
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.core.walk import END
from profiles.core.problems import did_you_mean

LEAVE, STAY = "leave", "stay"
WORDS = (LEAVE, STAY, FINISH)
"""Where a customer can go who does not go to a step."""

Change = Literal["added", "changed", "removed", "same"]


class Destination(msgspec.Struct, frozen=True):
    """A step of the draft, or one of WORDS; a step may bear the name of a word."""

    step: str = ""
    word: str = ""

    def __str__(self) -> str:
        return self.step or self.word


class StepChange(msgspec.Struct, frozen=True):
    """One line of the plan: how many customers of the live version stand at the step, and where
    publishing takes them: a step's id or one of WORDS, None for a step that is new.

    `confirm`: somebody loses the place or leaves, and somebody has to say that this is meant.
    """

    id: str
    change: Change
    standing: int
    goes_to: str | None
    confirm: bool


class Fate(msgspec.Struct, frozen=True):
    """How those who stood at `step` stand at `goes_to`.

    `arrives`: whoever had begun the step comes to the new one, at once; else the waiting goes on,
    for the names in `events`. Its new limit, where that changed, is `within` of the arrival, or
    `never`.
    """

    step: str
    goes_to: str
    arrives: bool = False
    within: timedelta | None = None
    never: bool = False
    events: tuple[str, ...] = ()


def faults(
    move: Mapping[str, str], old: Collection[str], new: Collection[str]
) -> Iterable[Problem]:
    """What is wrong with a move between the steps of the live version and those of the draft."""
    for step, to in move.items():
        if step not in old:
            message = f"The live version has no step “{step}”. {did_you_mean(step, old)}"
            yield problem(f"move.{step}", "unknown_step", message)
        elif to not in new and to not in WORDS:
            hint = did_you_mean(to, [*new, *WORDS])
            yield problem(f"move.{step}", "unknown_step", f"The draft has no step “{to}”. {hint}")


def destinations(
    plan: Plan, new: Collection[str], move: Mapping[str, str]
) -> dict[str, Destination]:
    """Where everybody goes, by step of the live version: as told, else to the step of the same id,
    else to the first of those that followed it and that is there still.
    """
    return {
        step.id: _told(move[step.id]) if step.id in move else _successor(plan, step, new)
        for step in plan.steps
    }


def _told(to: str) -> Destination:
    return Destination(word=to) if to in WORDS else Destination(to)


def _successor(plan: Plan, step: PlannedStep, new: Collection[str]) -> Destination:
    seen: set[int] = set()
    while step.id not in new:
        seen.add(step.index)
        if step.next == END or step.next in seen:
            return Destination(word=FINISH)
        step = plan.steps[step.next]
    return Destination(step.id)


def outline(
    found: Difference,
    old: Sequence[str],
    new: Sequence[str],
    goes_to: Mapping[str, Destination],
    standing: Mapping[str, int],
) -> list[StepChange]:
    """The steps in the draft's order, those that are removed behind what they stood behind."""
    ids = list(dict.fromkeys(new))
    for place, id in enumerate(old):
        if id in found.removed:
            ids.insert(ids.index(old[place - 1]) + 1 if place else 0, id)
    kinds: dict[str, Change] = {
        **dict.fromkeys(found.added, "added"),
        **dict.fromkeys(found.changed, "changed"),
        **dict.fromkeys(found.removed, "removed"),
    }
    return [_line(id, kinds.get(id, "same"), standing.get(id, 0), goes_to.get(id)) for id in ids]


def _line(id: str, change: Change, standing: int, to: Destination | None) -> StepChange:
    """Whoever stays on the version before keeps the place."""
    if to is None:
        return StepChange(id, change, 0, None, False)
    lost = change == "removed" or to.word in (LEAVE, FINISH)
    return StepChange(id, change, standing, str(to), bool(standing) and lost and to.word != STAY)


def fates(old: Plan, new: Plan, goes_to: Mapping[str, Destination]) -> list[Fate]:
    """How those of each step go on who go on by the new plan."""
    return [_fate(step, new.step(to.step)) for step in old.steps if (to := goes_to[step.id]).step]


def _fate(step: PlannedStep, to: PlannedStep) -> Fate:
    if step.id == to.id and isinstance(step, PlannedCall) and isinstance(to, PlannedCall):
        return Fate(step.id, to.id)
    if step.id != to.id or not isinstance(to, PlannedWait | PlannedWaitFor):
        return Fate(step.id, to.id, arrives=True)
    if _ending(step) == _ending(to):
        return Fate(step.id, to.id, events=to.events)
    if isinstance(to, PlannedWaitFor):
        never = to.timeout is None
        return Fate(step.id, to.id, within=to.timeout, never=never, events=to.events)
    if isinstance(to.form, timedelta):
        return Fate(step.id, to.id, within=to.form)
    return Fate(step.id, to.id, arrives=True)


def _ending(step: PlannedStep) -> object:
    """What ends the waiting there when nothing happens."""
    match step:
        case PlannedWait():
            return step.form
        case PlannedWaitFor():
            return step.timeout
        case _:
            return step.kind
