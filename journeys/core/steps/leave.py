"""`leave: REASON` — the customer leaves here, not as one who completed the journey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import FINISH, Builder, Common, Exit, Known, Planned, Step
from journeys.core.walk import Walk

SCHEMA: Mapping[str, Any] = {"leave": {"type": "string"}}


class Leave(Step, frozen=True, kw_only=True):
    kind: ClassVar[str] = "leave"
    reason: str

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(FINISH),)

    def words(self) -> str:
        return f"Leave: {self.reason}"

    def faults(self, known: Known) -> Iterator[Problem]:
        if not self.reason:
            yield problem(
                f"{self.path}.leave", "missing", "Give the reason, such as `leave: bought`."
            )
        if self.then:
            message = "Nobody comes past a `leave`; take `then` away."
            yield problem(f"{self.path}.then", "after_leave", message)

    def build(self, builder: Builder, index: int) -> PlannedLeave:
        following = builder.target(FINISH, index)
        return PlannedLeave(index=index, id=self.id, next=following, reason=self.reason)


def read(fields: Fields, common: Common) -> Leave:
    return Leave(**common, reason=fields.text("leave"))


class PlannedLeave(Planned, frozen=True, kw_only=True):
    kind: ClassVar[str] = "leave"
    reason: str

    @property
    def passes(self) -> tuple[int, ...]:
        return ()

    def run(self, walk: Walk) -> int:
        return walk.leave("left", self.reason)
