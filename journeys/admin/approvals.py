"""Asking for a journey to be published, and what its pages say about it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from journeys.admin.document import whole
from journeys.models import Journey, PublishRequest
from journeys.operations import four_eyes
from profiles.admin.base import now


def frame(request: HttpRequest, row: Journey, *, may_publish: bool) -> dict[str, Any]:
    """Who asks, who may answer, and what the last answer was."""
    last = PublishRequest.objects.filter(journey=row).order_by("-id").first()
    is_open = last is not None and last.state == "open"
    asked = last if last and is_open and last.revision == row.revision else None
    own = asked is not None and asked.by == request.user.get_username()
    strict = settings.SOJOURN_FOUR_EYES
    return {
        "asked": asked,
        "asked_by_me": own,
        "stale": last if is_open and asked is None else None,
        "declined": last if last and last.state == "declined" else None,
        "may_publish": may_publish and (not strict or (asked is not None and not own)),
        "may_decline": may_publish and asked is not None and not own,
        "must_ask": strict or not may_publish,
    }


def ask(request: HttpRequest, row: Journey) -> None:
    """Raises Refused."""
    four_eyes.ask(
        row, revision=whole(request, "revision"), by=request.user.get_username(),
        note=request.POST.get("note", "").strip(), now=now(),
    )  # fmt: skip


def decline(request: HttpRequest, row: Journey) -> None:
    """Raises Refused."""
    reason = request.POST.get("reason", "")
    four_eyes.decline(row, by=request.user.get_username(), reason=reason, now=now())
