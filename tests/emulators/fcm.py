"""Google on loopback: a service account's tokens, and Firebase Cloud Messaging's HTTP v1."""

import re
import time
import uuid
from functools import cache
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.emulators.server import Emulator, Reply, Request, as_json

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
CODES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"} | {
    404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
}  # fmt: skip
KNOWN = {"token", "notification", "data", "android", "apns", "webpush"}


@cache
def key() -> rsa.RSAPrivateKey:
    """One for all projects: it takes a while to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Fcm(Emulator):
    """Takes pushes for one project; tokens in `gone` answer 404. `granting` answers exchanges."""

    def __init__(self, *, access_token: str = "ya29", expires_in: int = 3599, **settings: Any):
        super().__init__(**settings)
        self.gone: set[str] = set()
        self.granted: list[str] = []
        self.granting: Reply | None = None
        self._name = access_token
        self._expires_in = expires_in

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    def service_account(self, **fields: str) -> str:
        """The JSON file as the console hands it out."""
        pem = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        given = {
            "type": "service_account",
            "project_id": "shop-1",
            "private_key_id": "k1",
            "private_key": pem,
            "client_email": "push@shop-1.example",
            "token_uri": self.token_url,
        }
        return msgspec.json.encode({**given, **fields}).decode()

    def expire(self) -> None:
        """Every token handed out so far is refused from here on."""
        self.granted = ["" for _ in self.granted]

    def is_send(self, request: Request) -> bool:
        return request.path.endswith("/messages:send")

    def answer(self, request: Request) -> Reply:
        if request.path == "/token":
            return self.granting or self._grant(request)
        if request.path != "/v1/projects/shop-1/messages:send":
            return Reply(404, b"<html>Not found</html>")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token or token not in self.granted:
            return failed(401, "Request had invalid authentication credentials.")
        return self._take(request)

    def control(self, request: Request) -> Reply:
        if request.path == "/_/account":
            return as_json(200, self.service_account())
        return super().control(request)

    def _grant(self, request: Request) -> Reply:
        form = request.form()
        try:
            claims = jwt.decode(
                form.get("assertion", ""), key().public_key(), ["RS256"],
                audience=self.token_url, leeway=7200,
            )  # fmt: skip
        except jwt.PyJWTError as error:
            return as_json(400, {"error": "invalid_grant", "error_description": str(error)})
        lasts = claims["exp"] - claims["iat"]
        if form.get("grant_type") != GRANT or claims.get("scope") != SCOPE or lasts > 3600:
            return as_json(400, {"error": "invalid_request"})
        self.granted.append(f"{self._name}.{len(self.granted)}")
        granted = {"access_token": self.granted[-1], "token_type": "Bearer"}
        return as_json(200, granted | {"expires_in": self._expires_in})

    def _take(self, request: Request) -> Reply:
        message = msgspec.json.decode(request.body)["message"]
        problem = wrong(message)
        if problem:
            return failed(400, problem, kind="type.googleapis.com/google.rpc.BadRequest")
        if message["token"] in self.gone:
            return failed(404, "Requested entity was not found.", code="UNREGISTERED")
        name = f"projects/shop-1/messages/0:{uuid.uuid4().hex}"
        self.accept(
            uid=message["android"]["collapse_key"],
            id=name,
            to=message["token"],
            message=message,
            at=time.time(),
        )
        return as_json(200, {"name": name})


def wrong(message: dict[str, Any]) -> str:
    """What Firebase would object to in a message, or nothing."""
    if set(message) - KNOWN or not message.get("token"):
        return "Invalid JSON payload received."
    if not all(isinstance(value, str) for value in message.get("data", {}).values()):
        return "Invalid value at 'message.data[0].value' (TYPE_STRING)"
    if any(re.match(r"from$|google\.|gcm\.", name) for name in message.get("data", {})):
        return "Invalid data payload key"
    if not re.fullmatch(r"\d+s", message["android"]["ttl"]):
        return "Invalid ttl"
    return ""


def failed(status: int, message: str, *, code: str = "", kind: str = FCM_ERROR) -> Reply:
    """An error as Google's APIs lay it out."""
    detail = {"@type": kind} | ({"errorCode": code} if code else {})
    error = {"code": status, "message": message, "status": CODES[status], "details": [detail]}
    return as_json(status, {"error": error})
