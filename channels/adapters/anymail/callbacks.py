"""Reports of Mailgun and Postmark; the other providers' are not read, and their door is closed.

Mailgun signs a time and a token, not what it reports: the token is the receipt's key, so that one
signature is good for one report. Postmark signs nothing and logs in with a name and a password.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
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
from channels.core.message import AccountSettings
from channels.core.receipt import FUTURE_LIMIT, Bounce, Receipt, ReceiptKind, instant, plain
from channels.core.webhook_signature import Verdict, fresh

# Mailgun repeats a failed callback for eight hours.
PAST, FUTURE = 12 * 3600, 300
METADATA = "message_id"

MAILGUN: Mapping[str, ReceiptKind] = {
    "accepted": "queued",
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
    "rejected": "failed",
}
# Of its `failed`: (severity, reason), then the severity alone.
FAILED: Mapping[tuple[str, str], tuple[ReceiptKind, Bounce]] = {
    ("permanent", "bounce"): ("bounced", "hard"),
    ("permanent", "suppress-bounce"): ("failed", "hard"),
    ("permanent", "suppress-complaint"): ("failed", ""),
    ("permanent", "suppress-unsubscribe"): ("failed", ""),
    ("permanent", ""): ("bounced", "soft"),
    ("temporary", ""): ("deferred", ""),
}
POSTMARK: Mapping[str, ReceiptKind] = {
    "Delivery": "delivered",
    "Open": "opened",
    "Click": "clicked",
    "SpamComplaint": "complained",
}
# The types of its `Bounce` and the reasons of its `SubscriptionChange`; others say nothing to us.
TYPES: Mapping[str, tuple[ReceiptKind, Bounce]] = {
    "HardBounce": ("bounced", "hard"),
    "BadEmailAddress": ("bounced", "hard"),
    "SoftBounce": ("bounced", "soft"),
    "Blocked": ("bounced", "soft"),
    "DMARCPolicy": ("bounced", "soft"),
    "SpamNotification": ("bounced", "soft"),
    "VirusNotification": ("bounced", "soft"),
    "Transient": ("deferred", ""),
    "DnsError": ("deferred", ""),
    "ManuallyDeactivated": ("failed", ""),
    "SMTPApiError": ("failed", ""),
    "TemplateRenderingFailed": ("failed", ""),
    "SpamComplaint": ("complained", ""),
    "Unsubscribe": ("unsubscribed", ""),
    "ManualSuppression": ("unsubscribed", ""),
}
TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")
KEPT: Mapping[str, str] = {
    "Type": "type",
    "Description": "reason",
    "Details": "response",
    "OriginalLink": "url",
    "SuppressionReason": "suppressed",
}


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Is it the account's provider? Without a configured secret nobody is let in."""
    options = account.options
    backend = options.get("backend", "").strip().lower()
    secret = options.get({"mailgun": "webhook_key", "postmark": "webhook_login"}.get(backend, ""))
    if not secret:
        return CLOSED
    if too_large(request):
        return TOO_LARGE
    return refusal(_signed(secret, request) if backend == "mailgun" else _named(secret, request))


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """The receipt in a verified body. Reports of kinds we do not know are passed over."""
    body = _object(request.body)
    if body is None:
        return Malformed(code="not_a_report", message="The body is not an object in JSON.")
    mailguns = account.options.get("backend", "").strip().lower() == "mailgun"
    receipt = _mailgun(body, request) if mailguns else _postmark(body, request)
    return [] if receipt is None else [receipt]


def _signed(key: str, request: RawRequest) -> Verdict:
    """HMAC-SHA256 over timestamp and token, in hexadecimal ("Securing webhooks")."""
    given = _part(_object(request.body) or {}, "signature")
    timestamp, token, signature = (
        _text(given, name) for name in ("timestamp", "token", "signature")
    )
    if not (timestamp and token and signature):
        return "unsigned"
    signed = (timestamp + token).encode("utf-8", "replace")
    digest = hmac.new(key.encode("utf-8", "replace"), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest.encode(), signature.encode("utf-8", "replace")):
        return "forged"
    now = request.now.timestamp()
    return "genuine" if fresh(timestamp, now=now, past=PAST, future=FUTURE) else "stale"


def _named(login: str, request: RawRequest) -> Verdict:
    """The user and password that stand in the callback's address."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if not given:
        return "unsigned"
    try:
        raw = base64.b64decode(given.strip().encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return "forged"
    same = hmac.compare_digest(raw, login.encode("utf-8", "replace"))
    return "genuine" if same and scheme.lower() == "basic" else "forged"


def _mailgun(body: dict[str, Any], request: RawRequest) -> Receipt | None:
    event = _part(body, "event-data")
    kind, bounce = _mailguns_word(event)
    if kind is None:
        return None
    status, client = _part(event, "delivery-status"), _part(event, "client-info")
    told = {
        "url": _text(event, "url"),
        "reason": _text(event, "reason"),
        "response": _text(status, "message") or _text(status, "description"),
        "code": plain(status.get("code")),
    }
    name = _text(_part(_part(event, "message"), "headers"), "message-id")
    return Receipt(
        key=_text(_part(body, "signature"), "token"),
        kind=kind,
        at=instant(event.get("timestamp"), now=request.now),
        message_uid=_text(_part(event, "user-variables"), METADATA) or None,
        provider_id=f"<{name.strip('<>')}>" if name else None,
        address=_text(event, "recipient"),
        bounce=bounce,
        machine=bool(_text(client, "bot")),
        detail={name: text for name, text in told.items() if text},
    )


def _mailguns_word(event: dict[str, Any]) -> tuple[ReceiptKind | None, Bounce]:
    word = _text(event, "event")
    if word != "failed":
        return MAILGUN.get(word), ""
    severity = _text(event, "severity")
    known = FAILED.get((severity, _text(event, "reason"))) or FAILED.get((severity, ""))
    return known or ("failed", "")


def _postmark(body: dict[str, Any], request: RawRequest) -> Receipt | None:
    kind, bounce = _postmarks_word(body)
    if kind is None:
        return None
    at = next((_text(body, name) for name in TIMES if _text(body, name)), "")
    return Receipt(
        key=hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest(),
        kind=kind,
        at=_moment(at, now=request.now),
        message_uid=_text(_part(body, "Metadata"), METADATA) or None,
        provider_id=_text(body, "MessageID") or None,
        address=_text(body, "Email") or _text(body, "Recipient"),
        bounce=bounce,
        detail={KEPT[name]: _text(body, name) for name in KEPT if _text(body, name)},
    )


def _postmarks_word(body: dict[str, Any]) -> tuple[ReceiptKind | None, Bounce]:
    record = _text(body, "RecordType")
    if record == "Bounce":
        return TYPES.get(_text(body, "Type"), (None, ""))
    if record == "SubscriptionChange":
        stopped = body.get("SuppressSending") is True
        return TYPES.get(_text(body, "SuppressionReason") if stopped else "", (None, ""))
    return POSTMARK.get(record), ""


def _moment(text: str, *, now: datetime) -> datetime:
    """A time in ISO 8601; what is missing, absurd or yet to come is `now`."""
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return now
    return at if at <= now + FUTURE_LIMIT else now


def _object(body: bytes) -> dict[str, Any] | None:
    found = json_body(body)
    return found if isinstance(found, dict) else None


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _text(whole: dict[str, Any], name: str) -> str:
    value = whole.get(name)
    return plain(value) if isinstance(value, str) else ""
