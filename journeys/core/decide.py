"""A customer's next moves: the one function that production, simulation and explanation all call.

Pure: the same plan, state, answers and instant give the same outcome. It always ends in a rest.
"""

from __future__ import annotations

from datetime import datetime

from journeys.core.decisions import Leave, Outcome, Sleep
from journeys.core.plan import STEP_LIMIT, VISIT_LIMIT, Plan
from journeys.core.steps.call import PlannedCall
from journeys.core.steps.wait import PlannedWait
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.core.walk import END, UNANSWERED, Answers, State, Walk


def decide(
    plan: Plan, state: State, answers: Answers, now: datetime, *, clock: datetime | None = None
) -> Outcome:
    """Walk on until the customer must wait, leaves, or a needed answer is not there.

    `answers` are those of `plan.asks(state.step, begun=state.begun)`; one that is missing, or older
    than an update on the way, ends the run in `Sleep(until=now)` before the step that asks. `now`
    is the instant that a wait fell due, so that delays do not add up; `clock`, by default the same,
    shows what time it is, for windows. Raises LookupError when the plan has no such step.
    """
    walk = Walk(plan.journey, plan.places, state, answers, now, clock=clock)
    step = plan.step(state.step)
    index = step.index
    if isinstance(step, (PlannedWait, PlannedWaitFor, PlannedCall)) and state.begun:
        index = step.resume(walk)
        walk.arrived_at = now if index >= 0 else state.step_at
    if _run(plan, walk, index) == END:
        walk.note("completed", {})
        walk.stop(Leave("completed", completed=True))
    return _outcome(walk)


def _run(plan: Plan, walk: Walk, index: int) -> int:
    """Enter one step after the other, until one rests or the journey ends."""
    steps, visits = plan.steps, walk.visits
    budget = STEP_LIMIT
    while index >= 0:
        step = steps[index]
        walk.step = step.id
        walk.visit = visit = visits.get(step.id, 0) + 1
        if visit > VISIT_LIMIT:
            return walk.leave("visit_limit", "visit_limit")
        index = step.run(walk) if budget else UNANSWERED
        if index == UNANSWERED:
            return walk.stop(Sleep(walk.now))
        visits[step.id] = visit
        budget -= 1
        if index >= 0:
            walk.arrived_at = walk.now
    return index


def _outcome(walk: Walk) -> Outcome:
    rest = walk.rest
    walk.decisions.append(rest)
    return Outcome(
        tuple(walk.decisions),
        rest,
        tuple(walk.traces),
        walk.step,
        walk.visit,
        walk.visits,
        walk.arms,
        walk.ghost,
        walk.arrived_at,
    )
