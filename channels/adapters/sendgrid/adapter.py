"""Mail out through SendGrid: the official SDK sends, our transport keeps the connection alive.

SendGrid folds no repeats, so our id travels as a custom argument: every event and the Email
Activity list carry it back. Its own click, open and unsubscribe tracking is off; we do our own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import python_http_client
from sendgrid import SendGridAPIClient

from channels.adapters.base import Option
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core.mail import mailbox, refusal
from channels.core.message import AccountSettings, Outcome, Outgoing

CHANNELS = ("email",)
TOGETHER = True
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
        return self.send_together([message])[0]

    def send_together(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One call for messages of one text; each keeps its own id and recipient."""
        named = [
            msgspec.structs.replace(each, sender=each.sender or self._sender) for each in messages
        ]
        refusals = [refusal(each) for each in named]
        leaving = [each for each, refused in zip(named, refusals, strict=True) if refused is None]
        outcomes = iter(self._post(leaving) if leaving else [])
        return [refused or next(outcomes) for refused in refusals]

    def _post(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """A call that is refused has reached nobody; then each mail is judged by itself."""
        try:
            answer: Answer = self._api.send(compose(*messages))
        except TransportError as error:
            return [error.outcome()] * len(messages)
        outcome = answer.outcome(
            detail="" if answer.status < 300 else _reasons(answer),
            provider_id=answer.headers.get("x-message-id", ""),
        )
        if outcome.kind == "permanent" and len(messages) > 1:
            return [self._post([each])[0] for each in messages]
        return [outcome] * len(messages)

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


def compose(message: Outgoing, *more: Outgoing) -> dict[str, Any]:
    """The v3 Mail Send request, plain text before HTML; `more` differ in recipient and id alone."""
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
    if more:
        del mail["custom_args"]
        mail["personalizations"] = [_personal(each) for each in (message, *more)]
    return mail


def _personal(message: Outgoing) -> dict[str, Any]:
    return {"to": [_party(message.to)], "custom_args": {"message_id": message.uid}}


def _party(text: str) -> dict[str, str]:
    name, address = mailbox(text)
    return {"email": address, "name": name} if name else {"email": address}


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
