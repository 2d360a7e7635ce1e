"""`split` — a stable draw sends each customer down one arm; a ghost arm walks on without messages.

The draw is a hash of journey, step and customer. An arm once drawn is kept while its name exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import Builder, Common, Exit, Known, Planned, Step, listed
from journeys.core.walk import Walk
from profiles.core import draw

EXAMPLE = "{arm: A, share: 50, then: mail_a}"

SCHEMA: Mapping[str, Any] = {
    "split": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["arm", "share"],
            "properties": {
                "arm": {"type": "string"},
                "share": {"type": "number", "minimum": 0, "maximum": 100},
                "then": {"$ref": "#/$defs/target"},
                "ghost": {"type": "boolean"},
            },
        },
    }
}


class Arm(msgspec.Struct, frozen=True):
    """One arm of the document. `share` is in percent."""

    path: str
    name: str
    share: float
    ghost: bool
    then: str


class Split(Step, frozen=True, kw_only=True):
    kind: ClassVar[str] = "split"
    arms: tuple[Arm, ...]

    def exits(self) -> tuple[Exit, ...]:
        return tuple(Exit(arm.then or self.then, f"{arm.name} {arm.share:g}%") for arm in self.arms)

    def words(self) -> str:
        return f"Split {listed(arm.name for arm in self.arms)}"

    def faults(self, known: Known) -> Iterator[Problem]:
        total = sum((Decimal(str(arm.share)) for arm in self.arms), Decimal())
        if total != 100:
            message = f"The shares sum to {total.normalize():f}; make them 100."
            yield problem(f"{self.path}.split", "shares", message)
        names: set[str] = set()
        for arm in self.arms:
            if not arm.name:
                yield problem(f"{arm.path}.arm", "missing", "Give the arm a name.")
            elif arm.name in names:
                message = f"There are two arms “{arm.name}”; rename one."
                yield problem(f"{arm.path}.arm", "duplicate_arm", message)
            names.add(arm.name)

    def build(self, builder: Builder, index: int) -> PlannedSplit:
        ranges = draw.ranges((arm.name, arm.share) for arm in self.arms)
        arms = tuple(
            PlannedArm(arm.name, each.stop, arm.ghost, builder.target(arm.then or self.then, index))
            for arm, each in zip(self.arms, ranges, strict=True)
        )
        by_name = {arm.name: arm for arm in arms}
        following = builder.target(self.then, index)
        return PlannedSplit(index=index, id=self.id, next=following, arms=arms, by_name=by_name)


def read(fields: Fields, common: Common) -> Split:
    return Split(**common, arms=tuple(_read_arm(arm) for arm in fields.items("split", EXAMPLE)))


def _read_arm(fields: Fields) -> Arm:
    arm = Arm(
        path=fields.path,
        name=fields.text("arm"),
        share=fields.number("share", 0),
        ghost=fields.flag("ghost", default=False),
        then=fields.text("then"),
    )
    fields.close()
    return arm


class PlannedArm(msgspec.Struct, frozen=True):
    """Buckets below `stop`, and not below the arm before it, belong to the arm."""

    name: str
    stop: int
    ghost: bool
    to: int


class PlannedSplit(Planned, frozen=True, kw_only=True):
    kind: ClassVar[str] = "split"
    arms: tuple[PlannedArm, ...]
    by_name: Mapping[str, PlannedArm]

    @property
    def draws(self) -> bool:
        return True

    @property
    def passes(self) -> tuple[int, ...]:
        return tuple(arm.to for arm in self.arms)

    def run(self, walk: Walk) -> int:
        kept = walk.arms.get(self.id) or walk.state.earlier_arms.get(self.id)
        arm = self.by_name.get(kept) if kept else None
        if arm is None:
            bucket = draw.bucket(f"{walk.journey}:{self.id}", walk.state.customer)
            arm = next(each for each in self.arms if bucket < each.stop)
            walk.note("arm_drawn", {"arm": arm.name, "bucket": bucket})
        else:
            walk.note("arm_kept", {"arm": arm.name})
        walk.arms = {**walk.arms, self.id: arm.name}
        if arm.ghost and not walk.ghost:
            walk.ghost = "arm"
        return arm.to
