"""The table of step kinds. A new kind is one file here and one row in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps import branch, call, enroll, leave, send, split, update, wait, wait_for
from journeys.core.steps.base import Common
from profiles.core.problems import did_you_mean

Step = (
    wait.Wait
    | wait_for.WaitFor
    | branch.Branch
    | split.Split
    | send.Send
    | update.Update
    | enroll.Enroll
    | call.Call
    | leave.Leave
)
PlannedStep = (
    wait.PlannedWait
    | wait_for.PlannedWaitFor
    | branch.PlannedBranch
    | split.PlannedSplit
    | send.PlannedSend
    | update.PlannedUpdate
    | enroll.PlannedEnroll
    | call.PlannedCall
    | leave.PlannedLeave
)


class Kind(msgspec.Struct, frozen=True):
    """How a kind is read from a step's mapping, and the JSON Schema of the keys that it brings."""

    read: Callable[[Fields, Common], Step]
    schema: Mapping[str, Any]


KINDS: Mapping[str, Kind] = {
    "wait": Kind(wait.read, wait.SCHEMA),
    "wait_for": Kind(wait_for.read, wait_for.SCHEMA),
    "branch": Kind(branch.read, branch.SCHEMA),
    "split": Kind(split.read, split.SCHEMA),
    "send": Kind(send.read, send.SCHEMA),
    "update": Kind(update.read, update.SCHEMA),
    "enroll": Kind(enroll.read, enroll.SCHEMA),
    "call": Kind(call.read, call.SCHEMA),
    "leave": Kind(leave.read, leave.SCHEMA),
}


def read_step(raw: Any, position: int, problems: list[Problem]) -> Step | None:
    """The step at a position of the document; None, and a problem, when it is no step."""
    if not isinstance(raw, dict):
        path, message = f"steps[{position}]", "A step is a mapping such as {id: pause, wait: 1h}."
        problems.append(problem(path, "wrong_type", message))
        return None
    name = raw.get("id")
    path = f"steps[{name.strip() if isinstance(name, str) and name.strip() else position}]"
    fields = Fields(raw, path, problems)
    common = Common(id=fields.text("id"), path=path, then=fields.text("then"))
    kind = _kind_of(fields)
    if kind is None:
        return None
    step = KINDS[kind].read(fields, common)
    fields.close()
    return step


def _kind_of(fields: Fields) -> str | None:
    found = [kind for kind in KINDS if kind in fields.raw]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"A step does one thing; make {found[0]} and {found[1]} two steps."
        fields.report(found[1], "ambiguous", message)
        return None
    _report_missing(fields)
    return None


def _report_missing(fields: Fields) -> None:
    word = next((key for key in fields.raw if key not in ("id", "then")), None)
    if word is None:
        message = f"Say what the step does: {', '.join(KINDS)}."
        fields.report("", "missing", message)
    else:
        message = f"“{word}” is no kind of step. {did_you_mean(word, KINDS)}"
        fields.report(word, "unknown_key", message)
