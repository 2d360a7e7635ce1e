"""A file of tests for one journey, read: customers, what they do on a clock, what is expected.

Reading tells every wrong form with its place; `faults` tells what does not fit the journey.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from journeys.core import source
from journeys.core.document import Document
from journeys.core.lines import line_of, located
from journeys.core.problem import DocumentError, Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.call import Call
from journeys.core.steps.send import Send
from journeys.core.steps.split import Split
from journeys.core.trials import expectations, segments
from journeys.core.trials.observed import span
from journeys.core.trials.wanted import Expectation
from profiles.core.conditions.reader import shown
from profiles.core.instants import is_instant
from profiles.core.problems import did_you_mean

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AFTERWARDS = timedelta(days=30)
"""How long a test goes on after its last event, unless it says `until`."""
CUSTOMER_EXAMPLE = "{ann: {email: ann@example.com}}"
EVENT_EXAMPLE = "{after: 1h, event: Order Completed}"
LONGEST = timedelta(days=3660)

Does = Literal["event", "identify", "enroll", "nothing"]


class Person(msgspec.Struct, frozen=True):
    """A customer of a test. `arms` are the arms to draw by step; a ghost walks in the holdout.

    `push` is a browser that takes push messages, `unsubscribed` channels or `channel:topic`.
    """

    name: str
    path: str
    traits: Mapping[str, Any]
    ghost: bool = False
    anonymous: bool = False
    push: bool = False
    arms: Mapping[str, str] = {}
    unsubscribed: tuple[str, ...] = ()


class Happening(msgspec.Struct, frozen=True):
    """Something that `customer` does `at` a time from the start; `name` is the event's."""

    at: timedelta
    customer: str
    does: Does
    name: str = ""
    properties: Mapping[str, Any] = {}


class Trial(msgspec.Struct, frozen=True):
    """One test: it starts at `starts` and is over `until` later. `segments` are conditions by
    name, those of the whole file; `answers` are what calls are answered by step, None for failure.
    """

    path: str
    name: str
    starts: datetime
    until: timedelta
    people: tuple[Person, ...]
    happenings: tuple[Happening, ...]
    expected: tuple[Expectation, ...]
    segments: Mapping[str, Any] = {}
    answers: Mapping[str, Any] = {}


