"""A customer at a step of a plan, and what a run made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from journeys.core.decide import decide
from journeys.core.decisions import (
    Leave,
    Outcome,
    Send,
)
from journeys.core.plan import Plan
from journeys.core.walk import Answers, State

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def state(step: str = "", **more: Any) -> State:
    facts: dict[str, Any] = {"enrollment": 1, "customer": "42", "entry_at": NOW, "step_at": NOW}
    return State(**{**facts, "step": step, **more})


def begun(step: str, **more: Any) -> State:
    """Standing at a step for the first time, having begun it."""
    return state(step, **{"visit": 1, "visits": {step: 1}, **more})


def after(outcome: Outcome, **more: Any) -> State:
    """The enrollment as the outcome left it."""
    kept = {
        name: getattr(outcome, name)
        for name in ("step", "visit", "visits", "arms", "ghost", "step_at")
    }
    return state(**{**kept, **more})


def run(found: Plan, at: State, *yes: int, now: datetime = NOW) -> Outcome:
    """Decide with every condition answered; those of the indexes `yes` hold."""
    answers = Answers(
        conditions={index: index in yes for index in range(len(found.conditions))},
        seen=dict.fromkeys(range(len(found.lookbacks)), False),
    )
    return decide(found, at, answers, now)


def codes(outcome: Outcome) -> list[tuple[str, str]]:
    return [(trace.step, trace.code) for trace in outcome.trace]


def send(step: str, **more: Any) -> Send:
    facts: dict[str, Any] = {
        "step": step,
        "visit": 1,
        "content": 0,
        "channels": ("email",),
        "topic": "",
        "expires": None,
        "on_skip": "continue",
        "arm": "",
        "ghost": "",
    }
    return Send(**{**facts, **more})


DONE = Leave("completed", completed=True)
