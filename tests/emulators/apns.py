"""Apple's push service on loopback, in HTTP/2 as the real one: signatures, reasons, devices."""

import re
import time
import uuid
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.emulators.http2 import Http2Emulator
from tests.emulators.server import Reply, Request, as_json

MAX_BODY = 4096


class Apns(Http2Emulator):
    """Takes pushes for one topic of one team; devices in `gone` have removed the app."""

    def __init__(self, *, topic: str = "com.example.shop", **settings: Any) -> None:
        super().__init__(**settings)
        self.topic = topic
        self.gone: set[str] = set()
        self.signatures: dict[str, bool] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def key(self) -> str:
        """The .p8 file as Apple hands it out."""
        formats = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._key.private_bytes(*formats).decode()

    def expire(self) -> None:
        """Every signature seen so far is too old from here on."""
        self.signatures = dict.fromkeys(self.signatures, False)

    def is_send(self, request: Request) -> bool:
        return request.path.startswith("/3/device/")

    def answer(self, request: Request) -> Reply:
        given, target = request.headers, request.path.removeprefix("/3/device/")
        problem = self._unsigned(given.get("authorization", "")) or wrong(given)
        if problem is not None:
            return problem
        if given["apns-topic"] != self.topic:
            return refused(400, "DeviceTokenNotForTopic")
        if len(request.body) > MAX_BODY:
            return refused(413, "PayloadTooLarge")
        if not re.fullmatch(r"[0-9a-f]{64}", target):
            return refused(400, "BadDeviceToken")
        if target in self.gone:
            return as_json(410, {"reason": "Unregistered", "timestamp": int(time.time() * 1000)})
        self.accept(
            uid=given["apns-id"],
            id=given["apns-id"],
            to=target,
            headers={name: value for name, value in given.items() if name.startswith("apns-")},
            payload=msgspec.json.decode(request.body),
            at=time.time(),
        )
        return Reply(200, b"", {"apns-id": given["apns-id"]})

    def _unsigned(self, authorization: str) -> Reply | None:
        scheme, _, token = authorization.partition(" ")
        if scheme != "bearer" or not token:
            return refused(403, "MissingProviderToken")
        if token not in self.signatures:
            self.signatures[token] = self._is_ours(token)
            if not self.signatures[token]:
                return refused(403, "InvalidProviderToken")
        return None if self.signatures[token] else refused(403, "ExpiredProviderToken")

    def _is_ours(self, token: str) -> bool:
        try:
            claims = jwt.decode(token, self._key.public_key(), ["ES256"], issuer="TEAM123456")
            named = jwt.get_unverified_header(token)["kid"] == "KEY1234567"
        except (jwt.PyJWTError, KeyError):
            return False
        return named and abs(time.time() - claims["iat"]) < 3600


def wrong(given: dict[str, str]) -> Reply | None:
    """What Apple would object to in the headers."""
    try:
        uuid.UUID(given.get("apns-id", ""))
    except ValueError:
        return refused(400, "BadMessageId")
    if len(given.get("apns-collapse-id", "").encode()) > 64:
        return refused(400, "BadCollapseId")
    if not given.get("apns-topic"):
        return refused(400, "MissingTopic")
    if given.get("apns-push-type") not in {"alert", "background"}:
        return refused(400, "InvalidPushType")
    if not given.get("apns-expiration", "").isdigit():
        return refused(400, "BadExpirationDate")
    return None


def refused(status: int, reason: str) -> Reply:
    return as_json(status, {"reason": reason})
