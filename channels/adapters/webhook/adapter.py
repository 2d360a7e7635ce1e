"""Messages to another system's address, signed by Standard Webhooks.

`webhook-id` is the message's own and the same for every attempt, so the receiver folds repeats. The
address is checked to be public unless the account says `allow_private`; redirects are not followed.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from channels.adapters.base import Option
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core import webhook
from channels.core.call import signature_headers
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing

CHANNELS = ("webhook",)
OPTIONS = (
    Option(name="url", label="Address that takes the messages", required=True),
    Option(name="secret", label="Signing secret (whsec_…)", secret=True, required=True),
    Option(name="allow_private", label="Also call private addresses (for trials only)"),
)

# What the shared table says of one message, but here is said of the address as a whole.
OF_THE_ADDRESS: Mapping[str, OutcomeKind] = {
    "address_forbidden": "account_broken",
    "http_410": "account_broken",
}


def open(account: AccountSettings) -> "WebhookSender":
    """Open the account; no call is made yet."""
    return WebhookSender(account)


class WebhookSender:
    """One receiver, safe to use from many threads."""

    repeatable = True
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        allowed = account.options.get("allow_private", "") in ("1", "true", "yes")
        self._url = account.options.get("url", "").strip()
        self._secrets = webhook.secrets(account.options.get("secret", ""))
        self._transport = Transport(seconds=seconds_of(account), guarded=not allowed)

    def send(self, message: Outgoing) -> Outcome:
        body = webhook.body(message)
        signed = signature_headers(
            self._secrets, uid=message.uid, timestamp=int(message.at.timestamp()), body=body
        )
        if not signed["webhook-signature"]:
            detail = "The signing secret is missing or unusable; enter whsec_ and bytes in base64."
            return Outcome(kind="account_broken", code="wrong_credentials", detail=detail)
        headers = {"content-type": "application/json", "user-agent": "Sojourn", **signed}
        try:
            answer = self._transport.request("POST", self._url, headers=headers, body=body)
        except TransportError as error:
            return _judged(error.outcome())
        return _judged(_answered(answer, message.uid))

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """Receivers keep no list for us; but a repeat is harmless."""
        return None

    def close(self) -> None:
        self._transport.close()


def _answered(answer: Answer, uid: str) -> Outcome:
    taken = 200 <= answer.status < 300
    return answer.outcome(detail="" if taken else answer.text, provider_id=uid if taken else "")


def _judged(outcome: Outcome) -> Outcome:
    kind = OF_THE_ADDRESS.get(outcome.code, outcome.kind)
    return msgspec.structs.replace(outcome, kind=kind)
