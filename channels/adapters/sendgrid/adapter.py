"""Mail out through SendGrid: the official SDK sends, our transport keeps the connection alive.

SendGrid folds no repeats, so our id travels as a custom argument: every event and the Email
Activity list carry it back. Its own click, open and unsubscribe tracking is off; we do our own.
"""

from datetime import datetime
from typing import Any

import msgspec
import python_http_client
from sendgrid import SendGridAPIClient

from channels.adapters.base import Option
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core.mail import forged_field, mailbox
from channels.core.message import AccountSettings, Outcome, Outgoing

CHANNELS = ("email",)
OPTIONS = (
    Option(name="api_key", label="API key", secret=True, required=True),
    Option(name="webhook_public_key", label="Verification key of the Event Webhook"),
    Option(name="base_url", label="API address"),
)
BASE_URL = "https://api.sendgrid.com"
SETTLE_SECONDS = 600
NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}


def open(account: AccountSettings) -> "SendGridSender":
    """Open the account; no call is made yet."""
    return SendGridSender(account)


class KeepAliveClient(python_http_client.Client):  # type: ignore[misc]
    """The SDK's own client with its last yard replaced: pooled connections and time-outs."""

    def __init__(self, transport: Transport, **settings: Any) -> None:
        super().__init__(**settings)
        self.transport = transport

    def _build_client(self, name: str | None = None) -> "KeepAliveClient":
        return KeepAliveClient(
            self.transport,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def post(self, *, request_body: object) -> Answer:
        headers = {**self.request_headers, "Content-Type": "application/json"}
        body = msgspec.json.encode(request_body)
        return self.transport.request("POST", self._build_url(None), headers=headers, body=body)

    def get(self, *, query_params: dict[str, str]) -> Answer:
        url = self._build_url(query_params)
        return self.transport.request("GET", url, headers=self.request_headers)


class SendGridSender:
    """One SendGrid account, safe to use from many threads."""

    repeatable = False

    def __init__(self, account: AccountSettings) -> None:
        self._sender = account.sender
        self.settle_seconds = int(account.options.get("settle_seconds") or SETTLE_SECONDS)
        self._transport = Transport(seconds=seconds_of(account))
        host = (account.options.get("base_url") or BASE_URL).rstrip("/")
        self._api = SendGridAPIClient(account.options.get("api_key") or "none", host=host)
        self._api.client = KeepAliveClient(
            self._transport, host=host, request_headers=self._api.client.request_headers, version=3
        )

    def send(self, message: Outgoing) -> Outcome:
        message = msgspec.structs.replace(message, sender=message.sender or self._sender)
        forged = forged_field(message)
        if forged is not None:
            return _refused("unsafe_header", f"The header {forged!r} may not be set to this value.")
        if not mailbox(message.to)[1]:
            return _refused("invalid_address", f"{message.to[:200]!r} is no e-mail address.")
        if not mailbox(message.sender)[1]:
            detail = "The account has no sender address; enter one such as Shop <shop@example.com>."
            return Outcome(kind="account_broken", code="no_sender", detail=detail)
        try:
            answer: Answer = self._api.send(compose(message))
        except TransportError as error:
            return error.outcome()
        return answer.outcome(
            detail="" if answer.status < 300 else _reasons(answer),
            provider_id=answer.headers.get("x-message-id", ""),
        )

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """Ask the Email Activity list, which is a paid extra: without it nothing is proven."""
        query = {"query": f"(unique_args['message_id']=\"{uid}\")", "limit": "1"}
        try:
            answer: Answer = self._api.client.messages.get(query_params=query)
        except TransportError:
            return None
        if answer.status != 200:
            return None
        found = _listed(answer)
        if found is None:
            return None
        if not found:
            return Outcome(kind="retry", code="absent")
        return Outcome(kind="accepted", provider_id=found[0].partition(".")[0])

    def close(self) -> None:
        self._transport.close()


def compose(message: Outgoing) -> dict[str, Any]:
    """The v3 Mail Send request for one recipient, plain text before HTML."""
    headers = dict(message.headers)
    reply_to = next((name for name in headers if name.lower() == "reply-to"), None)
    contents = (("text/plain", message.text), ("text/html", message.html))
    mail: dict[str, Any] = {
        "personalizations": [{"to": [_party(message.to)]}],
        "from": _party(message.sender),
        "subject": message.subject,
        "content": [{"type": kind, "value": text} for kind, text in contents if text],
        "custom_args": {"message_id": message.uid},
        "tracking_settings": NO_TRACKING,
    }
    if reply_to is not None:
        mail["reply_to"] = _party(headers.pop(reply_to))
    if headers:
        mail["headers"] = headers
    return mail


def _party(text: str) -> dict[str, str]:
    name, address = mailbox(text)
    return {"email": address, "name": name} if name else {"email": address}


def _refused(code: str, detail: str) -> Outcome:
    return Outcome(kind="permanent", code=code, detail=detail)


def _reasons(answer: Answer) -> str:
    """SendGrid's own words: {"errors": [{"message", "field"}]}."""
    try:
        errors = msgspec.json.decode(answer.body)["errors"]
        return "; ".join(f"{item['message']} ({item.get('field') or '-'})" for item in errors)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return answer.text


class _Activity(msgspec.Struct):
    msg_id: str


class _Activities(msgspec.Struct):
    messages: list[_Activity]


def _listed(answer: Answer) -> list[str] | None:
    """The ids in an Email Activity answer; None for an answer of another shape."""
    try:
        return [item.msg_id for item in msgspec.json.decode(answer.body, type=_Activities).messages]
    except msgspec.DecodeError:
        return None
