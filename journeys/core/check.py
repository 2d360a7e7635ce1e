"""Whether a journey may be published: errors refuse it, warnings are worth a second look.

Everything is told at once, with the step named. A document that passes compiles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from journeys.core.document import Document
from journeys.core.links import Link, circles, links, positions, reachable, reversed_links
from journeys.core.problem import Problem, problem
from journeys.core.steps import Step
from journeys.core.steps.base import FINISH, ContentProblems, Known
from journeys.core.steps.call import Call
from journeys.core.steps.leave import Leave
from journeys.core.steps.send import Send
from journeys.core.steps.split import Split
from journeys.core.steps.update import Update
from journeys.core.triggers import EventTrigger, TimeTrigger
from journeys.core.walk import END
from profiles.core.conditions.vocabulary import Vocabulary
from profiles.core.problems import did_you_mean

MAX_STEPS = 1_000
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check(
    document: Document,
    *,
    templates: Collection[str] | None = None,
    attributes: Collection[str] | None = None,
    journeys: Collection[str] | None = None,
    vocabulary: Vocabulary | None = None,
    template_problems: Callable[[str], Sequence[str]] | None = None,
    content_problems: ContentProblems | None = None,
) -> list[Problem]:
    """Every problem of a document, errors first.

    `templates`, `attributes` and `journeys` are the names that exist, `vocabulary` holds stages
    and channels; None accepts any. `template_problems` gives a sentence for each fault of a
    template, `content_problems` a field and a sentence for each of what a step sends by channels.
    """
    known = Known(
        vocabulary=vocabulary or Vocabulary(),
        templates=templates,
        attributes=attributes,
        journeys=journeys,
        template_problems=template_problems,
        content_problems=content_problems,
        entry=has_entry(document),
        saved={step.save for step in document.steps if isinstance(step, Call)} - {""},
    )
    found = [*_of_journey(document, known), *_of_steps(document, known), *_warnings(document)]
    return document.locate(sorted(found, key=lambda each: each.severity))


def has_entry(document: Document) -> bool:
    """Whether some customers come in with the properties of an event."""
    return not all(isinstance(each, TimeTrigger) for each in document.enter.triggers)


def _of_journey(document: Document, known: Known) -> Iterator[Problem]:
    if not _SLUG.fullmatch(document.journey):
        message = "Name the journey in small letters, digits and dashes, such as abandoned-cart."
        yield problem("journey", "invalid" if document.journey else "missing", message)
    stages = known.vocabulary.stages
    if document.stage and stages is not None and document.stage not in stages:
        message = f"There is no stage “{document.stage}”. {did_you_mean(document.stage, stages)}"
        yield problem("stage", "unknown_stage", message)
    yield from _of_enter(document, known)
    for watched in document.leave.on:
        yield from watched.faults(known)
    if document.leave.condition is not None:
        yield from known.condition(document.leave.condition, "leave.if")
    if document.goal is not None:
        yield from document.goal.on.faults(known)


def _of_enter(document: Document, known: Known) -> Iterator[Problem]:
    enter = document.enter
    if not enter.triggers:
        message = "Say what lets customers in, such as `on: {event: Signed Up}`."
        yield problem("enter.on", "no_trigger", message)
    for trigger in enter.triggers:
        if isinstance(trigger, EventTrigger):
            yield from trigger.faults(known, entry=False)
        else:
            yield from trigger.faults(known)
    if enter.audience is not None:
        yield from known.condition(enter.audience, "enter.if", inside=False)


def _of_steps(document: Document, known: Known) -> Iterator[Problem]:
    if not document.steps:
        yield problem("steps", "no_steps", "Add a step, such as {id: hello, send: {…}}.")
        return
    if len(document.steps) > MAX_STEPS:
        yield problem("steps", "too_many_steps", f"A journey has at most {MAX_STEPS:,} steps.")
        return
    for step in document.steps:
        yield from step.faults(known)
    ids = positions(document)
    broken = [*_of_ids(document)]
    broken += (fault for step in document.steps for fault in _of_targets(step, ids))
    yield from broken or _of_ways(document)


def _of_ids(document: Document) -> Iterator[Problem]:
    for step in document.steps:
        if not step.id:
            yield problem(step.path, "missing", "Give the step an `id`, such as pause.")
        elif step.id == FINISH:
            message = "“end” is where customers leave; give the step another id."
            yield problem(f"{step.path}.id", "reserved_id", message)
        elif not _ID.fullmatch(step.id):
            message = "An id has letters, digits, `_` and `-`, at most 64 of them."
            yield problem(f"{step.path}.id", "invalid", message)
    for id, count in Counter(step.id for step in document.steps if step.id).items():
        if count > 1:
            message = f"{count} steps have the id “{id}”; rename all but one."
            yield problem(f"steps[{id}].id", "duplicate_id", message)


def _of_targets(step: Step, ids: Mapping[str, int]) -> Iterator[Problem]:
    for to in dict.fromkeys(exit.to for exit in step.exits()):
        if to and to != FINISH and to not in ids:
            message = f"There is no step “{to}” to go to. {did_you_mean(to, [*ids, FINISH])}"
            yield problem(step.path, "unknown_step", message)


def _of_ways(document: Document) -> Iterator[Problem]:
    """What only a graph without broken ways can be asked: reach, circles, ends."""
    ways = links(document)
    reached = reachable([0], ways)
    past_leave = reachable([0], [*ways, *_past_leaves(document)])
    for index, step in enumerate(document.steps):
        if index not in past_leave:
            message = "Nobody comes here; lead a `then` to it or take the step away."
            yield problem(step.path, "unreachable", message)
        elif index not in reached:
            message = "Nobody comes here, for the step before always leaves."
            yield problem(step.path, "after_leave", message)
    for circle in circles([way for way in ways if not way.exit.waits]):
        names = " → ".join(document.steps[index].id for index in (*circle, circle[0]))
        message = f"{names} turns for ever without waiting; put a wait into the circle."
        yield problem(document.steps[circle[0]].path, "endless_loop", message)
    ending = reachable([END], reversed_links(ways))
    for index in sorted(reached - ending - {END})[:1]:
        message = "From here no way leads out; only leave rules or the visit limit end it."
        yield problem(document.steps[index].path, "never_ends", message)


def _past_leaves(document: Document) -> Iterable[Link]:
    for index, step in enumerate(document.steps[:-1]):
        if isinstance(step, Leave):
            yield Link(index, index + 1, step.exits()[0])


def _warnings(document: Document) -> Iterator[Problem]:
    holdout = document.enter.holdout
    if document.goal is None:
        message = "Without a goal the report cannot tell what the journey brings."
        yield problem("goal", "no_goal", message)
    if document.purpose == "marketing" and not holdout and not _has_control(document):
        message = "Without a holdout the lift cannot be measured; give 5 or 10 percent."
        yield problem("enter.holdout", "no_holdout", message)
    if document.purpose == "transactional" and holdout:
        message = "A transactional journey has no control group; the holdout is ignored."
        yield problem("enter.holdout", "holdout_ignored", message)
    emitted = _emitted(document)
    for trigger in document.enter.triggers:
        if isinstance(trigger, EventTrigger) and _feeds(trigger, emitted):
            message = f"The journey itself makes “{trigger.event}”; limit it with `where`."
            yield problem(f"{trigger.path}.event", "self_trigger", message)


def _has_control(document: Document) -> bool:
    splits = (step for step in document.steps if isinstance(step, Split))
    return any(arm.ghost for split in splits for arm in split.arms)


def _feeds(trigger: EventTrigger, emitted: Collection[str]) -> bool:
    """Whether the journey's own event can trigger it; a clause on the journey counts as a guard."""
    name = "message." if trigger.event.startswith("message.") else trigger.event
    return name in emitted and "journey" not in (trigger.where or {})


def _emitted(document: Document) -> set[str]:
    """The events that walking the journey makes; `message.` stands for all of messages."""
    found = {"journey.entered", "journey.left"}
    if document.goal is not None:
        found.add("journey.converted")
    for step in document.steps:
        if isinstance(step, Send):
            found.add("message.")
        if isinstance(step, Update) and (step.subscribe or step.unsubscribe):
            found.add("consent.changed")
    return found