class Trials(msgspec.Struct, frozen=True):
    """A file: `journey` is a file beside it or a journey's name, `others` are live as well."""

    journey: str
    others: tuple[str, ...]
    segments: Mapping[str, Any]
    trials: tuple[Trial, ...]
    lines: Mapping[source.Place, int]

    def locate(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems with the lines they stand in."""
        return located(problems, self.lines)

    def line(self, path: str) -> int:
        return line_of(path, self.lines)


def parse(text: str) -> Trials:
    """Read a file of tests. Raises DocumentError with every problem."""
    found = source.read(text)
    if not isinstance(found.value, dict):
        message = f"Tests are a mapping with journey and tests, not {shown(found.value)}."
        raise DocumentError([problem("", "wrong_type", message, line=1)])
    problems: list[Problem] = []
    fields = Fields(found.value, "", problems)
    journey = fields.text("journey")
    if not journey:
        fields.report("journey", "missing", "Name the journey's file, such as welcome.yaml.")
    others = fields.texts("with")
    groups = fields.mapping("segments", segments.EXAMPLE) or {}
    read = (_trial(each) for each in fields.items("tests", "{name: …, expect: […]}"))
    trials = tuple(replace(each, segments=groups) for each in read)
    if not trials:
        fields.report("tests", "missing", "Write a list of tests, each with a name and expect.")
    fields.close()
    problems += [*segments.problems(groups), *_twice(trials)]
    if problems:
        raise DocumentError(located(problems, found.lines))
    return Trials(journey, others, groups, trials, found.lines)


def _twice(trials: Sequence[Trial]) -> Iterator[Problem]:
    names: set[str] = set()
    for trial in trials:
        if trial.name and trial.name in names:
            message = f"Two tests are called “{trial.name}”; rename one of them."
            yield problem(f"{trial.path}.name", "duplicate_key", message)
        names.add(trial.name)


def _trial(fields: Fields) -> Trial:
    name = fields.text("name")
    if not name:
        fields.report("name", "missing", "Say in a sentence what the test shows.")
    people = tuple(_people(fields))
    names = [each.name for each in people]
    starts = _instant(fields, "starts") or START
    happenings = tuple(_happenings(fields, names, starts))
    found = [
        expectations.read(each, names) for each in fields.items("expect", expectations.EXAMPLE)
    ]
    if not found:
        fields.report("expect", "missing", f"Say what to expect, such as {expectations.EXAMPLE}.")
    expected = tuple(each for each in found if each is not None)
    until = expectations.read_span(fields, "until")
    trial = Trial(fields.path, name, starts, timedelta(), people, happenings, expected)
    answers = fields.mapping("answers", "{score: {value: 7}}") or {}
    fields.close()
    return replace(trial, answers=answers, until=_until(trial) if until is None else until)


def _until(trial: Trial) -> timedelta:
    """30 days after the last event, or later if something is expected later."""
    last = max((each.at for each in trial.happenings), default=timedelta())
    times = [time for each in trial.expected for time in (each.when.at, each.when.by) if time]
    return min(max([last + AFTERWARDS, *times]), LONGEST)


def _instant(fields: Fields, key: str) -> datetime | None:
    text = fields.text(key)
    if not text:
        return None
    found = datetime.fromisoformat(text) if is_instant(text) and "T" in text else None
    if found is None or found.tzinfo is None:
        message = "Write an instant with its offset, such as 2026-03-02T09:00:00Z."
        fields.report(key, "invalid", message)
        return None
    return found.astimezone(UTC)


def _people(fields: Fields) -> Iterator[Person]:
    inner = fields.inner("customers", CUSTOMER_EXAMPLE)
    if inner is None or not inner.raw:
        fields.report("customers", "missing", f"Name the customers, such as {CUSTOMER_EXAMPLE}.")
        return
    for name in inner.raw:
        own = inner.inner(name, "{email: ann@example.com}") or Fields({}, inner.at(name), [])
        arms = own.mapping("arms", "{test: A}") or {}
        known = Person(
            name=name,
            path=own.path,
            traits={},
            ghost=own.flag("ghost", default=False),
            anonymous=own.flag("anonymous", default=False),
            push=own.flag("push", default=False),
            arms={step: str(arm) for step, arm in arms.items()},
            unsubscribed=own.texts("unsubscribed"),
        )
        traits = {key: value for key, value in own.raw.items() if key not in own.asked}
        yield replace(known, traits=traits)


def _happenings(fields: Fields, names: Collection[str], starts: datetime) -> Iterator[Happening]:
    clock = timedelta()
    for each in fields.items("events", EVENT_EXAMPLE):
        clock = _moment(each, clock, starts)
        does = _does(each)
        customer = "" if does == "nothing" else expectations.read_customer(each, names)
        properties: Mapping[str, Any] = {}
        if does == "event":
            properties = each.mapping("properties", "{order_id: o1}") or {}
        elif does != "nothing":
            properties = each.mapping(does, "{plan: pro}") or {}
        yield Happening(clock, customer, does, each.text("event"), properties)
        each.close()


def _moment(fields: Fields, clock: timedelta, starts: datetime) -> timedelta:
    """`at` counts from the start or is an instant, `after` from the event before."""
    if fields.get("at") is not None and fields.get("after") is not None:
        fields.report("after", "ambiguous", "Say `at` or `after`, not both.")
    after = expectations.read_span(fields, "after")
    written = fields.get("at")
    if isinstance(written, str) and is_instant(written):
        instant = _instant(fields, "at")
        at = instant - starts if instant else None
    else:
        at = expectations.read_span(fields, "at")
    moment = clock + after if after is not None else clock if at is None else at
    if moment < clock:
        message = f"Events stand in their order; the one before comes after {span(clock)}."
        fields.report("at", "invalid", message)
    return moment


def _does(fields: Fields) -> Does:
    kinds: tuple[Does, ...] = ("event", "identify", "enroll")
    found = [key for key in kinds if key in fields.raw]
    if len(found) > 1:
        message = f"This is both {found[0]} and {found[1]}; make two events of it."
        fields.report(found[1], "ambiguous", message)
    if not found and fields.raw.keys() - {"after", "at"}:
        word = next(iter(fields.raw.keys() - {"after", "at", "customer"}), "")
        message = f"“{word}” is not known here. {did_you_mean(word, kinds)}" if word else ""
        fields.report("", "missing", message or f"Say what happens: {', '.join(kinds)}.")
    return found[0] if found else "nothing"


def faults(trials: Trials, document: Document) -> list[Problem]:
    """What the journey does not have: steps, arms, a holdout to be a ghost of."""
    steps = [step.id for step in document.steps]
    found: list[Problem] = []
    for trial in trials.trials:
        for person in trial.people:
            found += _of_person(person, document)
        for expected in trial.expected:
            found += expectations.faults(expected, steps)
        found += _of_answers(trial, document)
    return trials.locate(found)


def _of_answers(trial: Trial, document: Document) -> Iterator[Problem]:
    calls = [step.id for step in document.steps if isinstance(step, Call)]
    for step in sorted(trial.answers.keys() - set(calls)):
        message = f"The journey has no call “{step}”. {did_you_mean(step, calls)}"
        yield problem(f"{trial.path}.answers", "unknown_step", message)


def _of_person(person: Person, document: Document) -> Iterator[Problem]:
    if person.ghost and (document.purpose == "transactional" or not document.enter.holdout):
        message = "The journey has no holdout that a ghost could walk in; give it one."
        yield problem(f"{person.path}.ghost", "invalid", message)
    known = arms_of(document)
    for step, arm in person.arms.items():
        if step not in known:
            message = f"The journey has no split “{step}”. {did_you_mean(step, known)}"
            yield problem(f"{person.path}.arms", "unknown_step", message)
        elif arm not in known[step]:
            message = f"“{step}” has no arm “{arm}”. {did_you_mean(arm, known[step])}"
            yield problem(f"{person.path}.arms.{step}", "invalid", message)


def arms_of(document: Document) -> dict[str, list[str]]:
    """The names that can be drawn, by step: arms of splits and variants of messages."""
    found: dict[str, list[str]] = {}
    for step in document.steps:
        if isinstance(step, Split):
            found[step.id] = [arm.name for arm in step.arms]
        elif isinstance(step, Send) and any(each.arm for each in step.contents):
            found[step.id] = [each.arm for each in step.contents]
    return found
