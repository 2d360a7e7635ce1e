"""App push through Apple's service, over HTTP/2, signed with the key of a developer team.

The collapse id is the message's own: a device shows what is repeated under one id as a single
notification. Hence `repeatable`.
"""

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from channels.adapters import jwt
from channels.adapters.base import Option
from channels.adapters.http2 import Http2Transport
from channels.adapters.transport import Answer, TransportError, seconds_of
from channels.core import app_push, webpush
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain

CHANNELS = ("push",)
OPTIONS = (
    Option(name="key", label="Key (.p8 file)", secret=True, required=True),
    Option(name="key_id", label="Key ID", required=True),
    Option(name="team_id", label="Team ID", required=True),
    Option(name="topic", label="Topic (bundle ID of the app)", required=True),
    Option(name="base_url", label="API address"),
)
BASE_URL = "https://api.push.apple.com"
MAX_PAYLOAD = 4096
MAX_COLLAPSE_ID = 64
# Apple refuses tokens older than an hour, and teams that sign more often than every 20 minutes.
REUSED_FOR = timedelta(minutes=40)
SPARE = timedelta(minutes=5)
NEVER = datetime.min.replace(tzinfo=UTC)
_TOKEN = re.compile(r"[0-9A-Fa-f]{1,400}")

# Apple's own reasons where they say more than the HTTP status, then whole statuses.
REASONS: Mapping[str, tuple[OutcomeKind, str]] = {
    "BadDeviceToken": ("permanent", "subscription_gone"),
    "DeviceTokenNotForTopic": ("permanent", "subscription_gone"),
    "ExpiredToken": ("permanent", "subscription_gone"),
    "Unregistered": ("permanent", "subscription_gone"),
    "PayloadTooLarge": ("permanent", "payload_too_large"),
    "BadTopic": ("account_broken", "wrong_topic"),
    "MissingTopic": ("account_broken", "wrong_topic"),
    "TopicDisallowed": ("account_broken", "wrong_topic"),
    "ExpiredProviderToken": ("account_broken", "wrong_credentials"),
    "InvalidProviderToken": ("account_broken", "wrong_credentials"),
    "MissingProviderToken": ("account_broken", "wrong_credentials"),
    "IdleTimeout": ("retry", "connection_idle"),
    "TooManyProviderTokenUpdates": ("retry", "rate_limited"),
    "TooManyRequests": ("retry", "rate_limited"),
}
STATUSES: Mapping[int, tuple[OutcomeKind, str]] = {
    410: ("permanent", "subscription_gone"),
    413: ("permanent", "payload_too_large"),
}
EXPIRED = "ExpiredProviderToken"


def open(account: AccountSettings) -> "ApnsSender":
    """Open the account; no call is made yet."""
    return ApnsSender(account)


class ApnsSender:
    """One app of one team, safe to use from many threads."""

    repeatable = True
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        options = account.options
        self._transport = Http2Transport(seconds=seconds_of(account))
        self._base_url = (options.get("base_url") or BASE_URL).rstrip("/")
        self._topic = options.get("topic", "").strip()
        self._signatures = Signatures(
            key=options.get("key", ""),
            key_id=options.get("key_id", ""),
            team_id=options.get("team_id", ""),
        )

    def send(self, message: Outgoing) -> Outcome:
        target = app_push.target(message)
        if not _TOKEN.fullmatch(target):
            return _refused("subscription_gone", "The device has no token that Apple could know.")
        content = msgspec.json.encode(payload(message))
        if len(content) > MAX_PAYLOAD:
            detail = f"The push is {len(content)} bytes; at most {MAX_PAYLOAD} fit."
            return _refused("payload_too_large", detail)
        try:
            answer = self._post(message, f"{self._base_url}/3/device/{target}", content)
        except TransportError as error:
            return error.outcome()
        except jwt.UnusableKey as error:
            return Outcome(kind="account_broken", code="wrong_credentials", detail=str(error))
        return answered(answer, message)

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """Apple keeps no list; but a repeat replaces what it repeats."""
        return None

    def close(self) -> None:
        self._transport.close()

    def _post(self, message: Outgoing, url: str, content: bytes) -> Answer:
        """Once more, signed anew, where Apple finds the signature too old."""
        token = self._signatures.token(at=message.at)
        sent = headers(message, topic=self._topic)
        answer = self._transport.request("POST", url, headers=sent | _bearer(token), body=content)
        if answer.status != 403 or reason(answer) != EXPIRED:
            return answer
        token = self._signatures.token(at=message.at, stale=token)
        return self._transport.request("POST", url, headers=sent | _bearer(token), body=content)


