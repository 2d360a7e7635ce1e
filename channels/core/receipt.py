"""One vocabulary for what providers report back. Each adapter maps its provider's words into it.

A receipt's `key` is the same for every copy of one report, so a repeated callback changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

ReceiptKind = Literal[
    "queued",
    "sent",
    "delivered",
    "deferred",
    "opened",
    "clicked",
    "bounced",
    "complained",
    "unsubscribed",
    "failed",
    "replied",
]
Bounce = Literal["", "hard", "soft"]

KINDS: Mapping[ReceiptKind, str] = {
    "queued": "the provider has it in its queue",
    "sent": "handed on towards the customer",
    "delivered": "taken by the customer's mailbox, carrier or device",
    "deferred": "put off by the receiving side; the provider keeps trying",
    "opened": "displayed",
    "clicked": "a link in it was followed",
    "bounced": "came back: hard for ever, soft for now",
    "complained": "reported as spam",
    "unsubscribed": "the customer asked for no more",
    "failed": "given up by the provider",
    "replied": "the customer wrote back",
}

# The event each kind becomes in the customer's log; kinds without one are kept with the message.
EVENTS: Mapping[ReceiptKind, str] = {
    "delivered": "message.delivered",
    "opened": "message.opened",
    "clicked": "message.clicked",
    "bounced": "message.bounced",
    "complained": "message.complained",
    "unsubscribed": "message.unsubscribed",
    "failed": "message.failed",
    "replied": "message.replied",
}

OWN = "sojourn"
"""The source of what our own pixels, links, pages and nightly looks tell."""
TEXT_LIMIT = 500
FUTURE_LIMIT = timedelta(minutes=5)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One report about one message (or, without one, about an address).

    `message_uid` is our own id where the provider echoed it, as text that may be anything: look it
    up, never trust its form. `at` is aware UTC. `machine` marks opens and clicks made by software.
    `channel` is the address's where an account may hear of several; else it is the account's.
    A reply carries `detail["text"]` and `detail["intent"]` (stop, start, help or '').
    """

    key: str
    kind: ReceiptKind
    at: datetime
    message_uid: str | None = None
    provider_id: str | None = None
    address: str = ""
    channel: str = ""
    bounce: Bounce = ""
    machine: bool = False
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


def as_stop(cause: Receipt) -> Receipt:
    """The same report once more, as the wish of the customer that it carries."""
    return msgspec.structs.replace(cause, key=f"{cause.key}:unsubscribed", kind="unsubscribed")


def plain(value: object, *, limit: int = TEXT_LIMIT) -> str:
    """A provider's word as text that PostgreSQL can store: no NUL, no lone surrogate, not long."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    if len(text) <= limit and text.isascii() and "\x00" not in text:
        return text
    return text[:limit].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def instant(seconds: object, *, now: datetime) -> datetime:
    """A provider's Unix time as an instant; what is missing, absurd or yet to come is `now`."""
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = int(seconds[:12])
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return now
    if not 0 < seconds < 1e11:
        return now
    at = datetime.fromtimestamp(seconds, UTC)
    return at if at <= now + FUTURE_LIMIT else now


def written_instant(text: object, *, now: datetime) -> datetime:
    """A time in ISO 8601 with its zone as an instant; anything else, and what `instant` refuses,
    is `now`.
    """
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return now
    return instant(moment.timestamp(), now=now)
