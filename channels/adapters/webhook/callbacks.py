"""What the other system reports: one report or a list of them, signed by Standard Webhooks.

The secrets are those that sign what goes out. The signed time bounds how late a replay can come; it
repeats the key made of its `webhook-id` and so changes nothing.
"""

from collections.abc import Mapping
from typing import Any

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
from channels.core import webhook, webhook_signature
from channels.core.message import AccountSettings
from channels.core.receipt import Bounce, Receipt, ReceiptKind, plain, written_instant

WORDS: Mapping[str, ReceiptKind] = {
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "bounced": "bounced",
    "failed": "failed",
    "replied": "replied",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
}
BOUNCES: Mapping[str, Bounce] = {"hard": "hard", "soft": "soft"}
INTENTS = frozenset({"stop", "start", "help"})
# Names with a meaning of their own where receipts are kept.
RESERVED = frozenset({"uid", "provider_id", "address", "bounce"})
MOST_DETAILS = 50
NAME_LIMIT = 100
ID_LIMIT = 200


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Is it the receiver of this account, and is it recent?"""
    secrets = webhook.secrets(account.options.get("secret", ""))
    if not secrets:
        return CLOSED
    if too_large(request):
        return TOO_LARGE
    named = {name: request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp")}
    return refusal(
        webhook_signature.standard_webhook(
            secrets,
            message_id=named["id"],
            timestamp=named["timestamp"],
            signatures=request.headers.get("webhook-signature", ""),
            body=request.body,
            now=request.now.timestamp(),
        )
    )


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """The receipts in a verified body. Reports of kinds we do not know are passed over."""
    given = json_body(request.body)
    if isinstance(given, Malformed):
        return given
    reports = given if isinstance(given, list) else [given]
    if not all(isinstance(report, dict) for report in reports):
        return Malformed(code="not_reports", message="The body is no report and no list of them.")
    name = plain(request.headers.get("webhook-id", ""), limit=ID_LIMIT)
    read = (_receipt(f"{name}:{number}", each, request) for number, each in enumerate(reports))
    return [receipt for receipt in read if receipt is not None]


def _receipt(key: str, report: dict[str, Any], request: RawRequest) -> Receipt | None:
    kind = WORDS.get(_text(report, "type"))
    if kind is None:
        return None
    given = report.get("detail")
    detail = _detail(given) if isinstance(given, dict) else {}
    bounce = BOUNCES.get(_text(given, "bounce"), "soft") if isinstance(given, dict) else "soft"
    return Receipt(
        key=key,
        kind=kind,
        at=written_instant(report.get("at"), now=request.now),
        message_uid=_text(report, "message") or None,
        address=_text(report, "to"),
        bounce=bounce if kind == "bounced" else "",
        detail={**detail, **_said(detail)} if kind == "replied" else detail,
    )


def _detail(given: dict[Any, Any]) -> dict[str, str]:
    """The plain values of it as text; what is nested is not kept."""
    named = ((plain(name, limit=NAME_LIMIT), value) for name, value in given.items())
    kept = {
        name: plain(value)
        for name, value in named
        if name not in RESERVED and isinstance(value, str | int | float)
    }
    return dict(list(kept.items())[:MOST_DETAILS])


def _said(detail: Mapping[str, str]) -> dict[str, str]:
    """A reply has a text and says what it asks for, if anything."""
    intent = detail.get("intent", "").lower()
    return {"text": detail.get("text", ""), "intent": intent if intent in INTENTS else ""}


def _text(report: Mapping[str, Any], name: str) -> str:
    value = report.get(name)
    return plain(value) if isinstance(value, str) else ""
