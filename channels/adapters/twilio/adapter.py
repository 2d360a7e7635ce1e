"""SMS and WhatsApp out through Twilio: the official SDK over our keep-alive transport.

Twilio has no idempotency key. An unproven send is looked up in the list of messages to that number
by its text; our id rides in the status callback's URL, which Twilio signs. A WhatsApp template goes
as `data`: `content_sid` and, where it has variables, `content_variables`.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from logging import getLogger
from threading import local
from typing import Any
from urllib.parse import urlencode

import msgspec
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from channels.adapters.base import Option, channel_of
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core import app_push
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain
from profiles.queries import clock

CHANNELS = ("sms", "whatsapp")
OPTIONS = (
    Option(name="account_sid", label="Account SID", required=True),
    Option(name="auth_token", label="Auth token", secret=True, required=True),
    Option(name="auth_token_secondary", label="Secondary auth token", secret=True),
    Option(name="channel", label="Channel (sms or whatsapp)"),
    Option(name="base_url", label="API address"),
)
WHATSAPP = "whatsapp:"
SETTLE_SECONDS = 60
LISTED = 50
# Twilio's clock against ours, and its whole seconds.
SKEW = timedelta(seconds=60)
# What the SDK raises for a success in another shape than Twilio's.
UNREADABLE = (TwilioException, ValueError, KeyError, TypeError, AttributeError)

# Twilio's own error codes where they say more than the HTTP status.
ERRORS: Mapping[int, tuple[OutcomeKind, str]] = {
    14107: ("retry", "rate_limited"),
    20003: ("account_broken", "wrong_credentials"),
    20005: ("account_broken", "account_inactive"),
    20429: ("retry", "rate_limited"),
    21211: ("permanent", "invalid_address"),
    21212: ("account_broken", "invalid_sender"),
    21217: ("permanent", "invalid_address"),
    21408: ("permanent", "region_forbidden"),
    21602: ("permanent", "empty_text"),
    21603: ("account_broken", "invalid_sender"),
    21606: ("account_broken", "invalid_sender"),
    21610: ("permanent", "unsubscribed"),
    21611: ("retry", "queue_full"),
    21612: ("permanent", "unreachable"),
    21614: ("permanent", "invalid_address"),
    21617: ("permanent", "text_too_long"),
    30001: ("retry", "queue_full"),
    63003: ("permanent", "invalid_address"),
    63007: ("account_broken", "invalid_sender"),
    63016: ("permanent", "template_needed"),
    63018: ("retry", "rate_limited"),
    63024: ("permanent", "invalid_address"),
}


def open(account: AccountSettings) -> "TwilioSender":
    """Open the account; no call is made yet."""
    return TwilioSender(account)


class Rejected(Exception):
    """An answer that is not a success, with the headers that the SDK's own error loses."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


