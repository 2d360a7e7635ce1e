"""What the customer's timeline says of each message beside the event: what has become of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from channels.admin.words import STATUSES, status_tone
from channels.models import Message
from profiles.admin.base import chip, line_notes, word

BEGINNINGS = ("message.sent", "message.withheld", "message.skipped")
"""The events that tell of a message first; those that follow only lead to it."""


def messages(request: HttpRequest, customer_id: int, lines: Sequence[dict[str, Any]]) -> None:
    """One query for all lines; nothing for who may not see messages."""
    if not request.user.has_perm("channels.view_message"):
        return
    told = [(line, uid) for line in lines if (uid := _message(line)) is not None]
    if not told:
        return
    found = Message.objects.filter(uid__in={uid for _line, uid in told}, customer_id=customer_id)
    known = {each.uid: each for each in found}
    for line, uid in told:
        if (message := known.get(uid)) is None:
            continue
        url = reverse("admin:channels_message_change", args=[message.pk])
        line["links"].append((_("Message"), url))
        if line["name"] in BEGINNINGS:
            line["marks"] += _became(message)


def _message(line: dict[str, Any]) -> UUID | None:
    if line["kind"] != "message":
        return None
    try:
        return UUID(str(line["detail"].get("message", "")))
    except ValueError:
        return None


def _became(message: Message) -> list[SafeString]:
    """Its present status, and what the customer did with it."""
    marks = [chip(word(STATUSES, message.status), status_tone(message.status))]
    if message.opened_at:
        marks.append(chip(_("opened"), "success"))
    if message.clicked_at:
        marks.append(chip(_("clicked"), "success"))
    return marks


line_notes.append(messages)
