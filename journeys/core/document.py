"""The journey document, read. Reading refuses what has a wrong form and accepts what is unfinished.

What else keeps a document from being published is `check`'s; nothing here is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec

from journeys.core import limits, source
from journeys.core.limits import NONE as NO_LIMITS
from journeys.core.limits import Limits
from journeys.core.lines import located, numbered
from journeys.core.problem import DocumentError, Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps import Step, read_step
from journeys.core.triggers import Trigger, Watched, read_trigger, read_watched
from profiles.core.conditions.reader import shown

PURPOSES = ("marketing", "transactional")
DEFAULT_WITHIN = timedelta(days=7)

Purpose = Literal["marketing", "transactional"]
Again = Literal["never", "always"] | timedelta


class Enter(msgspec.Struct, frozen=True):
    """Who comes in. `audience` is a condition as written, `again` a duration since leaving."""

    triggers: tuple[Trigger, ...] = ()
    audience: Any = None
    key: str = ""
    again: Again = "never"
    holdout: float = 0
    limits: Limits = NO_LIMITS


class Leaving(msgspec.Struct, frozen=True):
    """What makes a customer leave from wherever they stand."""

    on: tuple[Watched, ...] = ()
    condition: Any = None


class Goal(msgspec.Struct, frozen=True):
    """The event that counts as a conversion, `within` a time of entry; `value` is its property."""

    on: Watched
    within: timedelta = DEFAULT_WITHIN
    value: str = ""


class Document(msgspec.Struct, frozen=True):
    """A document as read. `raw` is the plain data it was read from, `lines` where YAML had it."""

    journey: str
    title: str
    purpose: Purpose
    stage: str
    priority: float
    topic: str
    enter: Enter
    leave: Leaving
    goal: Goal | None
    steps: tuple[Step, ...]
    raw: Mapping[str, Any]
    lines: Mapping[source.Place, int]

    def locate(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems with the lines they stand in, where the document was YAML."""
        return located(problems, self.lines, self._meant)

    def _meant(self, token: str, place: source.Place) -> Iterator[int]:
        """The steps with this id, or a position."""
        if place == ("steps",):
            for position, step in enumerate(self.raw["steps"]):
                if isinstance(step, dict) and step.get("id") == token:
                    yield position
        yield from numbered(token, place)


def parse(text: str | Mapping[str, Any]) -> Document:
    """Read YAML or JSON text, or plain data. Raises DocumentError with every problem of form."""
    found = source.read(text)
    if not isinstance(found.value, dict):
        message = (
            f"A journey is a mapping such as {{journey: welcome, …}}, not {shown(found.value)}."
        )
        raise DocumentError([problem("", "wrong_type", message, line=1)])
    problems: list[Problem] = []
    document = _read(Fields(found.value, "", problems), found)
    if problems:
        raise DocumentError(document.locate(problems))
    return document


def _read(fields: Fields, found: source.Source) -> Document:
    purpose = fields.choice("class", PURPOSES, "marketing")
    document = Document(
        journey=fields.text("journey"),
        title=fields.text("title"),
        purpose="transactional" if purpose == "transactional" else "marketing",
        stage=fields.text("stage"),
        priority=fields.number("priority", 50),
        topic=fields.text("topic"),
        enter=_read_enter(fields),
        leave=_read_leave(fields),
        goal=_read_goal(fields),
        steps=tuple(_read_steps(fields)),
        raw=found.value,
        lines=found.lines,
    )
    fields.close()
    return document


def _read_enter(fields: Fields) -> Enter:
    inner = fields.inner("enter", "{on: {event: Signed Up}}")
    if inner is None:
        return Enter()
    triggers = [read_trigger(each) for each in inner.items("on", "{event: Signed Up}")]
    found = Enter(
        triggers=tuple(each for each in triggers if each is not None),
        audience=inner.mapping("if", "{attribute: country, eq: DE}"),
        key=inner.text("key"),
        again=_read_again(inner),
        holdout=inner.number("holdout", 0),
        limits=limits.read(inner),
    )
    inner.close()
    return found


def _read_again(fields: Fields) -> Again:
    if not isinstance(fields.get("again"), dict):
        word = fields.choice("again", ("never", "always"), "never")
        return "always" if word == "always" else "never"
    inner = Fields(fields.get("again"), fields.at("again"), fields.problems)
    after = inner.duration("after")
    if inner.raw.get("after") in (None, ""):
        inner.report("after", "missing", "Say how long after leaving, such as {after: 7d}.")
    inner.close()
    return after if after is not None else "never"


def _read_leave(fields: Fields) -> Leaving:
    inner = fields.inner("leave", "{on: [{event: Order Completed}]}")
    if inner is None:
        return Leaving()
    on = tuple(read_watched(each) for each in inner.items("on", "{event: Order Completed}"))
    found = Leaving(on, inner.mapping("if", "{attribute: blocked, eq: true}"))
    inner.close()
    return found


def _read_goal(fields: Fields) -> Goal | None:
    inner = fields.inner("goal", "{event: Order Completed, within: 7d}")
    if inner is None:
        return None
    within, value = inner.duration("within"), inner.text("value")
    if within is not None and not within:
        inner.report("within", "invalid", "A goal needs a window longer than 0s, such as 7d.")
    return Goal(read_watched(inner), within or DEFAULT_WITHIN, value)


def _read_steps(fields: Fields) -> Iterator[Step]:
    value = fields.get("steps")
    if value is not None and not isinstance(value, list):
        message = f"Write a list of steps, not {shown(value)}."
        fields.report("steps", "wrong_type", message)
        return
    for position, raw in enumerate(value or []):
        step = read_step(raw, position, fields.problems)
        if step is not None:
            yield step
