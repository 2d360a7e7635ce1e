"""Tokens of the public addresses: what they name, signed, with a key of its own for each purpose.

A token is `<payload>.<mac>` in base64url. The payload of a click also carries a digest of the
destination, so a token can be made before its link has a row, and only what we signed redirects.
"""

import base64
import binascii
import hashlib
import hmac
import re
from functools import lru_cache
from html import unescape
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from channels.core.address import COLUMNS, canonical

Purpose = Literal["open", "click", "unsubscribe", "preferences", "view", "confirm"]

PATHS: dict[Purpose, str] = {
    "open": "/o/",
    "click": "/c/",
    "unsubscribe": "/u/",
    "preferences": "/p/",
    "view": "/view/",
    "confirm": "/confirm/",
}
UID_BYTES = 16
DIGEST_BYTES = 16
WITH_DIGEST: frozenset[Purpose] = frozenset({"click", "confirm"})
MAC_BYTES = 16
CUSTOMER_BYTES = 8
MAX_TOKEN = 200
MAX_URL = 8192
REDIRECTS = ("http", "https")
SCHEMES = (*REDIRECTS, "mailto", "tel")
"""What a link in a message may lead to. Only REDIRECTS are tracked."""

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


class Token(msgspec.Struct, frozen=True):
    """What a genuine token names: a message's uid (16 bytes), for a click also a link's digest.

    A confirmation's uid is its customer and the instant of the question.
    """

    uid: bytes
    link: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A question to a customer: may we write to this address about this? `at` in microseconds.

    The address is canonical, and '' on channels that reach a device.
    """

    customer: int
    at: int
    channel: str
    topic: str
    address: str

    @classmethod
    def of(cls, customer: int, at: int, channel: str, topic: str, address: str) -> "Asked":
        """The question, whatever the spelling of the address."""
        known = canonical(channel, address) if channel in COLUMNS else ""
        return cls(customer, at, channel, topic, known)

    @property
    def digest(self) -> str:
        """What is asked, in a length of its own whatever the topic."""
        return _digest("\0".join((self.channel, self.topic, self.address))).hex()


class Signer:
    """Makes and reads the tokens of one deployment. `base` is its public address, no slash."""

    def __init__(self, *, secret: bytes, base: str) -> None:
        self.base = base
        self._own = tuple(f"{base}{path}" for path in PATHS.values())
        self._keys = {purpose: _key(secret, purpose) for purpose in PATHS}
        self._chats = hmac.digest(secret, b"sojourn.link.chat", "sha256")

    def url(self, purpose: Purpose, uid: bytes, link: bytes = b"") -> str:
        """The public address of one message for one purpose."""
        payload = uid + link
        mac = hmac.digest(self._keys[purpose], payload, "sha256")[:MAC_BYTES]
        return f"{self.base}{PATHS[purpose]}{_text(payload)}.{_text(mac)}"

    def click(self, uid: bytes, url: str) -> str:
        """The address that counts a click and leads to `url`."""
        return self.url("click", uid, _digest(url))

    def confirm(self, asked: "Asked") -> str:
        """The address where the customer says yes to just this question."""
        uid = _number(asked.customer) + _number(asked.at)
        return self.url("confirm", uid, bytes.fromhex(asked.digest))

    def chat(self, customer: int) -> str:
        """What proves to a chat's bot that this customer sent it: at most 64 letters and digits."""
        payload = _number(customer)
        return _text(payload + hmac.digest(self._chats, payload, "sha256")[:MAC_BYTES])

    def read_chat(self, token: str) -> int | None:
        """The customer whom `chat` named, or None where it did not."""
        raw = _bytes(token) if token.isascii() and len(token) <= MAX_TOKEN else b""
        payload, mac = raw[:CUSTOMER_BYTES], raw[CUSTOMER_BYTES:]
        expected = hmac.digest(self._chats, payload, "sha256")[:MAC_BYTES]
        if len(payload) != CUSTOMER_BYTES or not hmac.compare_digest(expected, mac):
            return None
        return int.from_bytes(payload, "big")

    def is_own(self, url: str) -> bool:
        """Whether the address is one of ours, which no click is counted on."""
        return url.startswith(self._own)

    def read(self, purpose: Purpose, token: str) -> Token | None:
        """What the token names, or None where we did not sign just this text for this purpose."""
        if len(token) > MAX_TOKEN or not token.isascii():
            return None
        payload_text, _, mac_text = token.partition(".")
        payload, mac = _bytes(payload_text), _bytes(mac_text)
        expected = hmac.digest(self._keys[purpose], payload, "sha256")[:MAC_BYTES]
        genuine = hmac.compare_digest(expected, mac)
        length = UID_BYTES + (DIGEST_BYTES if purpose in WITH_DIGEST else 0)
        if not genuine or len(payload) != length:
            return None
        return Token(payload[:UID_BYTES], payload[UID_BYTES:].hex())


def link_hash(url: str) -> str:
    """The name of a destination in the table of links."""
    return _digest(url).hex()


def link_in(token: str) -> str:
    """The hash of the link that a click's token in one of our own texts names, or ''."""
    payload = _bytes(token.partition(".")[0])
    return payload[UID_BYTES:].hex() if len(payload) == UID_BYTES + DIGEST_BYTES else ""


@lru_cache(maxsize=4096)
def destination(href: str) -> str:
    """The address that an HTML attribute names, or '' where it must not be followed."""
    url = unescape(href).strip()
    if len(url) > MAX_URL or _UNPRINTABLE.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() not in SCHEMES:
        return ""
    return url if parts.scheme.lower() not in REDIRECTS or parts.netloc else ""


def is_redirect(url: str) -> bool:
    """Whether a checked destination is one that a click can be sent on to."""
    return url.lower().startswith(("http:", "https:"))


def asked_of(token: Token) -> tuple[int, int]:
    """The customer whom a confirmation names, and when they were asked."""
    customer, at = token.uid[:CUSTOMER_BYTES], token.uid[CUSTOMER_BYTES:]
    return int.from_bytes(customer, "big"), int.from_bytes(at, "big")


def _number(value: int) -> bytes:
    return value.to_bytes(CUSTOMER_BYTES, "big")


def _key(secret: bytes, purpose: Purpose) -> bytes:
    return hmac.digest(secret, b"sojourn.link." + purpose.encode(), "sha256")


@lru_cache(maxsize=4096)
def _digest(url: str) -> bytes:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """The bytes of base64url in its one canonical spelling; anything else is b''."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
    return raw if _text(raw) == text else b""
