"""Journeys in the shape that the management API promises."""

from typing import Any

from journeys.core import source as text
from journeys.models import Journey, Version
from profiles.core.answers import instant_text


def one(slug: str) -> dict[str, Any] | None:
    """A journey with its versions; None if there is none."""
    journey = Journey.objects.select_related("live_version").filter(slug=slug).first()
    return _shape(journey, versions=True) if journey else None


def page(*, after: str, limit: int) -> list[dict[str, Any]]:
    """Journeys by name, without their versions."""
    found = (
        Journey.objects.select_related("live_version")
        .filter(slug__gt=after)
        .order_by("slug")[:limit]
    )
    return [_shape(journey, versions=False) for journey in found]


def source(slug: str) -> str:
    """The draft as its author typed it."""
    return Journey.objects.values_list("source", flat=True).get(slug=slug)


def using_segment(slug: str) -> list[str]:
    """The journeys whose customers or triggers need a segment; stopped ones need none."""
    running = Journey.objects.filter(live_version__isnull=False).exclude(state="stopped")
    found = running.order_by("slug").values_list("slug", "live_version__document")
    return [name for name, document in found if _names_segment(document, slug)]


def _names_segment(value: Any, slug: str) -> bool:
    if isinstance(value, dict):
        return value.get("segment") == slug or any(_names_segment(v, slug) for v in value.values())
    return isinstance(value, list) and any(_names_segment(each, slug) for each in value)


def _shape(journey: Journey, *, versions: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "journey": journey.slug,
        "title": journey.title,
        "state": journey.state,
        "revision": journey.revision,
        "version": journey.live_version.number if journey.live_version else None,
        "document": text.read(journey.source).value,
    }
    if versions:
        shape["versions"] = [
            _version(each) for each in Version.objects.filter(journey=journey).order_by("-number")
        ]
    return shape


def _version(version: Version) -> dict[str, Any]:
    return {
        "version": version.number,
        "published_at": instant_text(version.published_at),
        "by": version.by,
        "note": version.note,
        "override": version.override,
    }
