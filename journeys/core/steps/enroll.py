"""`enroll: SLUG` — the customer comes into another journey as well, and goes on in this one.

Asked for by an event, which the other journey hears by its trigger `api`. A ghost's is withheld.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from journeys.core.decisions import Request
from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import Builder, Common, Known, Planned, Step
from journeys.core.walk import Walk
from profiles.core.problems import did_you_mean

MOST_HOPS = 10
"""Journeys that enroll into each other end here instead of never."""
SCHEMA: Mapping[str, Any] = {"enroll": {"type": "string"}}


class Enroll(Step, frozen=True, kw_only=True):
    kind: ClassVar[str] = "enroll"
    journey: str

    def words(self) -> str:
        return f"Enroll into {self.journey}"

    def faults(self, known: Known) -> Iterator[Problem]:
        path, journeys = f"{self.path}.enroll", known.journeys
        if not self.journey:
            yield problem(path, "missing", "Name the journey, such as `enroll: welcome`.")
        elif journeys is not None and self.journey not in journeys:
            message = (
                f"There is no journey “{self.journey}” yet. {did_you_mean(self.journey, journeys)}"
            )
            yield problem(path, "unknown_journey", message)

    def build(self, builder: Builder, index: int) -> PlannedEnroll:
        following = builder.target(self.then, index)
        return PlannedEnroll(index=index, id=self.id, next=following, journey=self.journey)


def read(fields: Fields, common: Common) -> Enroll:
    return Enroll(**common, journey=fields.text("enroll"))


class PlannedEnroll(Planned, frozen=True, kw_only=True):
    kind: ClassVar[str] = "enroll"
    journey: str

    def run(self, walk: Walk) -> int:
        before = walk.state.entry.get("hops")
        hops = before + 1 if isinstance(before, int) else 1
        inputs = {"journey": self.journey, "ghost": walk.ghost, "hops": hops}
        if walk.ghost or hops > MOST_HOPS:
            walk.note("enroll_withheld", inputs)
        else:
            walk.note("enroll_requested", inputs)
            walk.decisions.append(Request(self.id, walk.visit, self.journey, hops))
        return self.next
