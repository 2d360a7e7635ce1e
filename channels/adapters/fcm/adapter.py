"""App push through Firebase Cloud Messaging, HTTP v1, over our keep-alive transport.

Firebase folds no repeats by itself, but a repeat replaces what it repeats: the collapse key while
the device is away, the notification's tag once it is shown, and for apps that draw their own the
`tag` among the data. Hence `repeatable`. The price: for a device that is away Firebase keeps the
messages of at most four collapse keys, that is, our last four.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from channels.adapters.base import Option
from channels.adapters.fcm.access import Access, NoAccess
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core import app_push, webpush
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain

CHANNELS = ("push",)
OPTIONS = (
    Option(name="service_account", label="Service account (JSON file)", secret=True, required=True),
    Option(name="base_url", label="API address"),
    Option(name="token_url", label="Token address"),
)
BASE_URL = "https://fcm.googleapis.com"
MAX_PAYLOAD = 4096

# Firebase's own codes where they say more than the HTTP status.
ERRORS: Mapping[str, tuple[OutcomeKind, str]] = {
    "UNREGISTERED": ("permanent", "subscription_gone"),
    "NOT_FOUND": ("permanent", "subscription_gone"),
    "INVALID_ARGUMENT": ("permanent", "invalid_message"),
    "SENDER_ID_MISMATCH": ("account_broken", "sender_mismatch"),
    "THIRD_PARTY_AUTH_ERROR": ("account_broken", "wrong_credentials"),
    "UNAUTHENTICATED": ("account_broken", "wrong_credentials"),
    "PERMISSION_DENIED": ("account_broken", "forbidden"),
    "QUOTA_EXCEEDED": ("retry", "rate_limited"),
    "RESOURCE_EXHAUSTED": ("retry", "rate_limited"),
}
_NO_TOKEN = re.compile(r"registration token is not a valid", re.IGNORECASE)


def open(account: AccountSettings) -> "FcmSender":
    """Open the account; no call is made yet."""
    return FcmSender(account)


class FcmSender:
    """One Firebase project, safe to use from many threads."""

    repeatable = True
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        options = account.options
        self._transport = Transport(seconds=seconds_of(account))
        self._base_url = (options.get("base_url") or BASE_URL).rstrip("/")
        self._access = Access(
            options.get("service_account", ""),
            token_url=options.get("token_url", ""),
            transport=self._transport,
        )

    def send(self, message: Outgoing) -> Outcome:
        if not app_push.target(message):
            return _refused("subscription_gone", "The device has no token.")
        content = compose(message)
        if size(content) > MAX_PAYLOAD:
            detail = f"The push is {size(content)} bytes; at most {MAX_PAYLOAD} fit."
            return _refused("payload_too_large", detail)
        try:
            return answered(self._post(msgspec.json.encode({"message": content}), at=message.at))
        except TransportError as error:
            return error.outcome()
        except NoAccess as error:
            return error.outcome

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """Firebase keeps no list; but a repeat replaces what it repeats."""
        return None

    def close(self) -> None:
        self._transport.close()

    def _post(self, body: bytes, *, at: datetime) -> Answer:
        """Once more with a new token where Firebase no longer knows the old one."""
        project = quote(self._access.account().project_id, safe="")
        url = f"{self._base_url}/v1/projects/{project}/messages:send"
        token = self._access.token(at=at)
        answer = self._transport.request("POST", url, headers=_headers(token), body=body)
        if answer.status != 401 or "THIRD_PARTY_AUTH_ERROR" in answer.text:
            return answer
        token = self._access.token(at=at, stale=token)
        return self._transport.request("POST", url, headers=_headers(token), body=body)


def compose(message: Outgoing) -> dict[str, Any]:
    """The v1 message for one device; without words to show, it is data for the app alone."""
    seconds = webpush.ttl(message.ttl)
    until = int(message.at.timestamp()) + seconds
    texts = {"title": message.title, "body": message.body, "image": message.image}
    shown = {name: text for name, text in texts.items() if text}
    tag = {"notification": {"tag": message.uid}} if shown else {}
    link = {"fcm_options": {"link": message.url}} if message.url.startswith("https://") else {}
    apple = {"apns-collapse-id": message.uid[:64], "apns-expiration": str(until)}
    content: dict[str, Any] = {
        "token": app_push.target(message),
        "data": app_push.extras(message),
        "android": {
            "ttl": f"{seconds}s",
            "collapse_key": message.uid,
            "priority": "HIGH",
            **tag,
        },
        "apns": {"headers": apple},
        "webpush": {"headers": {"TTL": str(seconds)}, **tag, **link},
    }
    return content | ({"notification": shown} if shown else {})


def size(content: Mapping[str, Any]) -> int:
    """What Firebase counts at least: names and values of what is shown and of the data."""
    counted = {**content["data"], **content.get("notification", {})}
    return sum(len((name + value).encode()) for name, value in counted.items())


class _Detail(msgspec.Struct):
    error_code: str = msgspec.field(default="", name="errorCode")


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    details: list[_Detail] = []


class _Answer(msgspec.Struct):
    name: str = ""
    error: _Error = msgspec.field(default_factory=_Error)


def answered(answer: Answer) -> Outcome:
    """Firebase's error code decides, then its status; without one, the HTTP status does."""
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = _Answer()
    if answer.status == 200 and said.name:
        return answer.outcome(provider_id=plain(said.name))
    if answer.status < 300:
        return Outcome(kind="unknown", code="unreadable_answer", detail=plain(answer.text))
    general = answer.outcome(detail=said.error.message or answer.text)
    codes = [detail.error_code for detail in said.error.details] + [said.error.status]
    known = next((ERRORS[code] for code in codes if code in ERRORS), None)
    if known is None or answer.status >= 500:
        return general
    if _NO_TOKEN.search(said.error.message):
        known = ERRORS["UNREGISTERED"]
    return msgspec.structs.replace(
        general,
        kind=known[0],
        code=known[1],
        retry_after=general.retry_after if known[0] == "retry" else None,
    )


def _headers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8"}


def _refused(code: str, detail: str) -> Outcome:
    return Outcome(kind="permanent", code=code, detail=detail)
