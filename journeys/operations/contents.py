"""What the steps of a draft say once templates and blocks are in their places.

Versions keep that: a template that changes later reaches a journey when it is published again.
"""

import hashlib
import json
from typing import Any, NamedTuple, cast

from channels.core.blocks import BlockProblem
from channels.core.mjml import ContentProblem
from channels.operations import outbox
from channels.operations.linkcheck import PASSED
from channels.queries import templates
from journeys.core import source
from journeys.core.document import Document, parse
from journeys.core.plan import Plan, compile
from journeys.core.problem import DocumentError, Problem
from journeys.core.steps.send import PlannedSend
from journeys.models import Journey, Version
from journeys.operations.refused import Refused
from journeys.queries.contents import content_of
from journeys.queries.plans import Loaded


def store(plan: Plan, *, passed: bool) -> list[int]:
    """Keep the contents of a plan; their ids in its order. `passed` are those that are sent in
    spite of their links. Raises Refused.
    """
    mark = {PASSED: True} if passed else {}
    try:
        return outbox.store_content([body | mark for body in _whole(plan)])
    except (BlockProblem, ContentProblem, KeyError) as error:
        raise _refused(error) from error


def digest(text: str) -> str:
    """What a version is told by: its document, and what it takes from templates and blocks.

    Raises Refused where one of them is not there.
    """
    found = json.dumps(source.read(text).value)
    plan = compile(parse(text))
    if any(templates.borrows(body) for body in plan.contents):
        found += json.dumps(_hashes(plan))
    return hashlib.sha256(found.encode()).hexdigest()


def rewritten(old: Loaded | None, draft: Document) -> frozenset[str]:
    """The send steps whose templates or blocks say something else than in the live version; none
    of a draft that does not compile.
    """
    if old is None:
        return frozenset()
    try:
        plan = compile(draft)
    except DocumentError:
        return frozenset()
    if not any(templates.borrows(body) for body in plan.contents):
        return frozenset()
    hashes, kept = _hashes(plan), outbox.hashes_of(old.contents, besides=PASSED)
    before = {
        step.id: [kept.get(old.contents[each]) for each in step.contents]
        for step in old.plan.steps
        if isinstance(step, PlannedSend)
    }
    return frozenset(
        step.id
        for step in plan.steps
        if isinstance(step, PlannedSend)
        and before.get(step.id) != [hashes[each] for each in step.contents]
    )


class Use(NamedTuple):
    """A journey whose live version sends a template, and whether it says what that says today."""

    journey: str
    version: int
    current: bool


def uses(slug: str) -> list[Use]:
    """The running journeys that send a template, by name or as a block."""
    running = Journey.objects.filter(live_version__isnull=False).exclude(state="stopped")
    found = []
    for journey in running.select_related("live_version").order_by("slug"):
        version = cast(Version, journey.live_version)
        plan = compile(parse(version.source))
        if any(slug in templates.needs(body) for body in plan.contents):
            found.append(Use(journey.slug, version.number, _is_current(version)))
    return found


def _is_current(version: Version) -> bool:
    try:
        return digest(version.source) == version.digest
    except Refused:
        return False


def _hashes(plan: Plan) -> list[str]:
    try:
        return outbox.hashes(_whole(plan))
    except (BlockProblem, ContentProblem, KeyError) as error:
        raise _refused(error) from error


def _whole(plan: Plan) -> list[dict[str, Any]]:
    return [content_of(body) for body in plan.contents]


def _refused(error: Exception) -> Refused:
    return Refused("invalid", str(error), [Problem("steps", "template", str(error))])
