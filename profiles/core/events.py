"""What an event is: a call that a client made, or an event that Sojourn writes itself."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

SYSTEM = "system"
"""The source of every event that Sojourn writes itself."""

SYSTEM_NAMES = frozenset(
    {
        "customer.created",
        "customer.merged",
        "consent.changed",
        "segment.entered",
        "segment.left",
        "lifecycle.changed",
        "journey.entered",
        "journey.requested",
        "journey.left",
        "journey.converted",
        "message.sent",
        "message.withheld",
        "message.skipped",
        "message.delivered",
        "message.opened",
        "message.clicked",
        "message.bounced",
        "message.complained",
        "message.unsubscribed",
        "message.failed",
        "message.replied",
    }
)
"""Names that clients may not use for events of their own."""

CALLS = ("identify", "track", "page", "screen", "group", "alias")
"""The kinds of call. All but `track` become events named after themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEvent:
    """An event that Sojourn writes. `at` is aware; `properties` are JSON values."""

    customer_id: int
    name: str
    at: datetime
    properties: dict[str, Any] = field(default_factory=dict)


class Incoming(msgspec.Struct, kw_only=True, gc=False):
    """A client's call, accepted. `call` is one of CALLS, `at` aware and corrected for skew.

    `properties` are the event's (the traits of an identify or group call). Ids are "" where absent,
    and so is `message_id`, which then protects from nothing.
    """

    call: str
    name: str
    at: datetime
    user_id: str = ""
    anonymous_id: str = ""
    previous_id: str = ""
    message_id: str = ""
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}
