"""What every step kind shares: the step in the document, the step in the plan, and what checks ask.

A kind is one file: how it is read, checked, drawn, compiled and run. Kinds do not know each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Protocol, TypedDict

import msgspec

from journeys.core.problem import Problem, problem
from profiles.core.conditions.parse import parse as parse_condition
from profiles.core.conditions.parse import parse_where
from profiles.core.conditions.reader import ConditionError
from profiles.core.conditions.references import references
from profiles.core.conditions.vocabulary import Vocabulary
from profiles.core.problems import did_you_mean, joined

FINISH = "end"


class Exit(msgspec.Struct, frozen=True):
    """A way out of a step. `to` is a step's id, `end`, or "" for the step that follows.

    `waits` when time must pass before a customer takes it. One that `skips` leads past the step
    that it names. `label` or `condition`, as written, or the time `after` which it is taken, says
    when.
    """

    to: str
    label: str = ""
    waits: bool = False
    condition: Any = None
    skips: bool = False
    after: timedelta | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step as the document has it. `then` is "" where it falls through.

    Every kind also tells its `words`, the `faults` that keep it from being published, and how to
    `build` it into a plan.
    """

    kind: ClassVar[str]
    id: str
    path: str
    then: str = ""

    def exits(self) -> tuple[Exit, ...]:
        """Every way out, in document order."""
        return (Exit(self.then),)


class Common(TypedDict):
    """What every kind passes on to its step."""

    id: str
    path: str
    then: str


ContentProblems = Callable[[Mapping[str, Any], tuple[str, ...]], Sequence[tuple[str, str]]]
"""(field, sentence) of what keeps a content from being sent through these channels."""


class Known(msgspec.Struct, frozen=True):
    """What a check may take for granted. None accepts every name; `saved` are the names under
    which the journey's own steps save.
    """

    vocabulary: Vocabulary = Vocabulary()
    templates: Collection[str] | None = None
    attributes: Collection[str] | None = None
    journeys: Collection[str] | None = None
    template_problems: Callable[[str], Sequence[str]] | None = None
    content_problems: ContentProblems | None = None
    entry: bool = True
    saved: Collection[str] = ()

    def condition(self, raw: Any, path: str, *, inside: bool = True) -> Iterator[Problem]:
        """Problems of a condition; `inside` is False where nobody is in the journey yet."""
        try:
            found = parse_condition(
                raw,
                path=path,
                entry_allowed=self.entry,
                context_allowed=inside,
                vocabulary=self.vocabulary,
            )
        except ConditionError as error:
            yield from _told(error)
            return
        for name in sorted(references(found).attributes):
            yield from self.attribute(name, path)
        for name in sorted(references(found).contexts):
            yield from self.context(name, path)

    def attribute(self, name: str, path: str) -> Iterator[Problem]:
        """A problem when nobody has this attribute."""
        if self.attributes is not None and name.split(".", maxsplit=1)[0] not in self.attributes:
            message = f"No customer has “{name}”. {did_you_mean(name, self.attributes)}"
            yield problem(path, "unknown_attribute", message)

    def context(self, name: str, path: str) -> Iterator[Problem]:
        """A problem when no step saves what is asked for."""
        if name.split(".", maxsplit=1)[0] not in self.saved:
            message = f"No step saves “{name}”. {did_you_mean(name, self.saved)}"
            yield problem(path, "unknown_context", message)

    def where(self, raw: Any, path: str, *, entry: bool = True) -> Iterator[Problem]:
        """Problems of clauses over an event; None is no clause."""
        if raw is not None:
            try:
                parse_where(raw, path=path, entry_allowed=self.entry and entry)
            except ConditionError as error:
                yield from _told(error)

    def text(self, source: str, path: str) -> Iterator[Problem]:
        """Problems of a template's text."""
        if self.template_problems is not None and is_template(source):
            for message in self.template_problems(source):
                yield problem(path, "template", message)

    def content(
        self, body: Mapping[str, Any], channels: tuple[str, ...], path: str
    ) -> Iterator[Problem]:
        """Problems of what a step sends through its channels."""
        if self.content_problems is not None:
            for field, message in self.content_problems(body, channels):
                place = f"{path}.template" if "template" in body else joined(path, field)
                told = f"{field}: {message}" if "template" in body else message
                yield problem(place, "template", told)

    def template(self, slug: str, path: str) -> Iterator[Problem]:
        if self.templates is not None and slug not in self.templates:
            message = f"There is no template “{slug}”. {did_you_mean(slug, self.templates)}"
            yield problem(path, "unknown_template", message)

    def channel(self, name: str, path: str) -> Iterator[Problem]:
        channels = self.vocabulary.channels
        if channels is not None and name not in channels:
            message = f"There is no channel “{name}”. {did_you_mean(name, channels)}"
            yield problem(path, "unknown_channel", message)


def _told(error: ConditionError) -> Iterator[Problem]:
    for each in error.problems:
        yield problem(each.path, "condition", each.message)


def listed(words: Iterable[str]) -> str:
    """The first three words, and how many more."""
    found = [word for word in words if word]
    more = len(found) - 3
    return ", ".join(found[:3]) + (f" and {more} more" if more > 0 else "")


def is_template(source: str) -> bool:
    return "{{" in source or "{%" in source or "{#" in source


def texts_of(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text inside a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_of(inner, joined(path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from texts_of(inner, joined(path, position))


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a plan. `next` is the index of the step that follows, or END."""

    kind: ClassVar[str]
    index: int
    id: str
    next: int

    @property
    def questions(self) -> tuple[int, ...]:
        """The conditions asked on arrival."""
        return ()

    @property
    def lookbacks(self) -> tuple[int, ...]:
        """The events since entry asked for on arrival."""
        return ()

    @property
    def events(self) -> tuple[str, ...]:
        """The events that a customer who stands here waits for."""
        return ()

    @property
    def draws(self) -> bool:
        """Whether an arm is drawn here."""
        return False

    @property
    def rechecks(self) -> bool:
        """Whether the customer's own clock is asked for on going on, too."""
        return False

    @property
    def local(self) -> bool:
        """Whether the customer's own clock is asked for on arrival."""
        return False

    @property
    def hours(self) -> bool:
        """Whether it is asked at which hours the customer looks at messages."""
        return False

    @property
    def attributes(self) -> tuple[str, ...]:
        """The paths of the attributes read on arrival."""
        return ()

    @property
    def passes(self) -> tuple[int, ...]:
        """Where a customer can go in the run of the arrival."""
        return (self.next,)

    @property
    def resumes(self) -> tuple[int, ...]:
        """Where a customer who stood here can go."""
        return ()

    @property
    def spoils(self) -> bool:
        """Whether answers from before the step are worth nothing after it."""
        return False


class Builder(Protocol):
    """What a step needs to become part of a plan: indexes of what it refers to."""

    topic: str
    leaving: int | None

    def condition(self, raw: Any) -> int: ...
    def where(self, raw: Any) -> int | None: ...
    def lookback(self, step: str, event: str, where: int | None) -> int: ...
    def content(self, body: Mapping[str, Any]) -> int: ...
    def target(self, to: str, index: int) -> int: ...
