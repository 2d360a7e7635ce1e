"""Twilio's status callbacks and inbound messages: signed forms without a time of their own.

A replay repeats the receipt's key (message and status) and so changes nothing.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from channels.adapters.base import (
    CLOSED,
    TOO_LARGE,
    Malformed,
    RawRequest,
    Refusal,
    refusal,
    too_large,
)
from channels.core import sms, webhook_signature
from channels.core.message import AccountSettings
from channels.core.receipt import Bounce, Receipt, ReceiptKind, as_stop, plain

WORDS: Mapping[str, ReceiptKind] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "opened",
    "undelivered": "bounced",
    "failed": "failed",
    "canceled": "failed",
}
# Numbers that can never take a message of the channel; every other failure may pass.
HARD_ERRORS = frozenset({"30005", "30006", "63003", "63024"})
WHATSAPP = "whatsapp:"
OPTED_OUT = "21610"
REPLY_LIMIT = 2000


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Is it Twilio? Either auth token will do, so that they can be rotated."""
    options = account.options
    tokens = [options.get("auth_token", ""), options.get("auth_token_secondary", "")]
    if not any(tokens):
        return CLOSED
    if too_large(request):
        return TOO_LARGE
    return refusal(
        webhook_signature.twilio(
            tokens,
            url=request.url,
            content_type=request.headers.get("content-type", ""),
            body=request.body,
            signature=request.headers.get("x-twilio-signature", ""),
        )
    )


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """The receipts in a verified form: one status, or a reply and what it asks for."""
    pairs = webhook_signature.form_fields(request.body)
    if pairs is None:
        return Malformed(code="not_a_form", message="The body is not a URL-encoded form.")
    fields = {name: plain(value, limit=REPLY_LIMIT) for name, value in reversed(pairs)}
    sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
    if not sid:
        return Malformed(code="no_message_sid", message="The form names no MessageSid.")
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    if status.lower() in ("received", "receiving") or "Body" in fields:
        return _reply(sid, fields, request)
    return _status(sid, status.lower(), fields, request)


def _status(
    sid: str, status: str, fields: Mapping[str, str], request: RawRequest
) -> list[Receipt] | Malformed:
    if not status:
        return Malformed(code="no_status", message="The form names no MessageStatus.")
    kind = WORDS.get(status)
    if kind is None:
        return []
    error = fields.get("ErrorCode", "")
    address, channel = _party(fields.get("To", ""))
    receipt = Receipt(
        key=f"{sid}:{status}",
        kind=kind,
        at=request.now,
        message_uid=_our_id(request.url),
        provider_id=sid,
        address=address,
        channel=channel,
        bounce=_bounce(kind, error),
        detail={"error_code": error} if error else {},
    )
    return [receipt, as_stop(receipt)] if error == OPTED_OUT else [receipt]


def _reply(sid: str, fields: Mapping[str, str], request: RawRequest) -> list[Receipt]:
    """What the customer wrote; Twilio's own reading of it (OptOutType) goes before ours."""
    text = fields.get("Body", "")
    intent = fields.get("OptOutType", "").lower() or sms.intent(text) or ""
    address, channel = _party(fields.get("From", ""))
    receipt = Receipt(
        key=f"{sid}:reply",
        kind="replied",
        at=request.now,
        provider_id=sid,
        address=address,
        channel=channel,
        detail={"text": text, "intent": intent, "to": _party(fields.get("To", ""))[0]},
    )
    return [receipt, as_stop(receipt)] if intent == "stop" else [receipt]


def _party(number: str) -> tuple[str, str]:
    """Whom a receipt speaks of: the number, and the channel that its prefix names."""
    bare = number.removeprefix(WHATSAPP)
    return bare, "sms" if bare == number else "whatsapp"


def _bounce(kind: ReceiptKind, error: str) -> Bounce:
    if error in HARD_ERRORS:
        return "hard"
    return "soft" if kind == "bounced" else ""


def _our_id(url: str) -> str | None:
    """The `m` of the signed query."""
    try:
        query = parse_qsl(urlsplit(url).query, max_num_fields=20)
    except ValueError:
        return None
    return next((plain(value) for name, value in query if name == "m"), None)
