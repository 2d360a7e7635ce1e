"""What a page tells of the messages that it shows becomes receipts, each once."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from channels.core.machine import is_machine
from channels.core.onsite import user_token
from channels.core.receipt import OWN, Receipt, ReceiptKind
from channels.operations.receive import receive
from channels.queries import onsite
from profiles.core.answers import Refused

KINDS: dict[str, tuple[str, ReceiptKind, dict[str, Any]]] = {
    "impression": ("open:onsite:", "opened", {}),
    "click": ("click:onsite:", "clicked", {}),
    "dismiss": (onsite.DISMISSED, "opened", {"action": "dismiss"}),
}
"""The receipt of each mark: how its key begins, its kind, and what it says besides."""


def mark(
    customer_id: int, marks: Iterable[tuple[UUID, str]], *, user_agent: str, now: dt.datetime
) -> int:
    """Take in (message, mark) pairs of the customer's own messages; others are passed over.

    Returns how many were new.
    """
    told = list(dict.fromkeys(marks))
    mine = onsite.own(customer_id, {uid for uid, _ in told}) if told else set()
    machine = is_machine(user_agent)
    receipts = [_receipt(uid, name, machine, now) for uid, name in told if uid in mine]
    return receive(receipts, source=OWN, now=now, channel="inbox").new


def token(customer_id: int) -> dict[str, str]:
    """The customer's `user` and `token`; Refused without a user_id, or without a secret."""
    user = onsite.user_of(customer_id)
    if not user:
        raise Refused(
            "no_user_id", "This customer has no user_id: identify them first.", status=409
        )
    signed_with = onsite.secrets()
    if not signed_with:
        message = "Give the account of the on-site inbox a secret first."
        raise Refused("no_account", message, status=409)
    return {"user": user, "token": user_token(signed_with[0], user)}


def _receipt(uid: UUID, name: str, machine: bool, now: dt.datetime) -> Receipt:
    key, kind, detail = KINDS[name]
    return Receipt(
        key=f"{key}{uid}", kind=kind, at=now, message_uid=str(uid), machine=machine, detail=detail
    )