class KeepAliveHttpClient(HttpClient):  # type: ignore[misc]
    """The SDK's documented extension point, on pooled connections with time-outs."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(getLogger(__name__), is_async=False)
        self.transport = transport
        self._heard = local()

    def request(
        self,
        method: str,
        uri: str,
        *,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
        url = f"{uri}?{urlencode(params, doseq=True)}" if params else uri
        body = urlencode(data or {}, doseq=True).encode("ascii") if method == "POST" else None
        answer = self.transport.request(method, url, headers=sent, body=body)
        if answer.status >= 300:
            raise Rejected(answer)
        self._heard.date = answer.headers.get("date", "")
        return Response(answer.status, answer.text, answer.headers)

    def ahead(self) -> timedelta:
        """How far Twilio's clock is ahead of ours, by this thread's last answer; 0 if it is silent.

        Ours may have been set wrong, and then what Twilio took an hour ago was taken just now.
        """
        try:
            told: datetime = parsedate_to_datetime(self._heard.date)
        except (ValueError, AttributeError):
            return timedelta()
        return (told if told.tzinfo else told.replace(tzinfo=UTC)) - clock.now()


class TwilioSender:
    """One Twilio account, safe to use from many threads."""

    repeatable = False

    def __init__(self, account: AccountSettings) -> None:
        options = account.options
        self._sender = account.sender
        self._whatsapp = channel_of(account, CHANNELS) == "whatsapp"
        self.settle_seconds = int(options.get("settle_seconds") or SETTLE_SECONDS)
        self._transport = Transport(seconds=seconds_of(account))
        self._http = KeepAliveHttpClient(self._transport)
        self._client = Client(
            options.get("account_sid") or "none",
            options.get("auth_token") or "none",
            http_client=self._http,
        )
        if options.get("base_url"):
            self._client.api.base_url = options["base_url"].rstrip("/")

    def send(self, message: Outgoing) -> Outcome:
        try:
            sent = self._client.messages.create(**self._given(message))
        except TransportError as error:
            return error.outcome()
        except Rejected as error:
            return rejected(error.answer)
        except UNREADABLE as error:
            return Outcome(kind="unknown", code="unreadable_answer", detail=plain(str(error)))
        if not sent.sid:
            return Outcome(kind="unknown", code="unreadable_answer", detail="It named no message.")
        return Outcome(kind="accepted", provider_id=sent.sid, http_status=201)

    def _given(self, message: Outgoing) -> dict[str, Any]:
        """The parameters of the call; what a WhatsApp template says is Twilio's to compose."""
        sender = message.sender or self._sender
        template = content(message.data) if self._whatsapp else {}
        given: dict[str, Any] = {"to": self._address(message.to)}
        given |= template or {"body": message.text}
        if sender.startswith("MG"):
            given["messaging_service_sid"] = sender
        else:
            given["from_"] = self._address(sender) if sender else ""
        if message.status_callback:
            given["status_callback"] = callback_url(message)
        if message.ttl is not None:
            given["validity_period"] = min(max(message.ttl, 1), 36000)
        return given

    def _address(self, number: str) -> str:
        return WHATSAPP + number.removeprefix(WHATSAPP) if self._whatsapp else number

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """The newest messages to that number: one with this text since then is ours.

        A WhatsApp template is listed with a text that is not ours: any message may be it.
        """
        try:
            listed = self._client.messages.list(
                to=self._address(to), limit=LISTED, page_size=LISTED
            )
        except (TransportError, Rejected, *UNREADABLE):
            return None
        earliest = since - SKEW + self._http.ahead()
        recent = [item for item in listed if _created(item, default=since) >= earliest]
        for item in recent:
            if body.strip() and (item.body or "").strip().endswith(body.strip()):
                return Outcome(kind="accepted", provider_id=item.sid or "")
        if len(recent) >= LISTED or (recent and (self._whatsapp or not body.strip())):
            return None
        return Outcome(kind="retry", code="absent")

    def close(self) -> None:
        self._transport.close()


def callback_url(message: Outgoing) -> str:
    """The status callback that names our message."""
    joint = "&" if "?" in message.status_callback else "?"
    return f"{message.status_callback}{joint}{urlencode({'m': message.uid})}"


def content(data: Mapping[str, Any]) -> dict[str, str]:
    """The template that a message names, or nothing; its variables are JSON with strings."""
    sid, variables = data.get("content_sid"), data.get("content_variables")
    if not isinstance(sid, str) or not sid:
        return {}
    if isinstance(variables, Mapping):
        named = {str(name): app_push.text(value) for name, value in variables.items()}
        variables = msgspec.json.encode(named).decode()
    given = isinstance(variables, str) and variables not in ("", "{}")
    return {"content_sid": sid, **({"content_variables": str(variables)} if given else {})}


class _Error(msgspec.Struct):
    code: int | None = None
    message: str = ""


def rejected(answer: Answer) -> Outcome:
    """Twilio's error code decides; without a known one, the HTTP status does."""
    try:
        error = msgspec.json.decode(answer.body, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer.outcome(detail=answer.text)
    general = answer.outcome(detail=f"{error.code}: {error.message}")
    known = ERRORS.get(error.code or 0)
    if known is None or answer.status >= 500:
        return general
    return msgspec.structs.replace(general, kind=known[0], code=known[1])


def _created(item: MessageInstance, *, default: datetime) -> datetime:
    created = item.date_created
    if not isinstance(created, datetime):
        return default
    return created if created.tzinfo else created.replace(tzinfo=UTC)
