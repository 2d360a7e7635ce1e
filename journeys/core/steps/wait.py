"""`wait: 2h` — the customer stays for a duration, reckoned from the instant of arrival."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from journeys.core.decisions import Sleep
from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import Builder, Common, Exit, Known, Planned, Step
from journeys.core.walk import Walk
from profiles.core import durations

_NONE = timedelta()

SCHEMA: Mapping[str, Any] = {"wait": {"$ref": "#/$defs/duration"}}


class Wait(Step, frozen=True, kw_only=True):
    """`duration` is None while the draft has none."""

    kind: ClassVar[str] = "wait"
    duration: timedelta | None

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(self.then, waits=self.duration != _NONE),)

    def words(self) -> str:
        return f"Wait {durations.written(self.duration)}" if self.duration else "Wait"

    def faults(self, known: Known) -> Iterator[Problem]:
        if self.duration is None:
            yield problem(f"{self.path}.wait", "missing", "Say how long to wait, such as 2h.")

    def build(self, builder: Builder, index: int) -> PlannedWait:
        duration = self.duration or _NONE
        return PlannedWait(
            index=index,
            id=self.id,
            next=builder.target(self.then, index),
            duration=duration,
            inputs={"wait": durations.written(duration)},
        )


def read(fields: Fields, common: Common) -> Wait:
    value = fields.get("wait")
    if isinstance(value, dict):
        form = next(iter(value), "")
        message = f"This form of wait (“{form}”) is not available yet; write a duration such as 2h."
        fields.report("wait", "not_available", message)
        return Wait(**common, duration=None)
    return Wait(**common, duration=fields.duration("wait"))


class PlannedWait(Planned, frozen=True, kw_only=True):
    kind: ClassVar[str] = "wait"
    duration: timedelta
    inputs: Mapping[str, Any]

    @property
    def passes(self) -> tuple[int, ...]:
        return () if self.duration else (self.next,)

    @property
    def resumes(self) -> tuple[int, ...]:
        return (self.next,)

    def run(self, walk: Walk) -> int:
        if not self.duration:
            walk.note("wait_passed", self.inputs)
            return self.next
        walk.note("wait_started", self.inputs)
        return walk.stop(Sleep(walk.now + self.duration))

    def resume(self, walk: Walk) -> int:
        walk.note("wait_over", self.inputs)
        return self.next
