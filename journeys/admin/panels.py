"""What the customer's page says of journeys: where the customer walks and walked, and why."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Value, When
from django.http import HttpRequest
from django.urls import reverse

from journeys.admin.words import DECISIONS, KINDS, STATUS_TONES, STATUSES
from journeys.core.plan import Plan
from journeys.models import Enrollment, Journey, Wait
from journeys.queries import plans
from profiles.admin.base import GHOSTS, Panel, customer_panels, decision_words, reason, word

SHOWN = 10
MANY = 15
"""A map of more steps is folded."""


def walks(request: HttpRequest, customer_id: int) -> Panel:
    """The latest walks, those under way first; nothing is read for who may not see them."""
    if not request.user.has_perm("journeys.view_enrollment"):
        return Panel("admin/journeys/panel.html", {"may_see": False}, wide=True)
    found = _latest(customer_id)
    why = reverse("admin:profiles_customer_why", args=[customer_id])
    under_way, ended = _sorted(found[:SHOWN], why)
    context = {
        "may_see": True,
        "may_change": request.user.has_perm("journeys.change_enrollment"),
        "walks": under_way,
        "ended": ended,
        "others": [(each, f"{why}?{_query(each)}") for each in _others(customer_id)],
        "why_url": why,
        "more": reverse("admin:journeys_enrollment_changelist") + f"?q={customer_id}"
        if len(found) > SHOWN
        else "",
    }
    return Panel("admin/journeys/panel.html", context, wide=True)


def _latest(customer_id: int) -> list[Enrollment]:
    """One more than is shown."""
    first = Case(When(status="active", then=Value(0)), default=Value(1))
    rows = Enrollment.objects.filter(customer_id=customer_id).select_related("journey", "version")
    return list(rows.order_by(first, "-id")[: SHOWN + 1])


def _sorted(
    rows: Sequence[Enrollment], why: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The walks under way, and those that have ended; only the last one of these can be begun
    again.
    """
    active = [row for row in rows if row.status == "active"]
    loaded = plans.of_versions(row.version_id for row in active)
    waits: dict[int, list[str]] = {}
    for number, event in Wait.objects.filter(
        enrollment_id__in=[row.pk for row in active]
    ).values_list("enrollment_id", "event"):
        waits.setdefault(number, []).append(event)
    under_way = [
        _walk(row, why) | _place(row, loaded[row.version_id].plan, sorted(waits.get(row.pk, [])))
        for row in active
    ]
    taken = {(row.journey_id, row.key) for row in active}
    ended = []
    for row in rows[len(active) :]:
        last = (row.journey_id, row.key) not in taken and row.journey.state == "live"
        taken.add((row.journey_id, row.key))
        ended.append(_walk(row, why) | {"again": last})
    return under_way, ended


def _others(customer_id: int) -> list[Journey]:
    """Journeys that the customer could be in and never was."""
    walked = Enrollment.objects.filter(customer_id=customer_id).values("journey_id")
    live = Journey.objects.filter(state="live").exclude(pk__in=walked)
    return list(live.only("slug", "title").order_by("title", "slug")[:SHOWN])


def _query(journey: Journey) -> str:
    return urlencode({"journey": journey.slug})


def _walk(row: Enrollment, why: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "journey": row.journey,
        "version": row.version.number,
        "status": word(STATUSES, row.status),
        "tone": STATUS_TONES.get(row.status, "none"),
        "entered_at": row.entered_at,
        "left_at": row.left_at,
        "reason": reason(row.left_reason) if row.status == "left" else "",
        "converted_at": row.converted_at,
        "ghost": word(GHOSTS, row.ghost) if row.ghost else "",
        "key": row.key,
        "journey_url": reverse("admin:journeys_journey_change", args=[row.journey.slug]),
        "url": reverse("admin:journeys_enrollment_change", args=[row.pk]),
        "why_url": f"{why}?{_query(row.journey)}",
    }


def _place(row: Enrollment, plan: Plan, events: list[str]) -> dict[str, Any]:
    """Where a walk under way stands, as a map of its version."""
    steps = [_step(row, step.id, step.kind) for step in plan.steps]
    return {
        "step": row.step,
        "visit": row.visit,
        "since": row.step_at,
        "due_at": row.due_at,
        "events": events,
        "map": steps,
        "folded": len(steps) > MANY,
        "targets": [step for step in steps if not step["here"]],
    }


def _step(row: Enrollment, id: str, kind: str) -> dict[str, Any]:
    here, times = id == row.step, row.visits.get(id, 0)
    return {
        "id": id,
        "kind": word(KINDS, kind),
        "here": here,
        "done": bool(times) and not here,
        "times": times if times > 1 else 0,
        "icon": "my_location" if here else "check" if times else "radio_button_unchecked",
    }


customer_panels.append(walks)
decision_words["journeys"] = DECISIONS
