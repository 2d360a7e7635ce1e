"""Postmark on loopback: /email, its error codes, and the reports of its webhooks."""

import base64
import time
import uuid
from typing import Any

import msgspec

from tests.emulators.server import Emulator, Reply, Request, as_json

INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive."
    "\nFound inactive addresses: {}.\nInactive recipients are ones that have generated a hard"
    " bounce or a spam complaint."
)


class Postmark(Emulator):
    """Takes mail for one server token; addresses in `inactive` have bounced before."""

    def __init__(self, *, server_token: str = "token", **settings: Any) -> None:
        super().__init__(**settings)
        self.server_token = server_token
        self.inactive: set[str] = set()

    def is_send(self, request: Request) -> bool:
        return request.path == "/email"

    def answer(self, request: Request) -> Reply:
        if request.headers.get("x-postmark-server-token") != self.server_token:
            return failed(401, 10, "No Account or Server API tokens were supplied.")
        if not self.is_send(request) or request.method != "POST":
            return Reply(404)
        try:
            mail = msgspec.json.decode(request.body)
            sender, to = mail["From"], mail["To"].rpartition("<")[2].rstrip(">")
        except (msgspec.DecodeError, KeyError, AttributeError):
            return failed(422, 402, "Invalid JSON")
        if "TextBody" not in mail and "HtmlBody" not in mail:
            return failed(422, 300, "Provide either email TextBody or HtmlBody or both.")
        if to in self.inactive:
            return failed(422, 406, INACTIVE.format(to))
        name = str(uuid.uuid4())
        self.accept(
            uid=mail.get("Metadata", {}).get("message_id", ""),
            id=name,
            to=to,
            sender=sender,
            mail=mail,
            at=time.time(),
        )
        said = {"ErrorCode": 0, "Message": "OK", "MessageID": name, "To": mail["To"]}
        return as_json(200, said | {"SubmittedAt": "2026-11-05T12:00:00.0000000Z"})


def failed(status: int, code: int, message: str) -> Reply:
    return as_json(status, {"ErrorCode": code, "Message": message})


def report(record: str, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a webhook tells of a message."""
    at = "2026-11-05T12:00:00.1234567Z"
    address = "Email" if record in {"Bounce", "SpamComplaint"} else "Recipient"
    times = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SubscriptionChange": "ChangedAt"}
    return {
        "RecordType": record,
        "MessageID": message["id"],
        address: message["to"],
        times.get(record, "ReceivedAt"): at,
        "Metadata": {"message_id": message["uid"]},
        "Tag": "",
        **fields,
    }


def login(name: str) -> dict[str, str]:
    """The header of a user and a password in the callback's address."""
    return {"Authorization": f"Basic {base64.b64encode(name.encode()).decode()}"}
