"""SendGrid's signed Event Webhook: a JSON array of events, in any order and more than once."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from channels.adapters.base import (
    CLOSED,
    TOO_LARGE,
    Malformed,
    RawRequest,
    Refusal,
    json_body,
    refusal,
    too_large,
)
from channels.core import webhook_signature
from channels.core.message import AccountSettings
from channels.core.receipt import Bounce, Receipt, ReceiptKind, instant, plain

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

WORDS: Mapping[str, ReceiptKind] = {
    "processed": "queued",
    "deferred": "deferred",
    "delivered": "delivered",
    "bounce": "bounced",
    "dropped": "failed",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
BOUNCES: Mapping[str, Bounce] = {"bounce": "hard", "blocked": "soft"}
# A mail dropped for these reasons was never tried because the address is known to be dead.
DEAD_ADDRESS = frozenset({"Bounced Address", "Invalid"})
KEPT = (
    "reason", "status", "response", "attempt", "type", "bounce_classification", "url", "useragent",
    "ip", "asm_group_id",
)  # fmt: skip


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Is it SendGrid, and is it recent? Without a configured key nothing is let in."""
    key = account.options.get("webhook_public_key", "")
    if not key:
        return CLOSED
    if too_large(request):
        return TOO_LARGE
    return refusal(
        webhook_signature.sendgrid(
            key,
            signature=request.headers.get(SIGNATURE, ""),
            timestamp=request.headers.get(TIMESTAMP, ""),
            body=request.body,
            now=request.now.timestamp(),
        )
    )


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """The receipts in a verified body. Events of kinds we do not know are passed over."""
    events = json_body(request.body)
    if isinstance(events, Malformed):
        return events
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return Malformed(code="not_events", message="The body is not a list of events.")
    read = (_receipt(event, request) for event in events)
    return [receipt for receipt in read if receipt is not None]


def _receipt(event: dict[str, Any], request: RawRequest) -> Receipt | None:
    kind = WORDS.get(_text(event, "event"))
    if kind is None:
        return None
    return Receipt(
        key=_text(event, "sg_event_id") or _fingerprint(event),
        kind=kind,
        at=instant(event.get("timestamp"), now=request.now),
        message_uid=_text(event, "message_id") or None,
        provider_id=_text(event, "sg_message_id").partition(".")[0] or None,
        address=_text(event, "email"),
        bounce=_bounce(event, kind),
        machine=event.get("sg_machine_open") is True,
        detail={
            name: plain(value)
            for name in KEPT
            if (value := event.get(name)) is not None and value != ""
        },
    )


def _bounce(event: dict[str, Any], kind: ReceiptKind) -> Bounce:
    if kind == "bounced":
        return BOUNCES.get(_text(event, "type"), "soft")
    dead = kind == "failed" and _text(event, "reason") in DEAD_ADDRESS
    return "hard" if dead else ""


def _text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return plain(value) if isinstance(value, str) else ""


def _fingerprint(event: dict[str, Any]) -> str:
    """A key for an event that came without one: equal copies stay equal."""
    return hashlib.sha256(msgspec.json.encode(event, order="sorted")).hexdigest()