class Signatures:
    """The team's token, signed once for all threads and used for forty minutes."""

    def __init__(self, *, key: str, key_id: str, team_id: str) -> None:
        self._given, self._key_id, self._team_id = key, key_id.strip(), team_id.strip()
        self._lock = threading.Lock()
        self._token = ""
        self._from = self._until = NEVER
        self.signed = 0

    def token(self, *, at: datetime, stale: str = "") -> str:
        """A token good at `at` and other than `stale`. Raises UnusableKey."""
        with self._lock:
            if self._token in ("", stale) or not self._from <= at < self._until:
                self._token = self._sign(at)
                self._from, self._until = at - SPARE, at + REUSED_FOR
            return self._token

    def _sign(self, at: datetime) -> str:
        if not (self._key_id and self._team_id):
            raise jwt.UnusableKey("The account has no key ID or no team ID.")
        key = jwt.private_key(self._given)
        if not isinstance(key, jwt.EllipticKey):
            raise jwt.UnusableKey("The key is not of the kind that Apple hands out (P-256).")
        self.signed += 1
        claims = {"iss": self._team_id, "iat": int(at.timestamp())}
        return jwt.signed(key, claims, kid=self._key_id)


def payload(message: Outgoing) -> dict[str, Any]:
    """What is shown, and beside it what the app reads; with a picture the app may change it."""
    alert = {"title": message.title, "body": message.body}
    shown = {name: text for name, text in alert.items() if text}
    aps: dict[str, Any] = {"alert": shown} if shown else {"content-available": 1}
    if shown and message.image:
        aps["mutable-content"] = 1
    return {**app_push.extras(message), "aps": aps}


def headers(message: Outgoing, *, topic: str) -> dict[str, str]:
    """Without words to show, the push wakes the app in the background."""
    shown = bool(message.title or message.body)
    until = int(message.at.timestamp()) + webpush.ttl(message.ttl)
    collapse = message.uid.encode()[:MAX_COLLAPSE_ID].decode("utf-8", "ignore")
    return {
        "apns-topic": topic,
        "apns-push-type": "alert" if shown else "background",
        "apns-priority": "10" if shown else "5",
        "apns-expiration": str(until),
        "apns-collapse-id": collapse,
        "apns-id": message.uid,
        "content-type": "application/json",
    }


class _Refusal(msgspec.Struct):
    reason: str = ""


def reason(answer: Answer) -> str:
    """Apple's word for a refusal, or nothing."""
    try:
        return msgspec.json.decode(answer.body, type=_Refusal).reason
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def answered(answer: Answer, message: Outgoing) -> Outcome:
    """Apple's reason decides; without a known one, the HTTP status does."""
    if answer.status == 200:
        return answer.outcome(provider_id=plain(answer.headers.get("apns-id") or message.uid))
    said = reason(answer)
    general = answer.outcome(detail=said or answer.text)
    known = REASONS.get(said) or STATUSES.get(answer.status)
    if known is None or answer.status >= 500:
        return general
    wait = general.retry_after if known[0] == "retry" else None
    return msgspec.structs.replace(general, kind=known[0], code=known[1], retry_after=wait)


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"bearer {token}"}


def _refused(code: str, detail: str) -> Outcome:
    return Outcome(kind="permanent", code=code, detail=detail)
