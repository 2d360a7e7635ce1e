"""SendGrid on loopback: /v3/mail/send, the Email Activity list, and signed event webhooks."""

import base64
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.emulators.server import Emulator, Reply, Request, as_json

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


class SendGrid(Emulator):
    """Takes mail for one API key; `activity=False` is an account without the paid list."""

    def __init__(self, *, api_key: str = "", activity: bool = True, **settings: Any) -> None:
        super().__init__(**settings)
        self.api_key = api_key
        self.activity = activity
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """The verification key as SendGrid shows it: base64 SubjectPublicKeyInfo."""
        raw = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(raw).decode()

    def is_send(self, request: Request) -> bool:
        return request.path == "/v3/mail/send"

    def answer(self, request: Request) -> Reply:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key or (self.api_key and key != self.api_key):
            return _errors(401, "The provided authorization grant is invalid")
        if self.is_send(request) and request.method == "POST":
            return self._send(request)
        if request.path == "/v3/messages" and request.method == "GET":
            return self._list(request)
        return _errors(404, "Not found")

    def control(self, request: Request) -> Reply:
        if request.path == "/_/key":
            return as_json(200, self.public_key)
        if request.path == "/_/report":
            asked = msgspec.json.decode(request.body)
            events = [event for kind in asked["kinds"] for event in self.events(kind)]
            return as_json(200, self.post(asked["url"], events))
        return super().control(request)

    def _send(self, request: Request) -> Reply:
        try:
            mail = msgspec.json.decode(request.body)
            people, sender = mail["personalizations"], mail["from"]["email"]
            contents = {part["type"]: part["value"] for part in mail["content"]}
            recipients = [person["to"][0]["email"] for person in people]
        except (msgspec.DecodeError, KeyError, TypeError, IndexError) as error:
            return _errors(400, f"Bad Request: {error}")
        if not all("." in recipient.rpartition("@")[2] for recipient in recipients):
            return _errors(400, "Does not contain a valid address.")
        sg_id = uuid.uuid4().hex[:22]
        for person, recipient in zip(people, recipients, strict=True):
            self.accept(
                uid=(mail.get("custom_args", {}) | person.get("custom_args", {})).get(
                    "message_id", ""
                ),
                id=sg_id,
                to=recipient,
                sender=sender,
                subject=person.get("subject", mail.get("subject", "")),
                headers=mail.get("headers", {}) | person.get("headers", {}),
                text=contents.get("text/plain", ""),
                html=contents.get("text/html", ""),
                tracking=mail.get("tracking_settings", {}),
                reply_to=mail.get("reply_to"),
                at=time.time(),
            )
        return Reply(202, b"", {"X-Message-Id": sg_id})

    def _list(self, request: Request) -> Reply:
        if not self.activity:
            return _errors(403, "access forbidden")
        query = request.query.get("query", "")
        found = [
            {"msg_id": f"{item['id']}.recvd-1", "to_email": item["to"], "status": "processed"}
            for item in self.accepted
            if f"unique_args['message_id']=\"{item['uid']}\"" in query
        ]
        return as_json(200, {"messages": found[: int(request.query.get("limit", "10"))]})

    def events(self, kind: str, messages: Iterable[dict[str, Any]] | None = None) -> list[Any]:
        """One event of this kind for each message (all accepted ones unless told)."""
        return [
            self.event(kind, message)
            for message in (self.accepted if messages is None else messages)
        ]

    def event(self, kind: str, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return {
            "email": message["to"],
            "timestamp": int(message["at"]),
            "event": kind,
            "sg_event_id": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode(),
            "sg_message_id": f"{message['id']}.recvd-5d8f7c-abc-1-65.0",
            "smtp-id": f"<{message['id']}@geopod-ismtpd-1>",
            "message_id": message["uid"],
            **fields,
        }

    def signed(
        self, events: Sequence[Any], *, timestamp: float | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """A callback's raw body, laid out as SendGrid lays it out, and its headers."""
        lines = ",\r\n".join(msgspec.json.encode(event).decode() for event in events)
        body = f"[{lines}]\r\n".encode()
        return body, self.headers(body, timestamp=timestamp)

    def headers(self, body: bytes, *, timestamp: float | None = None) -> dict[str, str]:
        at = str(int(time.time() if timestamp is None else timestamp))
        signature = self.key.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "Content-Type": "application/json",
            SIGNATURE: base64.b64encode(signature).decode(),
            TIMESTAMP: at,
        }

    def post(self, url: str, events: Sequence[Any], *, size: int = 1000) -> list[int]:
        """Call back with events in batches; the statuses that were answered."""
        statuses = []
        with httpx.Client(timeout=60) as client:
            for start in range(0, len(events), size):
                body, headers = self.signed(events[start : start + size])
                statuses.append(client.post(url, content=body, headers=headers).status_code)
        return statuses


def _errors(status: int, message: str) -> Reply:
    return as_json(status, {"errors": [{"message": message, "field": None, "help": None}]})
