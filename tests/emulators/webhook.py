"""Another system that takes messages by webhook, folds repeats, and reports what became of them."""

import base64
import hashlib
import hmac
import time
import uuid
from typing import Any

import httpx
import msgspec

from tests.emulators.receiver import Receiver
from tests.emulators.server import Request

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"


class Webhook(Receiver):
    """Takes what is signed with `secret`. `messages` are the distinct ones, by their id."""

    def __init__(self, secret: str = SECRET, **settings: Any) -> None:
        super().__init__(secret, self._take, **settings)
        self.messages: dict[str, dict[str, Any]] = {}

    def _take(self, request: Request) -> dict[str, Any]:
        self.messages[request.headers["webhook-id"]] = msgspec.json.decode(request.body)
        return {"ok": True}

    def signed(
        self, reports: Any, *, name: str = "", at: float | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """A callback's raw body and its headers."""
        body = msgspec.json.encode(reports)
        return body, self.headers(body, name=name, at=at)

    def headers(self, body: bytes, *, name: str = "", at: float | None = None) -> dict[str, str]:
        named = name or f"msg_{uuid.uuid4().hex}"
        timestamp = str(int(time.time() if at is None else at))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{named}.{timestamp}.".encode() + body
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return {
            "Content-Type": "application/json",
            "webhook-id": named,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        }

    def report(self, kind: str, message: str, **fields: Any) -> dict[str, Any]:
        return {"type": kind, "message": message, **fields}

    def post(self, url: str, reports: Any, **signing: Any) -> int:
        body, headers = self.signed(reports, **signing)
        return httpx.post(url, content=body, headers=headers, timeout=60).status_code
