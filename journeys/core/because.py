"""What a decision of the log was judged by: the conditions that its `saw` is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from journeys.core.plan import Plan
from journeys.core.steps.branch import PlannedBranch
from journeys.core.steps.wait_for import PlannedWaitFor
from profiles.core.conditions import All, Condition
from profiles.core.conditions.ast import Leaf
from profiles.core.conditions.references import leaves


def judged(
    plan: Plan, step: str, code: str, inputs: Mapping[str, Any]
) -> Iterator[tuple[Leaf, Any]]:
    """Each leaf of the conditions that were asked, with the value it looked at then. Nothing when
    the plan does not have them any more.
    """
    asked = _conditions(plan, step, code, inputs)
    for index, values in zip(asked, inputs.get("saw", ()), strict=False):
        yield from zip(leaves(plan.conditions[index]), values or (), strict=False)


def refusing(plan: Plan, code: str, inputs: Mapping[str, Any]) -> Condition | None:
    """The clause of the audience that kept the customer out."""
    audience, clause = plan.enter.audience, inputs.get("clause")
    if code != "refused_audience" or audience is None or clause is None:
        return None
    whole = plan.conditions[audience]
    parts = whole.of if isinstance(whole, All) else (whole,)
    return parts[clause] if clause < len(parts) else None


def _conditions(plan: Plan, step: str, code: str, inputs: Mapping[str, Any]) -> tuple[int, ...]:
    """Their indexes, in the order of `saw`."""
    if code in ("refused_audience", "left_by_rule"):
        one = plan.enter.audience if code == "refused_audience" else plan.leave.condition
        return () if one is None else (one,)
    place = plan.places.get(step)
    planned = None if place is None else plan.steps[place]
    if isinstance(planned, PlannedBranch):
        return planned.questions
    if isinstance(planned, PlannedWaitFor) and inputs.get("case", -1) in range(len(planned.cases)):
        condition = planned.cases[inputs["case"]].condition
        return () if condition is None else (condition,)
    return ()
