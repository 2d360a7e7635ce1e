"""Saves and removes templates. Every save that changes something is a new version.

Journeys keep what they published: a new version reaches them when they are published again.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.core.blocks import BlockProblem, expanded, gathered
from channels.core.content import misshapen, wrong_texts
from channels.models import Template, TemplateVersion
from channels.queries.templates import found as template
from channels.queries.templates import whole
from profiles.core.answers import Refused
from profiles.core.problems import Problem

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def check(content: Any, *, slug: str = "") -> list[Problem]:
    """Every problem of a content that the template `slug` would have."""
    found = list(misshapen(content)) or list(_said(content, slug))
    return [Problem(path, code, message) for path, code, message in found]


@transaction.atomic
def save(
    slug: str,
    *,
    title: str,
    content: Mapping[str, Any],
    revision: int | None,
    by: str,
    now: dt.datetime,
    note: str = "",
    source: str = "",
) -> Template:
    """Create (`revision` None) or replace; `revision` is the version that was read, `source` what
    somebody typed. What stands already makes no version. Raises Refused.
    """
    _named(slug)
    found = Template.objects.select_for_update().filter(slug=slug).first()
    _compare(found, revision)
    if problems := check(content, slug=slug):
        raise Refused("invalid", problems[0].message, status=422, problems=problems)
    found = found or Template(slug=slug, created_at=now)
    if not _differs(found, title, content, source):
        return found
    found.title, found.body, found.source = title, dict(content), source
    found.updated_at, found.removed_at = now, None
    found.version += 1
    _keep(found)
    TemplateVersion.objects.create(
        template=found, number=found.version, title=title, body=found.body, by=by, note=note, at=now
    )
    return found


def _differs(found: Template, title: str, content: Mapping[str, Any], source: str) -> bool:
    new = found.pk is None or found.removed_at is not None
    return new or (found.title, found.body, found.source) != (title, content, source)


@transaction.atomic
def remove(slug: str, *, now: dt.datetime) -> None:
    """Nobody can name it from now on; what was published with it goes on. Raises Refused."""
    found = Template.objects.select_for_update().filter(slug=slug, removed_at=None).first()
    if found is None:
        raise unknown(slug)
    found.removed_at = found.updated_at = now
    found.save()


def composed(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a step's content is today: its template and blocks in place. Raises Refused."""
    try:
        return whole(body)
    except KeyError:
        raise unknown(str(body.get("template", ""))) from None
    except BlockProblem as error:
        raise Refused("invalid", str(error), status=422) from error


def unknown(slug: str) -> Refused:
    message = _("There is no template %(slug)s.") % {"slug": slug}
    return Refused("not_found", message, status=404)


def _named(slug: str) -> None:
    if not SLUG.fullmatch(slug):
        message = _("A template's name is of small letters, digits, - and _, such as spring-sale.")
        raise Refused("invalid", message, status=422)


def _said(content: Mapping[str, Any], slug: str) -> Iterator[tuple[str, str, str]]:
    """What keeps the blocks from being put in, and what is wrong once they are."""
    around = gathered(content, lambda name: content if name == slug else template(name))
    try:
        whole = expanded(content, around)
    except BlockProblem as error:
        field, _colon, sentence = str(error).partition(": ")
        yield field, "block", sentence[:1].upper() + sentence[1:]
        return
    yield from wrong_texts(whole)


def _compare(found: Template | None, revision: int | None) -> None:
    there = found is not None and found.removed_at is None
    if found is not None and there and revision != found.version:
        raise _overtaken(found.version)
    if not there and revision not in (None, 0):
        message = _("There is no such template: save it with revision null to create it.")
        raise Refused("not_found", message, status=404)


def _overtaken(revision: int) -> Refused:
    message = _("Somebody saved revision %(theirs)s meanwhile: load it, then save again.")
    return Refused("conflict", message % {"theirs": revision}, status=409)


def _keep(found: Template) -> None:
    """Of several who create one template at the same time, the first succeeds."""
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        raise _overtaken(found.version) from error
