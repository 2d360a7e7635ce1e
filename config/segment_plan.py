"""What applying segment files would change, and doing it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from django.db import transaction

from config.segment_files import SegmentFile
from journeys.core import source
from profiles.core.conditions import parse
from profiles.models import Segment
from profiles.operations import segments
from profiles.queries import audience
from profiles.queries.segments import sizes

Kind = Literal["new", "changed", "comments", "same"]


class SegmentChange(NamedTuple):
    """What a file means for its segment. `members` belong now, `would` after; None where that is
    not known before other files are applied. With `drift` somebody changed it in the admin.
    """

    file: SegmentFile
    kind: Kind
    drift: bool
    members: int
    would: int | None
    before: Segment | None


def plan(files: Iterable[SegmentFile], *, now: dt.datetime) -> list[SegmentChange]:
    """What each of the sound files would change."""
    files = list(files)
    known = {each.slug: each for each in Segment.objects.all()}
    counted = sizes()
    return [_change(file, known.get(file.slug), counted, known.keys(), now) for file in files]


def _change(
    file: SegmentFile,
    before: Segment | None,
    counted: dict[int, int],
    known: Iterable[str],
    now: dt.datetime,
) -> SegmentChange:
    kind = _kind(file, before)
    members = counted.get(before.pk, 0) if before else 0
    would: int | None = members
    if kind in ("new", "changed"):
        condition = parse(file.condition, entry_allowed=False)
        unknown = segments.missing(condition, known)
        would = None if unknown else audience.preview(condition, sample=0, now=now).number
    drift = before is not None and kind != "same" and not before.document
    return SegmentChange(file, kind, drift, members, would, before)


def _kind(file: SegmentFile, before: Segment | None) -> Kind:
    if before is None:
        return "new"
    if (before.condition, before.title) != (file.condition, file.title):
        return "changed"
    return "same" if before.document == file.text else "comments"


def apply(changes: Iterable[SegmentChange], *, now: dt.datetime) -> None:
    """Save what differs, all or none. Raises Refused."""
    with transaction.atomic():
        for change in changes:
            if change.kind != "same":
                segments.save(
                    change.file.slug,
                    title=change.file.title,
                    condition=change.file.condition,
                    revision=change.before.revision if change.before else None,
                    now=now,
                    document=change.file.text,
                )


def exported(slugs: Sequence[str] | None = None) -> dict[str, str]:
    """The text of each segment's file, as it was applied where nobody changed it since."""
    found = Segment.objects.order_by("slug")
    if slugs:
        found = found.filter(slug__in=slugs)
    return {each.slug: each.document or _written(each) for each in found}


def _written(segment: Segment) -> str:
    title = {"title": segment.title} if segment.title else {}
    return source.write({"segment": segment.slug, **title, "if": segment.condition})
