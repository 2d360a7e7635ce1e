"""May this message leave now, and by which channel? The gates in their fixed order, as a table.

Each gate sees the facts and either decides or passes on to the next; what no gate decides is sent.
Whoever walks as a ghost meets the same gates, so that `withheld` means "would have been sent".
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from channels.core import address
from profiles.core import consent

OPEN = "open"
PAUSED = "paused"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the gates decide on. `accounts` says OPEN or PAUSED per channel that has an account.

    `addresses` and `suppressed` (the reason) are by channel, `consents` by (channel, topic).
    """

    channels: tuple[str, ...]
    transactional: bool
    topic: str
    ghost: str
    expires_at: datetime | None
    addresses: Mapping[str, str]
    suppressed: Mapping[str, str]
    consents: Mapping[tuple[str, str], str]
    policy: str
    accounts: Mapping[str, str]


class Go(msgspec.Struct, frozen=True):
    """Render and hand over to this address."""

    channel: str
    address: str


class Refuse(msgspec.Struct, frozen=True):
    """Never send it: `status` is skipped, withheld or expired; `inputs` are what decided."""

    status: str
    reason: str
    inputs: Mapping[str, Any]
    channel: str = ""
    address: str = ""


class Hold(msgspec.Struct, frozen=True):
    """Not now; look again soon."""

    reason: str


Verdict = Go | Refuse | Hold
Gate = Callable[[Facts, Go | None, datetime], Verdict | None]

PRECEDENCE = ("suppressed", "no_consent", "no_account", "invalid_address", "no_address")
"""Of several channels that refuse, the reason that says most is the message's."""


def judge(facts: Facts, *, now: datetime) -> Verdict:
    """The verdict of the first gate that decides; Go if none does."""
    way: Go | None = None
    for gate in GATES:
        verdict = gate(facts, way, now)
        if isinstance(verdict, Go):
            way = verdict
        elif verdict is not None:
            return verdict
    return way or Refuse("skipped", "no_address", {})


def _expiry(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    if facts.expires_at is not None and facts.expires_at <= now:
        return Refuse("expired", "expired", {"expires_at": facts.expires_at.isoformat()})
    return None


def _reach(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    """Suppression, then consent, then account, for each channel asked; the first open one wins."""
    refused: dict[str, dict[str, str]] = {}
    for channel in facts.channels:
        refusal = _refusal(facts, channel)
        if not refusal:
            return Go(channel, facts.addresses[channel])
        refused[channel] = refusal
    reasons = {refusal["reason"] for refusal in refused.values()}
    if PAUSED in reasons:
        return Hold("account_paused")
    reason = next((code for code in PRECEDENCE if code in reasons), "no_address")
    return Refuse("skipped", reason, refused)


def _refusal(facts: Facts, channel: str) -> dict[str, str]:
    """Why this channel does not reach the customer; empty if it does."""
    target = facts.addresses.get(channel, "")
    if not target:
        return {"reason": "no_address"}
    if not address.is_valid(channel, target):
        return {"reason": "invalid_address"}
    if channel in facts.suppressed:
        return {"reason": "suppressed", "because": facts.suppressed[channel]}
    refusal = _consent(facts, channel)
    if refusal:
        return {"reason": "no_consent", "because": refusal}
    account = facts.accounts.get(channel, "no_account")
    return {} if account == OPEN else {"reason": account}


def _consent(facts: Facts, channel: str) -> str:
    """A transactional message needs no consent, but nothing overrides a plain refusal."""
    code = consent.refusal(
        channel=facts.consents.get((channel, consent.WHOLE), ""),
        topic=facts.consents.get((channel, facts.topic), "") if facts.topic else "",
        policy=facts.policy,
    )
    return "" if facts.transactional and not code.endswith("unsubscribed") else code


def _control(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    if not facts.ghost or way is None:
        return None
    return Refuse("withheld", facts.ghost, {"control": facts.ghost}, way.channel, way.address)


GATES: tuple[Gate, ...] = (_expiry, _reach, _control)
"""In the order they are asked. Caps, quiet hours and best time belong after `_control`."""
