"""What the customer's page says of channels: addresses that are blocked, and push devices."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from channels.admin.words import CLOSED, SUPPRESSIONS
from channels.models import Device
from channels.queries import contact
from channels.queries.overview import suppressed
from profiles.admin.base import (
    CHANNELS,
    Fact,
    Panel,
    chip,
    customer_facts,
    customer_panels,
    now,
    word,
)


def reach(request: HttpRequest, customer_id: int) -> Panel:
    """Suppressed addresses, live devices, and the way to the customer's messages."""
    devices = Device.objects.filter(customer_id=customer_id, removed_at__isnull=True).order_by(
        "-last_seen_at"
    )
    context = {
        "suppressed": [
            {
                "channel": word(CHANNELS, row.channel),
                "address": row.address,
                "reason": word(SUPPRESSIONS, row.reason),
                "at": row.at,
            }
            for row in suppressed(customer_id)
        ],
        "devices": list(devices[:5]),
        "messages_url": reverse("admin:channels_message_changelist") + f"?customer={customer_id}",
        "may_see": request.user.has_perm("channels.view_message"),
    }
    return Panel("admin/channels/panel.html", context)


def facts(request: HttpRequest, customer_id: int) -> Iterator[Fact]:
    """By which channels the customer can be reached or why not, and where and when they look."""
    at = now()
    if ways := contact.ways(customer_id, now=at):
        yield Fact(_("Can be reached"), [_way(way) for way in ways])
    found = contact.looks(customer_id, now=at)
    if found is None:
        note = _("looked at nothing in the last half year")
        yield Fact(_("Preferred channel and hour"), [_("not known yet")], note)
        return
    hours = f"{found.hour:02}:00–{(found.hour + 1) % 24:02}:00"
    told = {"seen": found.seen, "sent": found.sent}
    note = _("looked at %(seen)s of %(sent)s by this channel; the hour is their own") % told
    yield Fact(_("Preferred channel and hour"), [f"{word(CHANNELS, found.channel)}, {hours}"], note)


def _way(way: contact.Way) -> SafeString:
    channel = word(CHANNELS, way.channel)
    if not way.closed:
        return chip(channel, "success")
    return chip(f"{channel}: {word(CLOSED, way.closed)}", "muted")


customer_facts.append(facts)
customer_panels.append(reach)
