"""Twilio on loopback: Messages.json (create and list), signed status callbacks and replies."""

import base64
import re
import time
import uuid
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from twilio.request_validator import RequestValidator

from tests.emulators.server import Emulator, Reply, Request, as_json


class Twilio(Emulator):
    """Takes SMS for one account. Numbers in `opted_out` have said STOP to it; its own clock is
    `ahead` of ours by so many seconds.
    """

    def __init__(
        self, *, account_sid: str = f"AC{'0' * 32}", auth_token: str = "token", **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.opted_out: set[str] = set()
        self.ahead = 0.0
        self._credentials = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._list = f"/2010-04-01/Accounts/{account_sid}/Messages.json"

    def is_send(self, request: Request) -> bool:
        return request.method == "POST" and request.path.endswith("/Messages.json")

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Basic {self._credentials}":
            return _error(401, 20003, "Authenticate")
        if request.path != self._list:
            return _error(404, 20404, "The requested resource was not found")
        return self._create(request.form()) if request.method == "POST" else self._page(request)

    def control(self, request: Request) -> Reply:
        if request.path == "/_/report":
            asked = msgspec.json.decode(request.body)
            return as_json(
                200, [self.report(item, asked["status"]) for item in list(self.accepted)]
            )
        return super().control(request)

    def _create(self, form: dict[str, str]) -> Reply:
        to = form.get("To", "")
        if not re.fullmatch(r"(?:whatsapp:)?\+[1-9]\d{6,14}", to):
            return _error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        through = form.get("From", "")
        if through.startswith("whatsapp:") != to.startswith("whatsapp:") and through:
            return _error(400, 63007, "No Channel with the specified From address.")
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return _error(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body") and not form.get("ContentSid"):
            return _error(400, 21602, "Message body is required.")
        if to in self.opted_out:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        sid = f"SM{uuid.uuid4().hex}"
        callback = form.get("StatusCallback", "")
        self.accept(
            uid=callback.rpartition("m=")[2],
            id=sid,
            to=to,
            sender=form.get("From") or form.get("MessagingServiceSid"),
            text=form.get("Body", "(as the template says)"),
            template=form.get("ContentSid", ""),
            variables=form.get("ContentVariables", ""),
            callback=callback,
            validity=form.get("ValidityPeriod"),
            at=time.time() + self.ahead,
        )
        return as_json(201, self._resource(self.accepted[-1]))

    def _page(self, request: Request) -> Reply:
        to = request.query.get("To")
        found = [item for item in reversed(self.accepted) if to in (None, item["to"])]
        size = int(request.query.get("PageSize", "50"))
        messages = [self._resource(item) for item in found[:size]]
        page = {"messages": messages, "page": 0, "page_size": size, "next_page_uri": None}
        return as_json(200, page, Date=formatdate(time.time() + self.ahead, usegmt=True))

    def _resource(self, item: dict[str, Any]) -> dict[str, Any]:
        created = formatdate(item["at"], usegmt=True).replace("GMT", "+0000")
        return {
            "sid": item["id"],
            "account_sid": self.account_sid,
            "to": item["to"],
            "from": item["sender"],
            "body": item["text"],
            "status": "queued",
            "direction": "outbound-api",
            "date_created": created,
            "date_updated": created,
            "date_sent": None,
            "num_segments": "1",
            "num_media": "0",
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{item['id']}.json",
            "subresource_uris": {},
        }

    def signed(self, url: str, fields: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """A callback's form and headers, signed by the official SDK."""
        signature = RequestValidator(self.auth_token).compute_signature(url, fields)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature,
        }
        return urlencode(fields).encode(), headers

    def status(self, message: dict[str, Any], status: str, **fields: str) -> dict[str, str]:
        """The fields of a status callback."""
        return {
            "MessageSid": message["id"],
            "SmsSid": message["id"],
            "MessageStatus": status,
            "SmsStatus": status,
            "To": message["to"],
            "From": message["sender"],
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            **fields,
        }

    def reply(self, sender: str, text: str, **fields: str) -> dict[str, str]:
        """The fields of an inbound message."""
        sid = f"SM{uuid.uuid4().hex}"
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "SmsStatus": "received",
            "AccountSid": self.account_sid,
            "From": sender,
            "To": "+15550000000",
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
            **fields,
        }

    def report(self, message: dict[str, Any], status: str, **fields: str) -> int:
        """Call the message's own status callback; the status that was answered."""
        return self.post(message["callback"], self.status(message, status, **fields))

    def post(self, url: str, fields: dict[str, str]) -> int:
        body, headers = self.signed(url, fields)
        return httpx.post(url, content=body, headers=headers, timeout=60).status_code


def _error(status: int, code: int, message: str) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return as_json(status, {"code": code, "message": message, "more_info": more, "status": status})
