"""Which providers there are: one explicit table. An SDK is loaded when an account needs it."""

import os
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import cast

import msgspec

from channels.adapters.base import Adapter, Callbacks, Option, Sender
from channels.core.message import AccountSettings


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: the folder, its name for people and the channels it serves."""

    package: str
    title: str
    channels: tuple[str, ...]


PROVIDERS: Mapping[str, Provider] = {
    "sendgrid": Provider(
        package="channels.adapters.sendgrid", title="SendGrid", channels=("email",)
    ),
    "smtp": Provider(package="channels.adapters.smtp", title="SMTP", channels=("email",)),
    "twilio": Provider(package="channels.adapters.twilio", title="Twilio", channels=("sms",)),
    "webpush": Provider(package="channels.adapters.webpush", title="Web push", channels=("push",)),
    "sandbox": Provider(
        package="channels.adapters.sandbox",
        title="Sandbox",
        channels=("email", "sms", "push", "telegram", "webhook"),
    ),
}


class UnknownAdapter(LookupError):
    """An account names a provider that is not in the table."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no adapter {name!r}; choose one of {', '.join(PROVIDERS)}.")


def adapter(name: str) -> Adapter:
    """The provider's way out. Raises UnknownAdapter."""
    return cast(Adapter, _module(name, "adapter"))


def callbacks(name: str) -> Callbacks:
    """The provider's way in. Raises UnknownAdapter."""
    return cast(Callbacks, _module(name, "callbacks"))


def options(name: str) -> tuple[Option, ...]:
    """The settings an account of this provider has. Raises UnknownAdapter."""
    return adapter(name).OPTIONS


def _module(name: str, part: str) -> object:
    if name not in PROVIDERS:
        raise UnknownAdapter(name)
    return import_module(f"{PROVIDERS[name].package}.{part}")


_open: dict[tuple[int, str], tuple[AccountSettings, Sender]] = {}
_lock = threading.Lock()


def sender(account: AccountSettings) -> Sender:
    """The account's open sender in this process, opened anew when its settings have changed.

    Connections never cross a fork: each process has its own. Raises UnknownAdapter.
    """
    key = (os.getpid(), account.slug)
    with _lock:
        known = _open.get(key)
        if known is not None and known[0] == account:
            return known[1]
        opened = adapter(account.adapter).open(account)
        _open[key] = (account, opened)
    if known is not None:
        known[1].close()
    return opened


def close_all() -> None:
    """Close every sender of this process, at its end."""
    with _lock:
        mine = [key for key in _open if key[0] == os.getpid()]
        closing = [_open.pop(key)[1] for key in mine]
    for opened in closing:
        opened.close()
