"""Browser push: pywebpush encrypts, we sign once per push service and half a day, and post.

The topic and the notification's tag are the message's own, so that a repeat replaces instead of
showing twice. Endpoints come from browsers, that is, from outside: only public addresses are called
unless the account says `allow_private`.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from http_ece import ECEException
from py_vapid import Vapid, VapidException
from pywebpush import WebPusher, WebPushException

from channels.adapters.base import Option
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core import webpush
from channels.core.message import AccountSettings, Device, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain

CHANNELS = ("push",)
OPTIONS = (
    Option(name="private_key", label="VAPID private key", secret=True, required=True),
    Option(name="subject", label="Contact (mailto: or https:)", required=True),
    Option(name="allow_private", label="Also call private addresses (for trials only)"),
)
SIGNED_FOR = timedelta(hours=12)
REUSED_FOR = timedelta(hours=11)
OLDER = timedelta(hours=1)
"""A thread that was held up uses what another signed meanwhile; a clock set back does not."""

STATUSES: Mapping[int, tuple[OutcomeKind, str]] = {
    404: ("permanent", "subscription_gone"),
    410: ("permanent", "subscription_gone"),
    413: ("permanent", "payload_too_large"),
}


def open(account: AccountSettings) -> "PushSender":
    """Open the account; no call is made yet."""
    return PushSender(account)


class PushSender:
    """One VAPID identity for all push services, safe to use from many threads."""

    repeatable = True
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        allowed = account.options.get("allow_private", "") in ("1", "true", "yes")
        self._transport = Transport(seconds=seconds_of(account), guarded=not allowed)
        self._signatures = Signatures(
            private_key=account.options.get("private_key", ""),
            subject=account.options.get("subject", ""),
        )

    def send(self, message: Outgoing) -> Outcome:
        device = message.device
        origin = webpush.origin(device.endpoint) if device else None
        if device is None or origin is None:
            return _refused("subscription_gone", "The device has no endpoint that can be called.")
        content = webpush.payload(message)
        if len(content) > webpush.MAX_PAYLOAD:
            size = f"{len(content)} bytes; at most {webpush.MAX_PAYLOAD} fit"
            return _refused("payload_too_large", f"The push is {size}.")
        try:
            body = encrypt(device, content)
        except (WebPushException, ECEException, ValueError, TypeError, IndexError) as error:
            return _refused("subscription_gone", f"The device's keys are unusable: {error}")
        try:
            headers = self._headers(message, origin)
        except (VapidException, ValueError, TypeError, IndexError) as error:
            detail = plain(f"The VAPID key or contact is unusable: {error}")
            return Outcome(kind="account_broken", code="wrong_credentials", detail=detail)
        try:
            answer = self._transport.request("POST", device.endpoint, headers=headers, body=body)
        except TransportError as error:
            return error.outcome()
        return answered(answer)

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """Push services keep no list; but a repeat is harmless."""
        return None

    def close(self) -> None:
        self._transport.close()

    def _headers(self, message: Outgoing, origin: str) -> dict[str, str]:
        return {
            "authorization": self._signatures.header(origin, at=message.at),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "topic": webpush.topic(message.uid),
            "ttl": str(webpush.ttl(message.ttl)),
        }


class Signatures:
    """The Authorization header of each push service, signed once and used for eleven hours."""

    def __init__(self, *, private_key: str, subject: str) -> None:
        self._private_key = private_key
        self._subject = subject
        self._headers: dict[str, tuple[datetime, str]] = {}
        self._lock = threading.Lock()
        self.signed = 0

    def header(self, origin: str, *, at: datetime) -> str:
        with self._lock:
            signed_at, header = self._headers.get(origin, (at, ""))
            if not header or not signed_at - OLDER <= at < signed_at + REUSED_FOR:
                header = self._sign(origin, at)
                self._headers[origin] = (at, header)
            return header

    def _sign(self, origin: str, at: datetime) -> str:
        self.signed += 1
        expires = int((at + SIGNED_FOR).timestamp())
        claims = {"aud": origin, "exp": expires, "sub": self._subject}
        return str(vapid_key(self._private_key).sign(claims)["Authorization"])


def vapid_key(private_key: str) -> Vapid:
    """The key from PEM, base64 DER or the raw 32 bytes in base64url."""
    if private_key.lstrip().startswith("-----"):
        return Vapid.from_pem(private_key.strip().encode())
    return Vapid.from_string(private_key)


def encrypt(device: Device, content: bytes) -> bytes:
    """One aes128gcm record that only this browser can read."""
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    pusher = WebPusher({"endpoint": device.endpoint, "keys": keys})
    return bytes(pusher.encode(content)["body"])


def answered(answer: Answer) -> Outcome:
    """A push service's answer: what is gone is the subscription, not the service."""
    known = STATUSES.get(answer.status)
    if known is not None:
        return Outcome(
            kind=known[0], code=known[1], http_status=answer.status, detail=plain(answer.text)
        )
    location = answer.headers.get("location", "")
    return answer.outcome(detail="" if location else answer.text, provider_id=plain(location))


def _refused(code: str, detail: str) -> Outcome:
    return Outcome(kind="permanent", code=code, detail=plain(detail))
