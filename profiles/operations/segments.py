"""Saves and removes segments. Whoever saves over a revision that is not the latest is told so."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from profiles.core.answers import Refused
from profiles.core.conditions import Condition, ConditionError, Vocabulary, parse, references
from profiles.core.problems import Problem
from profiles.models import Segment
from profiles.queries import segments
from profiles.queries.conditions import known_channels

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def check(condition: Any, *, slug: str = "") -> list[Problem]:
    """Every problem of a condition that the segment `slug` would have."""
    known = Vocabulary(channels=known_channels(), segments=segments.slugs() - {slug})
    try:
        found = parse(condition, path="condition", entry_allowed=False, vocabulary=known)
    except ConditionError as error:
        return list(error.problems)
    circle = _circle(slug, references(found).segments)
    return [Problem("condition", "circle", circle)] if circle else []


@transaction.atomic
def save(
    slug: str,
    *,
    title: str,
    condition: Any,
    revision: int | None,
    now: dt.datetime,
    source: str = "",
    document: str = "",
) -> Segment:
    """Create (`revision` None) or replace a segment; a new condition has everybody looked at.

    `source` is the condition as somebody typed it, `document` the file it comes from. Raises
    Refused.
    """
    if not SLUG.fullmatch(slug):
        message = _("A segment's name is of small letters, digits, - and _, such as big-spenders.")
        raise Refused("invalid", message, status=422)
    segment = Segment.objects.select_for_update().filter(slug=slug).first()
    _compare(segment, revision)
    if problems := check(condition, slug=slug):
        raise Refused("invalid", problems[0].message, status=422, problems=problems)
    segment = segment or Segment(slug=slug, created_at=now)
    if segment.pk is None or segment.condition != condition:
        segment.building, segment.built_upto = True, 0
    segment.title, segment.condition, segment.source = title, condition, source
    segment.document, segment.updated_at = document, now
    segment.revision += 1
    _keep(segment)
    return segment


@transaction.atomic
def remove(slug: str) -> None:
    """Remove a segment that nothing needs. Raises Refused."""
    segment = Segment.objects.select_for_update().filter(slug=slug).first()
    if segment is None:
        raise unknown(slug)
    if users := segments.needed_by(slug):
        message = _("The segment %(slug)s is needed by %(users)s: change them first.")
        raise Refused("state", message % {"slug": slug, "users": ", ".join(users)}, status=409)
    segment.delete()


def missing(condition: Condition, known: Iterable[str]) -> frozenset[str]:
    """The segments that a condition looks at and that are not there."""
    return references(condition).segments.difference(known)


def unknown(slug: str) -> Refused:
    message = _("There is no segment %(slug)s.") % {"slug": slug}
    return Refused("not_found", message, status=404)


def _compare(segment: Segment | None, revision: int | None) -> None:
    if segment is not None and revision != segment.revision:
        raise _overtaken(segment.revision)
    if segment is None and revision not in (None, 0):
        message = _("There is no such segment: save it with revision null to create it.")
        raise Refused("not_found", message, status=404)


def _overtaken(revision: int) -> Refused:
    message = _("Somebody saved revision %(theirs)s meanwhile: load it, then save again.")
    return Refused("conflict", message % {"theirs": revision}, status=409)


def _keep(segment: Segment) -> None:
    """Of several who create one segment at the same time, the first succeeds."""
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        raise _overtaken(segment.revision) from error


def _circle(slug: str, looks_at: Iterable[str]) -> str:
    """A sentence when the segment would, through others, depend on itself; else nothing."""
    others = {each.slug: each.looks_at.segments for each in segments.current().by_id.values()}
    seen: set[str] = set()
    waiting = list(looks_at)
    while waiting:
        name = waiting.pop()
        if name == slug:
            return _("The segment %(slug)s would depend on itself.") % {"slug": slug}
        if name not in seen:
            seen.add(name)
            waiting.extend(others.get(name, ()))
    return ""
