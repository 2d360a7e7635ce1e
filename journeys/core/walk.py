"""One customer on the way through a plan: what is known, what was decided so far.

Steps read and write it while `decide` runs them; nothing of it outlives the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from journeys.core.decisions import Decision, Ghost, Leave, Rest, Trace
from profiles.core.timing import Record

END: Final = -1
RESTING: Final = -2
UNANSWERED: Final = -3


class Reply(msgspec.Struct, frozen=True):
    """How a call ended: with the JSON `value`, or after so many attempts with an error. `status`
    is that of the last HTTP answer, None where there was none.
    """

    ok: bool
    status: int | None = None
    attempts: int = 0
    error: str = ""
    value: Any = None


class State(msgspec.Struct, frozen=True):
    """The facts of an enrollment. `step` is "" before the first; `visit` is the one at `step`.

    A step has begun when `visits[step]` has reached `visit`: then a customer who stands there goes
    on, by case `signal` of a `wait_for`, met by `cause`, by the `reply` to a call, or because time
    is up. Otherwise the customer arrives.
    `arms` were drawn in this enrollment, `earlier_arms` in those before it.
    """

    enrollment: int
    customer: str
    entry_at: datetime
    step_at: datetime
    step: str = ""
    visit: int = 1
    visits: Mapping[str, int] = {}
    arms: Mapping[str, str] = {}
    earlier_arms: Mapping[str, str] = {}
    ghost: Ghost = ""
    signal: int | None = None
    cause: Mapping[str, Any] = {}
    entry: Mapping[str, Any] = {}
    reply: Reply | None = None

    @property
    def begun(self) -> bool:
        return self.visits.get(self.step, 0) >= self.visit


class Person(msgspec.Struct, frozen=True):
    """The zone whose clock the customer lives by, the workspace's where they gave none; and the
    values of the attributes asked for, by path. `hours` are those at which they look at messages,
    if asked for, `everybody` those of all.
    """

    zone: str
    attributes: Mapping[str, Any] = {}
    hours: Record = Record()
    everybody: Record = Record()


class Answers(msgspec.Struct, frozen=True):
    """What the database answered: `conditions` by index of `plan.conditions`, and `seen`, whether a
    matching event lies between entry and now, by index of `plan.lookbacks`. `person` is there when
    a step asks for it. `saw` is what each condition was judged by, as JSON for the log.
    """

    conditions: Mapping[int, bool] = {}
    seen: Mapping[int, bool] = {}
    person: Person | None = None
    saw: Mapping[int, Any] = {}


_NOWHERE = Leave("", completed=False)


class Walk:
    """A run in progress."""

    __slots__ = (
        "answers",
        "arms",
        "arrived_at",
        "clock",
        "decisions",
        "ghost",
        "journey",
        "now",
        "places",
        "rest",
        "stale",
        "state",
        "step",
        "traces",
        "visit",
        "visits",
    )

    def __init__(
        self,
        journey: str,
        places: Mapping[str, int],
        state: State,
        answers: Answers,
        now: datetime,
        *,
        clock: datetime | None = None,
    ) -> None:
        self.journey = journey
        self.places = places
        self.state = state
        self.answers = answers
        self.now = now
        self.clock = clock or now
        self.step = state.step
        self.visit = state.visit
        self.visits = dict(state.visits)
        self.arms: Mapping[str, str] = state.arms
        self.ghost: Ghost = state.ghost
        self.arrived_at = state.step_at
        self.stale = False
        self.rest: Rest = _NOWHERE
        self.decisions: list[Decision] = []
        self.traces: list[Trace] = []

    def ask(self, condition: int) -> bool | None:
        """The answer to a condition; None when it was not asked, or asked before an update."""
        return None if self.stale else self.answers.conditions.get(condition)

    def saw(self, *conditions: int) -> list[Any]:
        """What these conditions were judged by, for the log."""
        return [self.answers.saw.get(each) for each in conditions]

    def happened(self, lookback: int) -> bool | None:
        """Whether an event since entry matches; None when it was not asked."""
        return None if self.stale else self.answers.seen.get(lookback)

    def person(self) -> Person | None:
        """The customer's zone and dates; None when not asked for, or asked before an update."""
        return None if self.stale else self.answers.person

    def last_arm(self) -> str:
        """The arm of the split that stands last in the document, of those passed."""
        if not self.arms:
            return ""
        return self.arms[max(self.arms, key=lambda step: self.places.get(step, -1))]

    def note(self, code: str, inputs: Mapping[str, Any]) -> None:
        self.traces.append(Trace(self.step, self.visit, code, inputs))

    def stop(self, rest: Rest) -> int:
        """Rest here; the answer is what a step returns for it."""
        self.rest = rest
        return RESTING

    def leave(self, code: str, reason: str) -> int:
        self.note(code, {"reason": reason})
        return self.stop(Leave(reason, completed=False))
