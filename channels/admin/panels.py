"""What the customer's page says of channels: addresses that are blocked, and push devices."""

from django.http import HttpRequest
from django.urls import reverse

from channels.models import Device
from channels.queries.overview import suppressed
from profiles.admin.base import CHANNELS, Panel, customer_panels, word


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
                "reason": row.reason,
                "at": row.at,
            }
            for row in suppressed(customer_id)
        ],
        "devices": list(devices[:5]),
        "messages_url": reverse("admin:channels_message_changelist") + f"?customer={customer_id}",
        "may_see": request.user.has_perm("channels.view_message"),
    }
    return Panel("admin/channels/panel.html", context)


customer_panels.append(reach)
