"""Puts a message into the customer's feed. Its text stands in our tables already, so that being
handed over is being there: no network, no state, and a repeat is the same message.
"""

from datetime import datetime

from channels.adapters.base import Option
from channels.core.message import AccountSettings, Outcome, Outgoing

CHANNELS = ("inbox",)
OPTIONS = (Option(name="secret", label="Secret that your site signs its users with", secret=True),)


def open(account: AccountSettings) -> "OnsiteSender":
    """Nothing to open."""
    return OnsiteSender()


class OnsiteSender:
    """Takes whatever has something to show, for a customer."""

    repeatable = True
    settle_seconds = 0

    def send(self, message: Outgoing) -> Outcome:
        if not (message.to.isascii() and message.to.isdigit()):
            return Outcome(
                kind="permanent", code="invalid_address", detail="The message names no customer."
            )
        if not (message.title or message.text):
            return Outcome(
                kind="permanent", code="empty_text", detail="A message needs a title or a text."
            )
        return Outcome(kind="accepted", provider_id=provider_id(message.uid))

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """What was begun is there."""
        return Outcome(kind="accepted", provider_id=provider_id(uid))

    def close(self) -> None:
        """Nothing to close."""


def provider_id(uid: str) -> str:
    return f"onsite-{uid}"
