"""What the customer's page says of journeys: where the customer walks and walked, and why."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from journeys.admin.words import DECISIONS, STATUS_TONES, STATUSES
from journeys.models import Enrollment, Journey
from profiles.admin.base import GHOSTS, Panel, customer_panels, decision_words, word

SHOWN = 10


def walks(request: HttpRequest, customer_id: int) -> Panel:
    """The latest walks, those under way first."""
    rows = Enrollment.objects.filter(customer_id=customer_id).select_related("journey", "version")
    found = list(rows.order_by("-id")[: SHOWN + 1])
    found.sort(key=lambda row: row.status != "active")
    url = reverse("admin:journeys_enrollment_changelist")
    why = reverse("admin:profiles_customer_why", args=[customer_id])
    context = {
        "rows": [_row(row, why) for row in found[:SHOWN]],
        "others": [(journey, f"{why}?journey={journey.slug}") for journey in _others(customer_id)],
        "why_url": why,
        "more": f"{url}?q={customer_id}" if len(found) > SHOWN else "",
        "may_see": request.user.has_perm("journeys.view_enrollment"),
    }
    return Panel("admin/journeys/panel.html", context, wide=True)


def _others(customer_id: int) -> list[Journey]:
    """Journeys that the customer could be in and never was."""
    walked = Enrollment.objects.filter(customer_id=customer_id).values("journey_id")
    live = Journey.objects.filter(state="live").exclude(pk__in=walked)
    return list(live.only("slug", "title").order_by("title", "slug")[:SHOWN])


def _row(row: Enrollment, why: str) -> dict[str, Any]:
    return {
        "journey": row.journey,
        "version": row.version.number,
        "status": word(STATUSES, row.status),
        "tone": STATUS_TONES.get(row.status, "none"),
        "step": row.step if row.status == "active" else "",
        "due_at": row.due_at if row.status == "active" else None,
        "entered_at": row.entered_at,
        "converted_at": row.converted_at,
        "ghost": word(GHOSTS, row.ghost) if row.ghost else "",
        "journey_url": reverse("admin:journeys_journey_change", args=[row.journey.slug]),
        "url": reverse("admin:journeys_enrollment_change", args=[row.pk]),
        "why_url": f"{why}?journey={row.journey.slug}",
    }


customer_panels.append(walks)
decision_words["journeys"] = DECISIONS
