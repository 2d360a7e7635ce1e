"""Everything that a journey can decide about a customer: seven decisions, and the trace of why.

The union is closed: whoever applies decisions matches all of it; a new step kind adds none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

Ghost = Literal["", "holdout", "arm", "global"]
OnSkip = Literal["continue", "leave"]
OnCap = Literal["", "defer", "skip", "leave", "next_channel"]
"""What becomes of a message for which a frequency cap has no room; "" is to skip it."""
LEAVE_IF = "leave_if"
"""Why those left for whom the condition of `leave` holds."""


class Send(msgspec.Struct, frozen=True):
    """Put a message in the outbox; a ghost's is recorded and withheld. Unique by step and visit.

    `channels` are asked in order, `content` is an index of `plan.contents`, `arm` is the variant or
    the arm of the split passed last.
    """

    step: str
    visit: int
    content: int
    channels: tuple[str, ...]
    topic: str
    expires: timedelta | None
    on_skip: OnSkip
    arm: str
    ghost: Ghost
    on_cap: OnCap = ""


class Subscription(msgspec.Struct, frozen=True):
    """A channel, and one topic of it or "" for the whole channel."""

    channel: str
    topic: str = ""


class Record(msgspec.Struct, frozen=True):
    """Change the profile. `set` holds values, `render` templates whose results are values."""

    step: str
    visit: int
    set: Mapping[str, Any]
    render: Mapping[str, str]
    unset: tuple[str, ...]
    subscribe: tuple[Subscription, ...]
    unsubscribe: tuple[Subscription, ...]
    ghost: Ghost


class Request(msgspec.Struct, frozen=True):
    """Ask for the customer to be let into another journey, the `hops`-th in a chain of such."""

    step: str
    visit: int
    journey: str
    hops: int


class Call(msgspec.Struct, frozen=True):
    """Ask another system over HTTP, and wait for what it answers. Unique by step and visit.

    The texts of `url`, `headers` and `body` are templates. The answer must be JSON if it `saves`.
    """

    step: str
    visit: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    saves: bool
    timeout: timedelta
    retries: int


class Sleep(msgspec.Struct, frozen=True):
    """Look again at `until`. When that is now, the next step needs fresh answers first."""

    until: datetime


class Case(msgspec.Struct, frozen=True):
    """One thing that ends a `wait_for`. Either `event` (with `where`, an index of `plan.where`) or
    `condition`, an index of `plan.conditions`. `lookback` is an index of `plan.lookbacks` when an
    event since entry counts. `to` is the index of the step that follows.
    """

    index: int
    event: str
    where: int | None
    condition: int | None
    lookback: int | None
    to: int


class Await(msgspec.Struct, frozen=True):
    """Wait for one of `cases`, for events at `since` or later; None waits for ever. Without cases
    it is the answer to a call that is waited for.
    """

    cases: tuple[Case, ...]
    since: datetime
    until: datetime | None


class Leave(msgspec.Struct, frozen=True):
    """The customer leaves. `completed` when the steps ran out, else `reason` says why."""

    reason: str
    completed: bool


Rest = Sleep | Await | Leave
Decision = Send | Record | Request | Call | Sleep | Await | Leave

TRACES: Mapping[str, str] = {
    # one of these for every step that a customer enters
    "wait_started": "entered",
    "wait_passed": "entered",
    "date_past": "entered",
    "date_missing": "entered",
    "awaiting": "entered",
    "met_at_once": "entered",
    "timed_out_at_once": "entered",
    "branch_taken": "entered",
    "arm_drawn": "entered",
    "arm_kept": "entered",
    "message_planned": "entered",
    "profile_recorded": "entered",
    "enroll_requested": "entered",
    "enroll_withheld": "entered",
    "call_made": "entered",
    "call_withheld": "entered",
    "left": "entered",
    # and these while the customer stands there, or at the end
    "wait_over": "resumed",
    "case_met": "resumed",
    "timed_out": "resumed",
    "call_answered": "resumed",
    "call_failed": "resumed",
    "window_missed": "resumed",
    "left_by_rule": "ended",
    "completed": "ended",
    "visit_limit": "ended",
}
ENTERED = tuple(code for code, when in TRACES.items() if when == "entered")
"""The codes of which each customer who enters a step gets exactly one."""


class Trace(msgspec.Struct, frozen=True):
    """Why the customer moved: a code of TRACES and the inputs that led to it, as JSON."""

    step: str
    visit: int
    code: str
    inputs: Mapping[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What `decide` found: effects in order, and `rest`, which is the last of the decisions.

    The other fields are the enrollment afterwards. `step_at` is when the customer came to `step`,
    and `visits[step] < visit` while the step has not begun.
    """

    decisions: tuple[Decision, ...]
    rest: Rest
    trace: tuple[Trace, ...]
    step: str
    visit: int
    visits: Mapping[str, int]
    arms: Mapping[str, str]
    ghost: Ghost
    step_at: datetime

    @property
    def unanswered(self) -> bool:
        """Whether the next step needs fresh answers."""
        return isinstance(self.rest, Sleep) and self.visits.get(self.step, 0) < self.visit
