"""Saves drafts. A draft may be unfinished; only text that is no document at all is refused.

`revision` counts saves: whoever saves over a revision that is not the latest is told so,
and nothing is lost.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.core.blocks import INCLUDE, BlockProblem
from channels.core.content import content_problems
from channels.core.template import problems as template_problems
from channels.queries import templates
from journeys.core import source
from journeys.core.check import check as check_document
from journeys.core.document import Document, parse
from journeys.core.problem import DocumentError, Problem
from journeys.models import Journey, Version
from journeys.operations.refused import Refused
from profiles.core.conditions import Vocabulary
from profiles.core.stages import SEGMENTS, STAGES
from profiles.queries import segments
from profiles.queries.conditions import known_channels

Given = str | Mapping[str, Any]


@transaction.atomic
def save(slug: str, document: Given, *, revision: int | None, by: str, now: dt.datetime) -> Journey:
    """Create (`revision` None) or replace a draft. Raises Refused."""
    try:
        data = source.read(document).value
    except DocumentError as error:
        raise Refused("invalid", str(error), error.problems) from error
    if not isinstance(data, dict):
        raise Refused(
            "invalid", _("A journey is a mapping with the keys journey, enter and steps.")
        )
    if data.get("journey", slug) != slug:
        message = _("The document names the journey “%(name)s”; it is saved as “%(slug)s”.")
        raise Refused("invalid", message % {"name": data["journey"], "slug": slug})
    journey = Journey.objects.select_for_update().filter(slug=slug).first()
    compare(journey, revision)
    journey = journey or Journey(slug=slug, revision=0, created_at=now)
    journey.document = data
    journey.source = document if isinstance(document, str) else source.write(data)
    journey.title = str(data.get("title") or "")[:200]
    journey.stage = str(data.get("stage") or "")[:50]
    journey.revision += 1
    journey.updated_at = now
    _keep(journey)
    return journey


def restore(slug: str, *, number: int, revision: int | None, by: str, now: dt.datetime) -> Journey:
    """Make a published version the draft again, as it was typed. Raises Refused."""
    version = Version.objects.filter(journey__slug=slug, number=number).first()
    if version is None:
        message = _("The journey “%(slug)s” has no version %(number)s.")
        raise Refused("not_found", message % {"slug": slug, "number": number})
    return save(slug, version.source, revision=revision, by=by, now=now)


def _keep(journey: Journey) -> None:
    """Of several who create one journey at the same time, the first succeeds."""
    try:
        with transaction.atomic():
            journey.save()
    except IntegrityError as error:
        raise _overtaken(journey.revision) from error


def compare(journey: Journey | None, revision: int | None) -> None:
    """Raises Refused unless this is the revision of the draft that is there."""
    if journey is not None and revision != journey.revision:
        raise _overtaken(journey.revision)
    if journey is None and revision not in (None, 0):
        raise Refused(
            "not_found", _("There is no such journey: save it with revision null to create it.")
        )


def _overtaken(revision: int) -> Refused:
    message = _("Somebody saved revision %(theirs)s meanwhile: load it, then save again.")
    return Refused("conflict", message % {"theirs": revision})


def check(
    document: Given,
    *,
    beside: Collection[str] = (),
    groups: Collection[str] = (),
    alone: bool = False,
) -> list[Problem]:
    """Every problem of a document, errors first; warnings do not keep it from being published.

    `beside` are journeys, and `groups` segments, that will be there too, though nobody has saved
    them yet; with `alone` there are no others.
    """
    try:
        parsed = parse(document)
    except DocumentError as error:
        return list(error.problems)
    written = str(document)
    apart = alone or ("template" not in written and "include" not in written)
    return check_document(
        parsed,
        templates=templates.library() if apart else templates.known_templates(),
        journeys=_slugs(beside, alone) if _leads_on(parsed) else None,
        vocabulary=_vocabulary(document, groups, alone),
        template_problems=lambda text: template_problems(INCLUDE.sub("", text), "html"),
        content_problems=partial(
            _content_problems, templates.of_library if apart else templates.found
        ),
    )


def _content_problems(
    find: templates.Find, body: Mapping[str, Any], channels: tuple[str, ...]
) -> list[tuple[str, str]]:
    """(path, sentence) of a step's content, or of the template it names, blocks in place."""
    try:
        return content_problems(templates.whole(body, find=find), channels)
    except KeyError:
        return []
    except BlockProblem as error:
        field, _colon, sentence = str(error).partition(": ")
        return [(field, sentence[:1].upper() + sentence[1:])]


def _leads_on(document: Document) -> bool:
    return any(step.kind == "enroll" for step in document.steps)


def _slugs(beside: Collection[str], alone: bool) -> set[str]:
    saved = () if alone else Journey.objects.values_list("slug", flat=True)
    return {*saved, *beside}


def _vocabulary(document: Given, groups: Collection[str], alone: bool) -> Vocabulary:
    """The names that conditions and steps may use; segments are looked up for who names one."""
    asked = not alone and "segment" in str(document)
    known = segments.slugs() if asked else frozenset[str]()
    return Vocabulary(
        stages=frozenset(STAGES),
        lifecycles=frozenset(SEGMENTS),
        channels=frozenset(known_channels()),
        segments=known.union(groups),
    )
