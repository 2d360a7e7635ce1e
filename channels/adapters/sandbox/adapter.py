"""Takes every message of every channel and sends none of them. No network, no state.

The inbox of the sandbox is the message table itself.
"""

from datetime import datetime

from channels.adapters.base import Option
from channels.core.message import AccountSettings, Outcome, Outgoing

CHANNELS = ("email", "sms", "whatsapp", "push", "telegram", "webhook", "inbox")
OPTIONS: tuple[Option, ...] = ()


def open(account: AccountSettings) -> "SandboxSender":
    """Nothing to open."""
    return SandboxSender()


class SandboxSender:
    """Accepts at once; the provider's id follows from ours, so a repeat is the same message."""

    repeatable = True
    settle_seconds = 0

    def send(self, message: Outgoing) -> Outcome:
        return Outcome(kind="accepted", provider_id=provider_id(message.uid))

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        return Outcome(kind="accepted", provider_id=provider_id(uid))

    def close(self) -> None:
        """Nothing to close."""


def provider_id(uid: str) -> str:
    return f"sandbox-{uid}"
