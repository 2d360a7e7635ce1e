"""Which providers there are: one explicit table, and what the settings add to it.

An SDK of ours is loaded when an account needs it; an adapter of somebody else's at the start, which
it ends with a clear word if it cannot be used.
"""

import os
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import cast

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from channels.adapters.base import Adapter, Callbacks, Option, Sender, channel_of
from channels.core.message import AccountSettings


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: the folder, its name for people and the channels it serves."""

    package: str
    title: str
    channels: tuple[str, ...]


OWN: Mapping[str, Provider] = {
    "sendgrid": Provider(
        package="channels.adapters.sendgrid", title="SendGrid", channels=("email",)
    ),
    "smtp": Provider(package="channels.adapters.smtp", title="SMTP", channels=("email",)),
    "twilio": Provider(
        package="channels.adapters.twilio", title="Twilio", channels=("sms", "whatsapp")
    ),
    "webpush": Provider(package="channels.adapters.webpush", title="Web push", channels=("push",)),
    "telegram": Provider(
        package="channels.adapters.telegram", title="Telegram", channels=("telegram",)
    ),
    "webhook": Provider(
        package="channels.adapters.webhook", title="Webhook", channels=("webhook",)
    ),
    "fcm": Provider(package="channels.adapters.fcm", title="Firebase", channels=("push",)),
    "apns": Provider(package="channels.adapters.apns", title="Apple push", channels=("push",)),
    "anymail": Provider(
        package="channels.adapters.anymail", title="Other e-mail provider", channels=("email",)
    ),
    "onsite": Provider(
        package="channels.adapters.onsite", title="On-site inbox", channels=("inbox",)
    ),
    "sandbox": Provider(
        package="channels.adapters.sandbox",
        title="Sandbox",
        channels=("email", "sms", "whatsapp", "push", "telegram", "webhook", "inbox"),
    ),
}


def added(given: Mapping[str, str]) -> dict[str, Provider]:
    """Rows for packages of other people, by name. Raises ImproperlyConfigured."""
    taken = sorted(OWN.keys() & given.keys())
    if taken:
        raise ImproperlyConfigured(f"SOJOURN_ADAPTERS names {taken[0]}, which is ours: rename it.")
    return {name: _row(name, package) for name, package in given.items()}


def _row(name: str, package: str) -> Provider:
    """What the package's `adapter` module says of itself."""
    try:
        module = import_module(f"{package}.adapter")
        import_module(f"{package}.callbacks")
        channels = tuple(module.CHANNELS)
        title = str(getattr(module, "TITLE", name))
    except (ImportError, AttributeError) as error:
        raise ImproperlyConfigured(
            f"SOJOURN_ADAPTERS: {package} is no adapter: {error}. It needs the modules adapter"
            " (with CHANNELS, OPTIONS and open) and callbacks."
        ) from error
    return Provider(package=package, title=title, channels=channels)


PROVIDERS: Mapping[str, Provider] = {**OWN, **added(getattr(settings, "SOJOURN_ADAPTERS", {}))}


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


def takes_together(name: str) -> bool:
    """Whether the provider takes messages of one text in one call; False for an unknown one."""
    return name in PROVIDERS and bool(getattr(_module(name, "adapter"), "TOGETHER", False))


def channel(account: AccountSettings) -> str:
    """The channel that this account serves. Raises UnknownAdapter."""
    if account.adapter not in PROVIDERS:
        raise UnknownAdapter(account.adapter)
    return channel_of(account, PROVIDERS[account.adapter].channels)


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
