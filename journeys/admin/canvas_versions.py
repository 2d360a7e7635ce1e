"""The versions of a journey on its canvas: what distinguishes two of them, and the way back."""

from typing import Any, NamedTuple

import msgspec
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from journeys.core import source
from journeys.core.difference import difference
from journeys.core.document import parse
from journeys.core.fields import fields
from journeys.core.problem import DocumentError
from journeys.models import Journey
from journeys.queries.enrollments import standing
from profiles.admin.base import Refused

DRAFT = "draft"
CHANGES = ("added", "changed", "removed", "same")


class Restore(msgspec.Struct, forbid_unknown_fields=True):
    """The number of the version, and the revision of the draft that it replaces."""

    version: int
    revision: int


class _Text(NamedTuple):
    """One side of a comparison: a version's number, or none for the draft."""

    number: int | None
    source: str


def versions(request: HttpRequest, row: Journey) -> dict[str, Any]:
    """Without "of" the list, the newest first; with it two of them side by side."""
    asked = [request.GET.get(side, "") for side in ("old", "new")]
    if any(asked):
        return _compared(row, *(_text(row, side) for side in asked))
    rows = row.versions.order_by("-number").defer("document", "source")
    return {
        "items": [
            {
                "number": each.number,
                "published": formats.date_format(
                    timezone.localtime(each.published_at), _("j M Y, H:i")
                ),
                "by": each.by,
                "note": each.note,
                "live": each.pk == row.live_version_id,
            }
            for each in rows
        ]
    }


def _text(row: Journey, side: str) -> _Text:
    if side == DRAFT:
        return _Text(None, row.source)
    found = row.versions.filter(number=side).first() if _is_number(side) else None
    if found is None:
        raise Refused("not_found", _("There is no version %s.") % side, status=404)
    return _Text(found.number, found.source)


def _is_number(side: str) -> bool:
    return side.isdecimal() and len(side) < 9


def _compared(row: Journey, old: _Text, new: _Text) -> dict[str, Any]:
    try:
        found = difference(parse(old.source), parse(new.source))
    except DocumentError as error:
        message = _("The draft cannot be compared while it cannot be read: %s")
        raise Refused("invalid", message % error, status=422) from error
    here = standing(row.pk, row.live_version_id) if row.live_version_id else {}
    texts = [source.read(each.source).value for each in (old, new)]
    return {
        "old": old.source,
        "new": new.source,
        "steps": [
            {"id": id, "change": change, "standing": here.get(id, 0)}
            for change in CHANGES
            for id in getattr(found, change)
        ],
        "fields": [each._asdict() for each in fields(*texts)],
    }
