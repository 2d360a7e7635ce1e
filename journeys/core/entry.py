"""Whether a customer may enter, and whether as a ghost. Draws are hashes; nothing is stored.

The audience is not asked here: it is a condition like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import msgspec

from journeys.core.decisions import Ghost
from journeys.core.plan import Plan
from profiles.core import draw

_threshold = lru_cache(maxsize=256)(draw.threshold)  # a batch asks the same two again and again

Code = Literal["entered", "global", "holdout", "already_in", "entered_before", "too_soon"]


class History(msgspec.Struct, frozen=True):
    """What is known of the customer and key in this journey, over all its versions.

    `running` is whether they are in it, `left_at` when they left it last, `exposed` whether they
    were ever treated in it: such a customer is never moved into the holdout.
    """

    running: bool = False
    left_at: datetime | None = None
    exposed: bool = False


class Admission(msgspec.Struct, frozen=True):
    """Whether the customer `enters`, and the code and inputs for the log.

    `again_at` is when `too_soon` ends.
    """

    enters: bool
    code: Code
    ghost: Ghost = ""
    again_at: datetime | None = None
    inputs: Mapping[str, Any] = {}


def may_enter(
    plan: Plan, history: History, now: datetime, *, customer: str, global_control: float = 0
) -> Admission:
    """The rule of `again`, then the control groups. `global_control` is in percent."""
    return _refusal(plan, history, now) or _admission(plan, history, customer, global_control)


def holdout_salt(journey: str) -> str:
    """The salt of a journey's holdout draw."""
    return f"{journey}:holdout"


def _refusal(plan: Plan, history: History, now: datetime) -> Admission | None:
    again = plan.enter.again
    if history.running:
        return Admission(enters=False, code="already_in")
    if history.left_at is None or again == "always":
        return None
    left = {"left_at": history.left_at.isoformat()}
    if not isinstance(again, timedelta):
        return Admission(enters=False, code="entered_before", inputs=left)
    again_at = history.left_at + again
    if now >= again_at:
        return None
    return Admission(enters=False, code="too_soon", again_at=again_at, inputs=left)


def _admission(plan: Plan, history: History, customer: str, global_control: float) -> Admission:
    """Transactional journeys have no ghosts; the global control group outranks the holdout."""
    if plan.purpose == "transactional":
        return Admission(enters=True, code="entered")
    bucket = draw.bucket(draw.GLOBAL_CONTROL, customer)
    if bucket < _threshold(global_control):
        return _ghost("global", bucket, global_control)
    holdout = plan.enter.holdout
    if holdout and not history.exposed:
        bucket = draw.bucket(holdout_salt(plan.journey), customer)
        if bucket < _threshold(holdout):
            return _ghost("holdout", bucket, holdout)
    return Admission(enters=True, code="entered")


def _ghost(group: Literal["global", "holdout"], bucket: int, percent: float) -> Admission:
    inputs = {"bucket": bucket, "percent": percent}
    return Admission(enters=True, code=group, ghost=group, inputs=inputs)
