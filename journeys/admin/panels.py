"""What the customer's page says of journeys: where the customer walks and walked."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from journeys.admin.words import DECISIONS, STATUS_TONES, STATUSES
from journeys.models import Enrollment
from profiles.admin.base import GHOSTS, Panel, customer_panels, decision_words, word

SHOWN = 10


def walks(request: HttpRequest, customer_id: int) -> Panel:
    """The latest walks, those under way first."""
    rows = Enrollment.objects.filter(customer_id=customer_id).select_related("journey", "version")
    found = list(rows.order_by("-id")[: SHOWN + 1])
    found.sort(key=lambda row: row.status != "active")
    url = reverse("admin:journeys_enrollment_changelist")
    context = {
        "rows": [_row(row) for row in found[:SHOWN]],
        "more": f"{url}?q={customer_id}" if len(found) > SHOWN else "",
        "may_see": request.user.has_perm("journeys.view_enrollment"),
    }
    return Panel("admin/journeys/panel.html", context, wide=True)


def _row(row: Enrollment) -> dict[str, Any]:
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
    }


customer_panels.append(walks)
decision_words["journeys"] = DECISIONS
