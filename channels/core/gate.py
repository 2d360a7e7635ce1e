"""May this message leave now, and by which channel? The gates in their fixed order, as a table.

Each gate sees the facts and either decides or passes on to the next; what no gate decides is sent.
Whoever walks as a ghost meets the same gates, so that `withheld` means "would have been sent": the
control group has its place after them all.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from channels.core import address
from channels.core.budget import Capped
from channels.core.sunset import SUNSET
from profiles.core import consent
from profiles.core.erasure import ERASED

OPEN = "open"
PAUSED = "account_paused"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the gates decide on. `accounts` says OPEN or PAUSED per channel that has an account.

    `addresses` and `suppressed` (the reason) are by channel, `consents` by (channel, topic), and so
    are the frequency caps without room (`capped`) and quiet hours that hold now (`quiet_until`).
    `paused_until` is the end of the customer's own pause of everything.
    `shared_control` names the control group of somebody else who has the channel's address.
    `offer_ends` is when what the message offers is over.
    A `firm` expiry stays where it is, however long the message is kept back.
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
    capped: Mapping[str, Capped] = {}
    on_cap: str = "skip"
    quiet_until: Mapping[str, datetime] = {}
    firm: bool = False
    shared_control: Mapping[str, str] = {}
    paused_until: datetime | None = None
    offer_ends: datetime | None = None


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
    """Not now; look again at `until`, or soon."""

    reason: str
    until: datetime | None = None


Verdict = Go | Refuse | Hold
Gate = Callable[[Facts, Go | None, datetime], Verdict | None]

PRECEDENCE = (
    "frequency_cap", "suppressed", SUNSET, "no_consent", "paused", "no_account", "invalid_address",
    "no_address",
)  # fmt: skip
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


def _offer(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    """Nobody is written to about an offer that is over, whatever kept the message back."""
    if facts.offer_ends is not None and facts.offer_ends <= now:
        return Refuse("skipped", "offer_over", {"offer_ends": facts.offer_ends.isoformat()})
    return None


def _reach(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    """Suppression, consent, pause, account, for each channel asked; the first open one wins."""
    refused: dict[str, dict[str, Any]] = {}
    for channel in facts.channels:
        refusal = _refusal(facts, channel)
        if not refusal:
            return Go(channel, facts.addresses[channel])
        refused[channel] = refusal
    reasons = {refusal["reason"] for refusal in refused.values()}
    if PAUSED in reasons:
        return Hold(PAUSED)
    reason = next((code for code in PRECEDENCE if code in reasons), "no_address")
    return Refuse("skipped", reason, refused)


def _refusal(facts: Facts, channel: str) -> dict[str, Any]:
    """Why this channel does not reach the customer; empty if it does."""
    target = facts.addresses.get(channel, "")
    if not target:
        return {"reason": "no_address"}
    if not address.is_valid(channel, target):
        return {"reason": "invalid_address"}
    closed = _suppressed(facts, channel) or _unwilling(facts, channel)
    if closed:
        return closed
    account = facts.accounts.get(channel, "no_account")
    if account != OPEN:
        return {"reason": account}
    return _full(facts, channel)


def _suppressed(facts: Facts, channel: str) -> dict[str, Any]:
    """Nothing goes to a suppressed address; where nobody has reacted for long, or whose owner was
    erased, no marketing.
    """
    because = facts.suppressed.get(channel)
    if because is None or (because in (SUNSET, ERASED) and facts.transactional):
        return {}
    return {"reason": SUNSET} if because == SUNSET else {"reason": "suppressed", "because": because}


def _unwilling(facts: Facts, channel: str) -> dict[str, Any]:
    """What the customer said against it: for good, or until the end of a pause."""
    refusal = _consent(facts, channel)
    if refusal:
        return {"reason": "no_consent", "because": refusal}
    if facts.paused_until is not None and not facts.transactional:
        return {"reason": "paused", "until": facts.paused_until.isoformat()}
    return {}


def _full(facts: Facts, channel: str) -> dict[str, Any]:
    """A cap without room closes the channel where the next one is to be tried."""
    capped = facts.capped.get(channel)
    if capped is None or facts.on_cap != "next_channel" or capped.reason != "frequency_cap":
        return {}
    return {"reason": capped.reason, **capped.inputs}


def _consent(facts: Facts, channel: str) -> str:
    """A transactional message needs no consent, but nothing overrides a plain refusal."""
    code = consent.refusal(
        channel=facts.consents.get((channel, consent.WHOLE), ""),
        topic=facts.consents.get((channel, facts.topic), "") if facts.topic else "",
        policy=facts.policy,
    )
    return "" if facts.transactional and not code.endswith("unsubscribed") else code


def _shared(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    """An address in a control group is not reached through a second profile either."""
    group = facts.shared_control.get(way.channel) if way and not facts.ghost else None
    if way is None or group is None or facts.transactional:
        return None
    return Refuse("skipped", "control_address", {"control": group}, way.channel, way.address)


def _frequency(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    """Room is kept for others: wait. The cap is full: wait, or not at all, as the step says."""
    capped = facts.capped.get(way.channel) if way and not facts.transactional else None
    if way is None or capped is None:
        return None
    waits = capped.reason == "priority" or facts.on_cap == "defer"
    late = facts.firm and facts.expires_at is not None and facts.expires_at <= capped.until
    if waits and not late:
        return Hold(capped.reason, capped.until)
    inputs = {**capped.inputs, "until": capped.until.isoformat()}
    return Refuse("skipped", "frequency_cap", inputs, way.channel, way.address)


def _quiet(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    until = facts.quiet_until.get(way.channel) if way and not facts.transactional else None
    if way is None or until is None:
        return None
    if facts.firm and facts.expires_at is not None and facts.expires_at <= until:
        inputs = {"until": until.isoformat(), "expires_at": facts.expires_at.isoformat()}
        return Refuse("expired", "quiet_hours", inputs, way.channel, way.address)
    return Hold("quiet_hours", until)


def _control(facts: Facts, way: Go | None, now: datetime) -> Verdict | None:
    if not facts.ghost or way is None:
        return None
    return Refuse("withheld", facts.ghost, {"control": facts.ghost}, way.channel, way.address)


GATES: tuple[Gate, ...] = (_expiry, _offer, _reach, _shared, _frequency, _quiet, _control)
"""In the order they are asked."""
