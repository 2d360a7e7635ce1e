"""Somebody whom a journey calls: checks the signature by itself, and answers as it is told.

Verification follows standardwebhooks.com 1.0.0, written apart from the code that signs.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from tests.emulators.server import Emulator, Reply, Request

Answer = Callable[[Request], Any]


class Receiver(Emulator):
    """Takes what is signed with `secret`; answers with the JSON of `says`, or a Reply."""

    def __init__(self, secret: str, says: Answer | Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.secret = secret
        self.says: Answer = says if callable(says) else lambda _: says
        self.seen: list[Request] = []

    def is_send(self, request: Request) -> bool:
        self.seen.append(request)
        return True

    def answer(self, request: Request) -> Reply:
        if not self.is_signed(request):
            return Reply(401)
        self.accept(uid=request.headers["webhook-id"], body=request.body.decode())
        said = self.says(request)
        return said if isinstance(said, Reply) else Reply(200, json.dumps(said).encode())

    def is_signed(self, request: Request) -> bool:
        given = [request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp")]
        signed = ".".join(given).encode() + b"." + request.body
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{mine}" in request.headers.get("webhook-signature", "").split(" ")

    @property
    def ids(self) -> list[str]:
        """The ids of everything that came, in order."""
        return [request.headers.get("webhook-id", "") for request in self.seen]
