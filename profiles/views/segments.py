"""The management API's segment routes. Each parses, calls one operation or query, and answers."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query
from pydantic import BaseModel, Field

from profiles.core.answers import Refused, instant_text
from profiles.core.conditions import ConditionError, explain, parse
from profiles.models import Segment
from profiles.operations import segments as operations
from profiles.queries import audience, clock, segments

router = Router(tags=["segments"])

MOST = 1000


class SegmentIn(BaseModel):
    """A condition with a name. `revision` is the one that was read; null creates."""

    condition: dict[str, Any]
    title: str = Field("", max_length=200)
    revision: int | None = None


class PreviewIn(BaseModel):
    """A condition that nobody has saved."""

    condition: dict[str, Any]
    sample: int = Field(10, ge=0, le=100)


@router.get("/segments")
def list_segments(
    request: HttpRequest, cursor: str = "", limit: int = Query(50, ge=1, le=200)
) -> dict[str, Any]:
    """Segments by name, with how many belong to each."""
    found = segments.page(after=cursor, limit=limit + 1)
    sizes = segments.sizes()
    items = [_shape(each, sizes.get(each.pk, 0)) for each in found[:limit]]
    return {"items": items, "next": items[-1]["segment"] if len(found) > limit else None}


@router.post("/segments/preview")
def preview_segment(request: HttpRequest, body: PreviewIn) -> dict[str, Any]:
    """Who would belong: how many, by which channels, a sample, and what each rule costs."""
    if problems := operations.check(body.condition):
        raise Refused("invalid", problems[0].message, status=422, problems=problems)
    condition = parse(body.condition, entry_allowed=False)
    found = audience.preview(condition, sample=body.sample, now=clock.now())
    dropped = [{"rule": explain(rule), "customers": n} for rule, n in found.dropped_by_rule]
    return {
        "words": explain(condition),
        "count": found.number,
        "exact": found.exact,
        "reachable": found.reachable,
        "sample": found.sample,
        "dropped_by_rule": dropped,
    }


@router.get("/segments/{slug}")
def get_segment(request: HttpRequest, slug: str) -> dict[str, Any]:
    return _shape(_found(slug))


@router.put("/segments/{slug}")
def put_segment(request: HttpRequest, slug: str, body: SegmentIn) -> dict[str, Any]:
    """Create or replace. A new condition has every customer looked at anew."""
    saved = operations.save(
        slug,
        title=body.title,
        condition=body.condition,
        revision=body.revision,
        now=clock.now(),
    )
    return _shape(saved)


@router.delete("/segments/{slug}")
def delete_segment(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Remove a segment that no other segment and no journey needs."""
    operations.remove(slug)
    return {"segment": slug, "deleted": True}


@router.get("/segments/{slug}/members")
def list_members(
    request: HttpRequest,
    slug: str,
    cursor: int = Query(0, ge=0, le=2**62),
    limit: int = Query(100, ge=1, le=MOST),
) -> dict[str, Any]:
    """Members by the customer's number."""
    _found(slug)
    page = segments.members(slug, after=cursor, limit=limit + 1)
    items = [{"customer": customer, "since": instant_text(since)} for customer, since in page]
    following = page[limit - 1][0] if len(page) > limit else None
    return {"items": items[:limit], "next": following}


def _found(slug: str) -> Segment:
    segment = Segment.objects.filter(slug=slug).first()
    if segment is None:
        raise operations.unknown(slug)
    return segment


def _words(condition: Any) -> str:
    try:
        return explain(parse(condition, entry_allowed=False))
    except ConditionError as error:
        return str(error)


def _shape(segment: Segment, size: int | None = None) -> dict[str, Any]:
    return {
        "segment": segment.slug,
        "title": segment.title,
        "condition": segment.condition,
        "words": _words(segment.condition),
        "revision": segment.revision,
        "size": segments.sizes().get(segment.pk, 0) if size is None else size,
        "filled": not segment.building,
        "updated_at": instant_text(segment.updated_at),
    }
