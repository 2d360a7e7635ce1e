"""The page of a customer that says why, why not, and what is next: in one journey, now or as it
was at a moment. The answer and its words are those of the command and the API.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config import why
from journeys.admin.words import STATE_TONES, STATES
from journeys.models import Journey
from journeys.queries.customer import concerned
from journeys.queries.explain import explain
from profiles.admin.base import (
    GHOSTS,
    BaseAdmin,
    Refused,
    customer_pages,
    line_notes,
    now,
    word,
)
from profiles.models import Customer

SHOWN = dt.timedelta(milliseconds=1)
"""The timeline tells instants to this."""
DATED = ("decision", "message", "trigger")
"""Checks of something that happened; the others are of this moment."""


def page(customers: BaseAdmin, request: HttpRequest, customer: Customer) -> HttpResponse:
    if not request.user.has_perm("journeys.view_enrollment"):
        raise PermissionDenied
    known = list(Journey.objects.only("slug", "title", "state").order_by("title", "slug"))
    status = 200
    try:
        answer = _answer(request, customer, known)
    except Refused as refusal:
        answer, status = {"refusal": str(refusal)}, refusal.status
    context = {
        "original": customer,
        "title": _("Why? %s") % customer,
        "zone": settings.SOJOURN_TIME_ZONE,
        "asked_journey": request.GET.get("journey", ""),
        "asked_at": request.GET.get("at", ""),
        "journeys": _choices(customer, known),
        **answer,
    }
    return customers.page(request, "admin/journeys/why/page.html", context, status=status)


def _choices(customer: Customer, known: list[Journey]) -> list[dict[str, Any]]:
    """Every journey, those that have decided something about the customer first."""
    met = set(concerned(customer.pk))
    return [
        {
            "journey": journey,
            "met": journey.pk in met,
            "state": word(STATES, journey.state),
            "tone": STATE_TONES[journey.state],
            "url": "?" + urlencode({"journey": journey.slug}),
        }
        for journey in sorted(known, key=lambda each: each.pk not in met)
    ]


def _answer(request: HttpRequest, customer: Customer, known: list[Journey]) -> dict[str, Any]:
    """What the page tells; nothing while no journey is chosen. Raises Refused."""
    at = _moment(request.GET.get("at", "").strip())
    slug = request.GET.get("journey", "")
    if not slug:
        return {}
    journey = next((each for each in known if each.slug == slug), None)
    if journey is None:
        raise Refused(
            "not_found", _("There is no journey “%(slug)s”.") % {"slug": slug}, status=404
        )
    found = explain(customer.pk, journey, now=now(), at=at, language=get_language() or "en")
    told = [_line(line, request) for line in why.lines(found, _local)]
    return {
        "journey": journey,
        "state": word(STATES, journey.state),
        "state_tone": STATE_TONES[journey.state],
        "at": at,
        "asked_at": _typed(at) if at else "",
        "coming": why.coming(found, _local),
        "walks": [_walk(each) for each in found["position"]],
        "checks": [line for line in told if line["check"] not in ("decision", "message")],
        "decisions": [line for line in told if line["check"] == "decision"],
        "planned": [line for line in told if line["check"] == "message"],
    }


def _moment(text: str) -> dt.datetime | None:
    """The past moment that was typed, in the workspace's zone unless it names one itself."""
    if not text:
        return None
    refusal = _("“%(text)s” is not a moment such as 2026-12-01T10:00.") % {"text": text}
    try:
        at = dt.datetime.fromisoformat(text)
        at = (at if at.tzinfo else timezone.make_aware(at)).astimezone(dt.UTC)
        timezone.localtime(at)
    except (ValueError, OverflowError):
        raise Refused("invalid", refusal) from None
    if at > now():
        raise Refused("invalid", _("%s is still to come: choose a moment of the past.") % text)
    return at


def _typed(at: dt.datetime) -> str:
    """The moment as the browser's field takes it."""
    local = timezone.localtime(at).replace(tzinfo=None)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _local(text: str) -> str:
    local = timezone.localtime(dt.datetime.fromisoformat(text))
    return formats.date_format(local, _("j M Y, H:i"))


def _line(line: why.Line, request: HttpRequest) -> dict[str, Any]:
    messages = reverse("admin:channels_message_changelist")
    link = line.message and request.user.has_perm("channels.view_message")
    return {
        **line._asdict(),
        "at": dt.datetime.fromisoformat(line.at) if line.at and line.check in DATED else None,
        "url": f"{messages}?{urlencode({'q': line.message})}" if link else "",
    }


def _walk(place: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": why.stands(
            place["step"], place["due_at"], place["waits_for"], place["call"], _local
        ),
        "since": dt.datetime.fromisoformat(place["since"]),
        "ghost": word(GHOSTS, place["ghost"]) if place["ghost"] else "",
        "arms": place["arms"].items(),
        "key": place["key"],
    }


def lead_here(request: HttpRequest, customer_id: int, lines: Sequence[dict[str, Any]]) -> None:
    """From what a journey decided or sent to why it did, as things stood at that moment."""
    if not request.user.has_perm("journeys.view_enrollment"):
        return
    url = reverse("admin:profiles_customer_why", args=[customer_id])
    for line in lines:
        journey = line["detail"].get("journey")
        if journey and line["kind"] in ("decision", "journey", "message"):
            asked = urlencode({"journey": journey, "at": (line["at"] + SHOWN).isoformat()})
            line["links"].append((_("Why?"), f"{url}?{asked}"))


customer_pages["why"] = page
line_notes.append(lead_here)
