"""Signed callbacks of each provider, and reading them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from channels.adapters import registry
from channels.adapters.base import Callbacks, Malformed, RawRequest, Refusal
from channels.core.message import AccountSettings
from channels.core.receipt import Receipt
from tests.emulators.sendgrid import SendGrid
from tests.emulators.telegram import Telegram
from tests.emulators.twilio import Twilio
from tests.emulators.webhook import SECRET, Webhook

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
STATUS = "https://shop.example/callbacks/twilio/main/status?m=uid-1"
INBOUND = "https://shop.example/callbacks/twilio/main/inbound"
EVENTS = "https://shop.example/callbacks/sendgrid/main"
UPDATES = "https://shop.example/callbacks/telegram/main"
REPORTS = "https://shop.example/callbacks/webhook/main"
TAKEN = {
    "id": "sg1", "uid": "uid-1", "to": "ann@example.com", "sender": "+15550001111",
    "at": NOW.timestamp(),
}  # fmt: skip

UID = "0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b"
PRESSED = "C5xrPn8KSlWfThwtPk9aaw:yes"
ASKED = {
    "to": "4242", "number": 7, "at": NOW.timestamp(),
    "buttons": [[{"text": "Yes, please", "callback_data": PRESSED}]],
}  # fmt: skip

sendgrid = SendGrid()
twilio = Twilio(auth_token="token-1")
telegram = Telegram(secret_token="secret-1")
webhook = Webhook()


def raw(url: str, body: bytes, headers: Mapping[str, str], *, now: datetime = NOW) -> RawRequest:
    lowered = {name.lower(): value for name, value in headers.items()}
    return RawRequest(method="POST", url=url, headers=lowered, body=body, now=now)


def from_sendgrid(*events: Any, at: datetime = NOW) -> RawRequest:
    body, headers = sendgrid.signed(events, timestamp=at.timestamp())
    return raw(EVENTS, body, headers)


def from_twilio(fields: dict[str, str], *, url: str = STATUS) -> RawRequest:
    body, headers = twilio.signed(url, fields)
    return raw(url, body, headers)


def from_telegram(update: Any) -> RawRequest:
    body, headers = telegram.signed(update)
    return raw(UPDATES, body, headers)


def from_webhook(reports: Any, *, name: str = "", at: datetime = NOW) -> RawRequest:
    body, headers = webhook.signed(reports, name=name, at=at.timestamp())
    return raw(REPORTS, body, headers)


class Provider(msgspec.Struct):
    """`proves` are the kind and message of the genuine callback; a secret covers no body."""

    name: str
    genuine: Callable[[], RawRequest]
    signature: str
    account: AccountSettings
    proves: tuple[str, str] = ("delivered", "uid-1")
    covers_body: bool = True

    @property
    def callbacks(self) -> Callbacks:
        return registry.callbacks(self.name)


PROVIDERS = {
    "sendgrid": Provider(
        "sendgrid",
        lambda: from_sendgrid(sendgrid.event("delivered", TAKEN)),
        "x-twilio-email-event-webhook-signature",
        AccountSettings(
            slug="main",
            adapter="sendgrid",
            options={"webhook_public_key": sendgrid.public_key},
        ),
    ),
    "twilio": Provider(
        "twilio",
        lambda: from_twilio(twilio.status({**TAKEN, "to": "+4915112345678"}, "delivered")),
        "x-twilio-signature",
        AccountSettings(
            slug="main",
            adapter="twilio",
            options={"auth_token": "token-1", "auth_token_secondary": "token-2"},
        ),
    ),
    "telegram": Provider(
        "telegram",
        lambda: from_telegram(telegram.press(ASKED, PRESSED)),
        "x-telegram-bot-api-secret-token",
        AccountSettings(slug="main", adapter="telegram", options={"secret_token": "secret-1"}),
        proves=("clicked", UID),
        covers_body=False,
    ),
    "webhook": Provider(
        "webhook",
        lambda: from_webhook(webhook.report("delivered", "uid-1")),
        "webhook-signature",
        AccountSettings(slug="main", adapter="webhook", options={"secret": SECRET}),
    ),
}
OTHERS = {
    "webhook_public_key": SendGrid().public_key,
    "auth_token": "other",
    "auth_token_secondary": "",
    "secret_token": "other",
    "secret": f"whsec_{'b3Ro' * 8}",
}
"""What the accounts of somebody else are configured with."""


def refused(provider: Provider, request: RawRequest, **options: str) -> Refusal:
    account = msgspec.structs.replace(
        provider.account, options={**provider.account.options, **options}
    )
    refusal = provider.callbacks.verify(account, request)
    assert refusal is not None
    return refusal


def changed(request: RawRequest, **fields: Any) -> RawRequest:
    return msgspec.structs.replace(request, **fields)


def receipts(provider: str, request: RawRequest) -> list[Receipt]:
    account = PROVIDERS[provider].account
    callbacks = registry.callbacks(provider)
    assert callbacks.verify(account, request) is None
    parsed = callbacks.parse(account, request)
    assert not isinstance(parsed, Malformed)
    return list(parsed)


def one(provider: str, request: RawRequest) -> Receipt:
    (receipt,) = receipts(provider, request)
    return receipt
