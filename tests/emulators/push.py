"""A browser maker's push service on loopback, and the browsers that subscribe to it.

It checks each VAPID signature once and keeps bodies encrypted; `opened` decrypts them on demand.
"""

import base64
import json
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any

import http_ece
import jwt
import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.emulators.server import Emulator, Reply, Request, as_json

MAX_BODY = 4096


class Push(Emulator):
    """Takes pushes for the subscriptions it handed out; those in `gone` answer 410."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.gone: set[str] = set()
        self.signatures: set[str] = set()
        self._browsers: dict[str, tuple[ec.EllipticCurvePrivateKey, bytes]] = {}

    def subscribe(self) -> dict[str, Any]:
        """What a browser's PushSubscription serialises to."""
        key, auth, name = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), uuid.uuid4().hex
        self._browsers[name] = (key, auth)
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _base64(point), "auth": _base64(auth)}
        return {"endpoint": f"{self.url}/push/{name}", "keys": keys}

    def is_send(self, request: Request) -> bool:
        return request.path.startswith("/push/")

    def answer(self, request: Request) -> Reply:
        name = request.path.removeprefix("/push/")
        if name in self.gone:
            return Reply(410)
        if name not in self._browsers:
            return Reply(404)
        if not self._is_signed(request.headers.get("authorization", "")):
            return Reply(403)
        if len(request.body) > MAX_BODY:
            return Reply(413)
        if request.headers.get("content-encoding") != "aes128gcm" or "ttl" not in request.headers:
            return Reply(400)
        self.accept(
            uid=_dashed(request.headers.get("topic", "")),
            id=uuid.uuid4().hex,
            to=name,
            ttl=int(request.headers["ttl"]),
            body=base64.b64encode(request.body).decode(),
            at=time.time(),
        )
        return Reply(201, b"", {"Location": f"{self.url}/message/{self.accepted[-1]['id']}"})

    def control(self, request: Request) -> Reply:
        if request.path == "/_/subscribe":
            asked = int(request.query.get("count", "1"))
            return as_json(200, [self.subscribe() for _ in range(asked)])
        if request.path == "/_/stats":
            seen = {"accepted": len(self.accepted), "signatures": len(self.signatures)}
            return as_json(200, seen)
        return super().control(request)

    def opened(self) -> Iterator[dict[str, Any]]:
        """What the browsers read, in order of arrival."""
        for item in self.accepted:
            key, auth = self._browsers[item["to"]]
            raw = http_ece.decrypt(
                base64.b64decode(item["body"]), private_key=key, auth_secret=auth
            )
            yield json.loads(raw)

    def _is_signed(self, authorization: str) -> bool:
        """RFC 8292: an ES256 token for this origin, not valid for more than a day."""
        if authorization in self.signatures:
            return True
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or {"t", "k"} - set(parts):
            return False
        try:
            point = base64.urlsafe_b64decode(parts["k"] + "=" * (-len(parts["k"]) % 4))
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.url)
        except (jwt.PyJWTError, InvalidKey, ValueError):
            return False
        if not claims.get("sub") or claims["exp"] > time.time() + 86400:
            return False
        self.signatures.add(authorization)
        return True


def decode_subscriptions(body: bytes) -> list[dict[str, Any]]:
    """The answer of /_/subscribe."""
    return msgspec.json.decode(body, type=list[dict[str, Any]])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _dashed(topic: str) -> str:
    try:
        return str(uuid.UUID(hex=topic))
    except ValueError:
        return topic
