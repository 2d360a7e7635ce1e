"""What a browser push carries and where it may go (RFC 8030, 8188, 8291). No encryption here."""

import base64
import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from channels.core.message import Outgoing

# A 4096-byte record less its header (16 salt, 4 size, 1 length, 65 key), tag (16) and delimiter.
MAX_PAYLOAD = 3993
DEFAULT_TTL = 4 * 3600
MAX_TTL = 28 * 24 * 3600
_VISIBLE = re.compile(r"[!-~]+")
_HEX = re.compile(r"[0-9a-f]{32}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def payload(message: Outgoing) -> bytes:
    """The JSON that the service worker shows; `tag` makes a repeated push replace itself."""
    shown: dict[str, Any] = {
        "title": message.title,
        "body": message.body,
        "url": message.url,
        "image": message.image,
        "data": message.data,
    }
    return msgspec.json.encode(
        {"tag": message.uid, **{name: value for name, value in shown.items() if value}}
    )


def topic(uid: str) -> str:
    """32 base64url characters: a push service keeps only the newest undelivered of a topic."""
    bare = uid.replace("-", "").lower()
    if _HEX.fullmatch(bare):
        return bare
    digest = hashlib.sha256(uid.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest)[:32].decode("ascii")


def ttl(seconds: int | None) -> int:
    """Seconds a push service shall keep it: never 0, which drops it for a sleeping device."""
    return DEFAULT_TTL if seconds is None else min(max(seconds, 1), MAX_TTL)


def origin(endpoint: str) -> str | None:
    """Scheme, host and port of an endpoint: the audience of its signature. None if unusable.

    Plain http is taken on loopback only, where no browser ever gets an endpoint from.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.username is not None or not _VISIBLE.fullmatch(endpoint):
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        return None
    named = f"[{host}]" if ":" in host else host
    default = port is None or (parts.scheme, port) in (("https", 443), ("http", 80))
    return f"{parts.scheme}://{named}" if default else f"{parts.scheme}://{named}:{port}"
