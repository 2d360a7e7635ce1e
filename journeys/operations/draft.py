"""Saves drafts. A draft may be unfinished; only text that is no document at all is refused.

`revision` counts saves: whoever saves over a revision that is not the latest is told so,
and nothing is lost.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.core.template import problems as template_problems
from channels.queries.templates import known_templates
from journeys.core import source
from journeys.core.check import check as check_document
from journeys.core.document import parse
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
    _compare(journey, revision)
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


def _compare(journey: Journey | None, revision: int | None) -> None:
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
    document: Given, *, beside: Collection[str] = (), groups: Collection[str] = ()
) -> list[Problem]:
    """Every problem of a document, errors first; warnings do not keep it from being published.

    `beside` are journeys, and `groups` segments, that will be there too, though nobody has saved
    them yet.
    """
    try:
        parsed = parse(document)
    except DocumentError as error:
        return list(error.problems)
    return check_document(
        parsed,
        templates=known_templates(),
        journeys=_slugs(beside) if any(step.kind == "enroll" for step in parsed.steps) else None,
        vocabulary=_vocabulary(document, groups),
        template_problems=lambda text: template_problems(text, "html"),
    )


def _slugs(beside: Collection[str]) -> set[str]:
    return {*Journey.objects.values_list("slug", flat=True), *beside}


def _vocabulary(document: Given, groups: Collection[str]) -> Vocabulary:
    """The names that conditions and steps may use; segments are looked up for who names one."""
    return Vocabulary(
        stages=frozenset(STAGES),
        lifecycles=frozenset(SEGMENTS),
        channels=frozenset(known_channels()),
        segments=segments.slugs().union(groups) if "segment" in str(document) else None,
    )
