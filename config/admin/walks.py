"""The walk of one customer on the canvas, moment by moment, in words; and whom to choose from."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import connection
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels.admin.preview import preview
from channels.admin.words import STATUSES
from config import walk, why
from journeys.admin.canvas import canvas_views
from journeys.models import Journey
from profiles.admin.base import CHANNELS, Refused, now, reason, word
from profiles.queries.find import find, names

FOUND = 12
LATEST = """
SELECT customer_id FROM (
    SELECT customer_id, max(id) AS last FROM (
        SELECT id, customer_id FROM journeys_enrollment WHERE journey_id = %s
        ORDER BY id DESC LIMIT 200
    ) AS lately GROUP BY customer_id
) AS latest ORDER BY last DESC LIMIT %s
"""


def customers(request: HttpRequest, row: Journey) -> dict[str, Any]:
    """Whom the words lead to; without words those who came in last."""
    _require(request, "profiles.view_customer")
    term = request.GET.get("q", "").strip()
    ids = find(term)[:FOUND] if term else _lately(row)
    called = names(ids)
    return {"items": [{"id": each, "name": called[each]} for each in ids if each in called]}


def _lately(row: Journey) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [row.pk, FOUND])
        return [each[0] for each in cursor.fetchall()]


def follow(request: HttpRequest, row: Journey) -> dict[str, Any]:
    """The walk, moment by moment, in words."""
    _require(request, "profiles.view_customer", "journeys.view_enrollment", "channels.view_message")
    language = get_language() or "en"
    found = walk.walk(row.slug, _wanted(request), now=now(), language=language)
    return {
        "entered": found["entered"],
        "entry": found["entry"],
        "event": found["event"],
        "name": names([found["customer"]]).get(found["customer"], ""),
        "moments": sorted([*_decided(found), *_sent(found)], key=lambda each: each["at"]),
        "ended": _ended(found["ended"]),
    }


def _require(request: HttpRequest, *rights: str) -> None:
    if not request.user.has_perms(rights):
        raise Refused("forbidden", _("You may not do this."), status=403)


def _wanted(request: HttpRequest) -> walk.Wanted:
    given = request.GET
    customer, days = given.get("customer", ""), given.get("days", "30")
    if not (customer.isdecimal() and len(customer) < 19):
        raise Refused("invalid", _("Choose a customer."), status=422)
    if not (days.isdecimal() and len(days) < 4):
        raise Refused(
            "invalid", _("A walk is followed for 1 to 365 days: say how many."), status=422
        )
    return walk.Wanted(
        int(customer), _start(given.get("start", "")), days=int(days), live="live" in given,
        entry=_entry(given.get("entry", "")),
    )  # fmt: skip


def _start(text: str) -> dt.datetime:
    """In the workspace's zone, which the admin puts in force; now where nothing is said."""
    if not text:
        return now()
    try:
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo else timezone.make_aware(at)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        message = _("“%(text)s” is not a moment such as 2026-12-01T10:00.") % {"text": text}
        raise Refused("invalid", message, status=422) from None


def _entry(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        message = _('Write the properties as JSON, such as {"cart_id": "c-1"}.')
        raise Refused("invalid", message, status=422) from None


def _decided(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    told = why.lines(found, _local)
    for check, line in zip(found["checks"], told, strict=True):
        yield {
            "at": check["at"], "when": _local(check["at"]), "step": check["step"],
            "text": line.text, "passed": line.passed, "criteria": check["criteria"],
            "inputs": [list(each) for each in line.inputs], "message": None,
        }  # fmt: skip


def _sent(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What became of each message, when it left or did not."""
    for each in found["messages"]:
        at = each["sent_at"] or each["created_at"]
        status = str(STATUSES.get(each["status"], each["status"]))
        yield {
            "at": at, "when": _local(at), "step": each["step"], "criteria": [], "inputs": [],
            "text": f"{status}: {reason(each['reason'])}" if each["reason"] else status,
            "passed": each["status"] not in ("skipped", "failed", "expired"),
            "message": _letter(each),
        }  # fmt: skip


def _letter(message: dict[str, Any]) -> dict[str, str] | None:
    """As its reader would see it; what was not written has no text."""
    if not (message["subject"] or message["text"] or message["html"]):
        return None
    return {
        "channel": word(CHANNELS, message["channel"]),
        "to": message["to"],
        "subject": message["subject"],
        "text": message["text"],
        "html": preview(message["html"]) if message["html"] else "",
    }


def _ended(ended: dict[str, Any] | None) -> dict[str, Any] | None:
    if ended is None:
        return None
    return {"status": ended["status"], "reason": reason(ended["reason"]) if ended["reason"] else ""}


def _local(text: str) -> str:
    local = timezone.localtime(dt.datetime.fromisoformat(text))
    return formats.date_format(local, _("j M Y, H:i"))


canvas_views |= {"walk": {"GET": follow}, "customers": {"GET": customers}}
