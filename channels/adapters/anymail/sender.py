"""One account of a provider that django-anymail knows.

None of these providers folds repeats. Our id travels as metadata, which comes back in their
reports; the Message-ID is the same for every attempt.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from anymail.backends import (
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postmark,
    resend,
    scaleway,
    sparkpost,
)
from anymail.exceptions import AnymailAPIError, AnymailError
from anymail.message import AnymailMessage
from django.core.exceptions import ImproperlyConfigured
from requests import RequestException

from channels.adapters.anymail.session import Session, answer_of
from channels.adapters.transport import Transport, TransportError, seconds_of
from channels.core.mail import mailbox, message_id, refusal
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain

BACKENDS: Mapping[str, Any] = {
    "brevo": brevo.EmailBackend,
    "mailersend": mailersend.EmailBackend,
    "mailgun": mailgun.EmailBackend,
    "mailjet": mailjet.EmailBackend,
    "mailtrap": mailtrap.EmailBackend,
    "mandrill": mandrill.EmailBackend,
    "postmark": postmark.EmailBackend,
    "resend": resend.EmailBackend,
    "scaleway": scaleway.EmailBackend,
    "sparkpost": sparkpost.EmailBackend,
}
# Without it Postmark replaces our Message-ID by one of its own.
HEADERS: Mapping[str, dict[str, str]] = {"postmark": {"X-PM-KeepID": "true"}}
METADATA = "message_id"
# What our outcomes rest on; and no secret is ever printed.
OWN: Mapping[str, bool] = {
    "fail_silently": False,
    "debug_api_requests": False,
    "ignore_unsupported_features": True,
    "ignore_recipient_status": True,
}

# django-anymail's word on the recipient of a message that the provider answered with success.
WORDS: Mapping[str, tuple[OutcomeKind, str]] = {
    "sent": ("accepted", ""),
    "queued": ("accepted", ""),
    "invalid": ("permanent", "invalid_address"),
    "rejected": ("permanent", "rejected"),
    "failed": ("permanent", "failed"),
}
# Postmark says with 422 what others say with 401, 403 or 503.
POSTMARK: Mapping[int, tuple[OutcomeKind, str]] = {
    100: ("retry", "maintenance"),
    400: ("account_broken", "invalid_sender"),
    401: ("account_broken", "invalid_sender"),
    405: ("account_broken", "account_inactive"),
    412: ("account_broken", "account_inactive"),
    413: ("account_broken", "account_inactive"),
}


class AnymailSender:
    """Safe to use from many threads: each message has a backend of its own, all one transport."""

    repeatable = False
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        self._sender = account.sender
        self._backend = account.options.get("backend", "").strip().lower()
        self._settings = account.options.get("settings", "")
        self._base_url = account.options.get("base_url", "")
        self._transport = Transport(seconds=seconds_of(account))

    def send(self, message: Outgoing) -> Outcome:
        message = msgspec.structs.replace(message, sender=message.sender or self._sender)
        refused = refusal(message)
        if refused is not None:
            return refused
        try:
            backend = self._opened()
        except (ImproperlyConfigured, ValueError, TypeError) as error:
            return _broken("unusable_settings", str(error))
        return _sent(backend, compose(message, self._backend))

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """django-anymail cannot ask; the provider's report settles it."""
        return None

    def close(self) -> None:
        self._transport.close()

    def _opened(self) -> Any:
        """The provider's backend. Raises ValueError or ImproperlyConfigured, without secrets."""
        known = BACKENDS.get(self._backend)
        if known is None:
            raise ValueError(f"Its provider must be one of {', '.join(BACKENDS)}.")
        try:
            settings = msgspec.json.decode(self._settings or "{}", type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError):
            raise ValueError("Its settings are not an object in JSON.") from None
        if self._base_url:
            settings["api_url"] = self._base_url
        backend = known(**{**settings, **OWN})
        backend.session = Session(self._transport)
        return backend


def compose(message: Outgoing, backend: str) -> AnymailMessage:
    """Plain text with HTML beside it, for one recipient; clicks and opens are ours to count."""
    mail = AnymailMessage(
        subject=message.subject,
        body=message.text,
        from_email=_party(message.sender),
        to=[_party(message.to)],
        headers={
            **message.headers,
            "Message-ID": message_id(message),
            **HEADERS.get(backend, {}),
        },
        metadata={METADATA: message.uid},
        track_clicks=False,
        track_opens=False,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _party(text: str) -> str:
    """Quoted, so that a comma in a name makes no second address."""
    name, address = mailbox(text)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if name else address


def _sent(backend: Any, mail: AnymailMessage) -> Outcome:
    try:
        backend.send_messages([mail])
    except TransportError as error:
        return error.outcome()
    except AnymailAPIError as error:
        return _answered(error)
    except AnymailError as error:
        return _refused("unsupported", str(error.args[0] if error.args else error))
    told = next(iter(mail.anymail_status.recipients.values()), None)
    kind, code = WORDS.get(told.status if told else "", ("unknown", "unreadable_answer"))
    response = mail.anymail_status.esp_response
    return Outcome(
        kind=kind,
        code=code,
        provider_id=plain(told.message_id) if told and kind == "accepted" else "",
        http_status=response.status_code,
        detail="" if kind == "accepted" else plain(response.text),
    )


def _answered(error: AnymailAPIError) -> Outcome:
    """What an answer that is no success proves; one that was a success and is unreadable, nothing.

    Without an answer, requests would not even prepare the call.
    """
    response = error.response
    if response is None:
        cause = error.__cause__ if isinstance(error.__cause__, RequestException) else error
        return _broken("unusable_request", type(cause).__name__)
    if response.status_code < 300:
        return Outcome(
            kind="unknown",
            code="unreadable_answer",
            http_status=response.status_code,
            detail=plain(response.text),
        )
    general = answer_of(response).outcome(detail=response.text)
    known = POSTMARK.get(_postmarks_code(error)) if response.status_code == 422 else None
    if known is None:
        return general
    return msgspec.structs.replace(general, kind=known[0], code=known[1])


class _Error(msgspec.Struct):
    error_code: int = msgspec.field(default=0, name="ErrorCode")


def _postmarks_code(error: AnymailAPIError) -> int:
    try:
        return msgspec.json.decode(error.response.content, type=_Error).error_code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _broken(code: str, remedy: str) -> Outcome:
    detail = plain(f"The account cannot be used. {remedy}")
    return Outcome(kind="account_broken", code=code, detail=detail)


def _refused(code: str, detail: str) -> Outcome:
    return Outcome(kind="permanent", code=code, detail=plain(detail))
