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
from tests.emulators.twilio import Twilio

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
STATUS = "https://shop.example/callbacks/twilio/main/status?m=uid-1"
INBOUND = "https://shop.example/callbacks/twilio/main/inbound"
EVENTS = "https://shop.example/callbacks/sendgrid/main"
TAKEN = {
    "id": "sg1", "uid": "uid-1", "to": "ann@example.com", "sender": "+15550001111",
    "at": NOW.timestamp(),
}  # fmt: skip

sendgrid = SendGrid()
twilio = Twilio(auth_token="token-1")


def raw(url: str, body: bytes, headers: Mapping[str, str], *, now: datetime = NOW) -> RawRequest:
    lowered = {name.lower(): value for name, value in headers.items()}
    return RawRequest(method="POST", url=url, headers=lowered, body=body, now=now)


def from_sendgrid(*events: Any, at: datetime = NOW) -> RawRequest:
    body, headers = sendgrid.signed(events, timestamp=at.timestamp())
    return raw(EVENTS, body, headers)


def from_twilio(fields: dict[str, str], *, url: str = STATUS) -> RawRequest:
    body, headers = twilio.signed(url, fields)
    return raw(url, body, headers)


class Provider(msgspec.Struct):
    name: str
    genuine: Callable[[], RawRequest]
    signature: str
    account: AccountSettings

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
}


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
