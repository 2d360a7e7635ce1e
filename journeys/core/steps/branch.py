"""`branch` — the first condition that is true decides where to go; `else` when none is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import Builder, Common, Exit, Known, Planned, Step
from journeys.core.walk import UNANSWERED, Walk

EXAMPLE = "{if: {attribute: country, eq: DE}, then: german}"

SCHEMA: Mapping[str, Any] = {
    "branch": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["if"],
            "properties": {
                "if": {"$ref": "#/$defs/condition"},
                "then": {"$ref": "#/$defs/target"},
            },
        },
    },
    "else": {"$ref": "#/$defs/target"},
}


class Choice(msgspec.Struct, frozen=True):
    """One line of a branch; `then` is "" where it falls through."""

    path: str
    condition: Any
    then: str


class Branch(Step, frozen=True, kw_only=True):
    kind: ClassVar[str] = "branch"
    choices: tuple[Choice, ...]

    def exits(self) -> tuple[Exit, ...]:
        lines = (Exit(each.then, condition=each.condition) for each in self.choices)
        return (*lines, Exit(self.then, "else"))

    def words(self) -> str:
        return "Branch"

    def faults(self, known: Known) -> Iterator[Problem]:
        if not self.choices:
            yield problem(f"{self.path}.branch", "missing", f"Add a line such as {EXAMPLE}.")
        for choice in self.choices:
            if choice.condition is None:
                yield problem(f"{choice.path}.if", "missing", "Say when to go this way.")
            else:
                yield from known.condition(choice.condition, f"{choice.path}.if")

    def build(self, builder: Builder, index: int) -> PlannedBranch:
        lines = tuple(
            Line(
                condition=builder.condition(choice.condition),
                to=builder.target(choice.then, index),
                inputs={"case": at, "to": choice.then},
            )
            for at, choice in enumerate(self.choices)
        )
        return PlannedBranch(
            index=index,
            id=self.id,
            next=builder.target(self.then, index),
            lines=lines,
            inputs={"case": "else", "to": self.then},
        )


def read(fields: Fields, common: Common) -> Branch:
    choices = tuple(_read_choice(line) for line in fields.items("branch", EXAMPLE))
    otherwise = fields.text("else")
    if otherwise and common["then"]:
        fields.report("then", "ambiguous", "A branch has `else`; take `then` away.")
    common["then"] = otherwise or common["then"]
    return Branch(**common, choices=choices)


def _read_choice(fields: Fields) -> Choice:
    condition = fields.mapping("if", "{attribute: country, eq: DE}")
    choice = Choice(fields.path, condition, fields.text("then"))
    fields.close()
    return choice


class Line(msgspec.Struct, frozen=True):
    """One line of a planned branch."""

    condition: int
    to: int
    inputs: Mapping[str, Any]


class PlannedBranch(Planned, frozen=True, kw_only=True):
    kind: ClassVar[str] = "branch"
    lines: tuple[Line, ...]
    inputs: Mapping[str, Any]

    @property
    def questions(self) -> tuple[int, ...]:
        return tuple(line.condition for line in self.lines)

    @property
    def passes(self) -> tuple[int, ...]:
        return (*(line.to for line in self.lines), self.next)

    def run(self, walk: Walk) -> int:
        for number, line in enumerate(self.lines, start=1):
            answer = walk.ask(line.condition)
            if answer is None:
                return UNANSWERED
            if answer:
                saw = walk.saw(*self.questions[:number])
                walk.note("branch_taken", {**line.inputs, "saw": saw})
                return line.to
        walk.note("branch_taken", {**self.inputs, "saw": walk.saw(*self.questions)})
        return self.next
