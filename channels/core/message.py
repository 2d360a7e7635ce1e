"""What a message is, and the one table of how its status may move.

A status answers "where does this message stand"; opens, clicks, complaints and unsubscribes are
facts with a time of their own. Receipts only ever raise the rank of a status, so any order and any
number of copies of them end in the same place.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

OutcomeKind = Literal["accepted", "retry", "permanent", "account_broken", "unknown"]

OUTCOMES: Mapping[OutcomeKind, str] = {
    "accepted": "the provider has taken the message",
    "retry": "the provider has not taken it; try again later",
    "permanent": "the provider will never take this message",
    "account_broken": "the account is refused; pause it and keep its messages",
    "unknown": "nobody can say whether the provider took it; reconcile, never resend on a guess",
}

STATUSES: Mapping[str, str] = {
    "queued": "waits for its turn",
    "sending": "claimed by a worker",
    "sent": "taken by the provider",
    "delivered": "reached the customer's mailbox or device",
    "bounced": "came back",
    "failed": "will not be delivered",
    "unknown": "may or may not have left; under reconciliation",
    "skipped": "refused by a gate, with the reason",
    "withheld": "not sent because the customer is in a control group",
    "expired": "its time ran out before it could leave",
}

# Receipts climb this ladder and never descend; skipped and withheld messages stand beside it.
RANK: Mapping[str, int] = {
    "expired": 0,
    "queued": 1,
    "sending": 2,
    "unknown": 3,
    "sent": 4,
    "failed": 5,
    "delivered": 6,
    "bounced": 7,
}

# What a receipt of each kind proves about the message it speaks of.
PROVES: Mapping[str, str] = {
    "queued": "sent",
    "sent": "sent",
    "deferred": "sent",
    "failed": "failed",
    "delivered": "delivered",
    "opened": "delivered",
    "clicked": "delivered",
    "complained": "delivered",
    "unsubscribed": "delivered",
    "replied": "delivered",
    "bounced": "bounced",
}

OWN_MOVES: Mapping[tuple[str, str], str] = {
    ("queued", "claim"): "sending",
    ("queued", "skip"): "skipped",
    ("queued", "withhold"): "withheld",
    ("queued", "expire"): "expired",
    ("queued", "exhausted"): "failed",
    ("queued", "accepted"): "sent",
    ("sending", "release"): "queued",
    ("sending", "skip"): "skipped",
    ("sending", "withhold"): "withheld",
    ("sending", "expire"): "expired",
    ("sending", "exhausted"): "failed",
    ("sending", "orphaned"): "unknown",
    ("sending", "accepted"): "sent",
    ("sending", "retry"): "queued",
    ("sending", "account_broken"): "queued",
    ("sending", "permanent"): "failed",
    ("sending", "unknown"): "unknown",
    ("unknown", "accepted"): "sent",
    ("unknown", "retry"): "queued",
    ("unknown", "permanent"): "failed",
    ("unknown", "vouched"): "sent",
    ("unknown", "drop"): "failed",
    ("unknown", "resend"): "queued",
    ("failed", "resend"): "queued",
    ("expired", "resend"): "queued",
}

Action = Literal["sent", "resend", "drop"]

ACTIONS: Mapping[Action, str] = {"sent": "vouched", "resend": "resend", "drop": "drop"}
"""What an operator may decide about a message that stopped, and the cause that it is."""

CAUSES: Mapping[str, str] = {
    "claim": "a worker took it",
    "release": "the worker gave it back before any network call",
    "skip": "a gate refused it",
    "withhold": "the customer is in a control group",
    "expire": "its time ran out",
    "exhausted": "it was tried too often",
    "orphaned": "its worker died or outlived its lease",
    "accepted": OUTCOMES["accepted"],
    "retry": OUTCOMES["retry"],
    "permanent": OUTCOMES["permanent"],
    "account_broken": OUTCOMES["account_broken"],
    "unknown": OUTCOMES["unknown"],
    "vouched": "an operator says that it has left",
    "drop": "an operator gave it up",
    "resend": "an operator decided to send it again",
}


def _receipt_moves() -> dict[tuple[str, str], str]:
    """Every climb of the ladder that a receipt can cause, keyed (status, "receipt.KIND")."""
    return {
        (status, f"receipt.{kind}"): proven
        for status, rank in RANK.items()
        for kind, proven in PROVES.items()
        if RANK[proven] > rank
    }


TRANSITIONS: Mapping[tuple[str, str], str] = {**OWN_MOVES, **_receipt_moves()}

TERMINAL = frozenset({"bounced", "failed", "skipped", "withheld", "expired"})


def moved(status: str, cause: str) -> str | None:
    """The status that follows, or None where this cause changes nothing."""
    return TRANSITIONS.get((status, cause))


def decided(action: Action) -> dict[str, str]:
    """Where an operator's decision takes messages, by the status they stand at."""
    ends = {status: moved(status, ACTIONS[action]) for status in STATUSES}
    return {status: end for status, end in ends.items() if end}


def strongest(kinds: Iterable[str]) -> str | None:
    """The receipt kind that proves the most; of one batch, only it needs to move the status."""
    known = [kind for kind in kinds if kind in PROVES]
    return max(known, key=lambda kind: (RANK[PROVES[kind]], kind), default=None)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a journey hands to the outbox. `ghost` is '' or the control group it walks for."""

    customer_id: int
    enrollment_id: int | None
    journey: str
    version: int
    step: str
    visit: int
    channels: tuple[str, ...]
    content_id: int
    send_after: datetime
    arm: str = ""
    purpose: Literal["marketing", "transactional"] = "marketing"
    topic: str = ""
    priority: int = 50
    context: dict[str, Any] = msgspec.field(default_factory=dict)
    ghost: str = ""
    expires_at: datetime | None = None
    on_cap: str = ""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's push subscription; the keys are base64url as the browser gave them."""

    id: int
    endpoint: str
    p256dh: str
    auth: str


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered message as an adapter gets it. Fields of other channels stay empty.

    `uid` is the message's UUID as text, `at` the instant of handing over (aware UTC), `ttl` the
    seconds it stays worth delivering (None: the adapter's default). An SMS is `text`; a push is
    `title`, `body`, `url`, `image`, `data` and `device`.
    """

    uid: str
    to: str
    at: datetime
    sender: str = ""
    subject: str = ""
    html: str = ""
    text: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    title: str = ""
    body: str = ""
    url: str = ""
    image: str = ""
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    ttl: int | None = None
    status_callback: str = ""
    device: Device | None = None

    def letter(self) -> tuple[Any, ...]:
        """What a mail says, whoever it goes to."""
        return self.sender, self.subject, self.html, self.text, tuple(self.headers.items())


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one handing-over ended. `code` is ours, `detail` the provider's own words (cut short).

    Codes with a meaning upstream: `unsubscribed` and `invalid_address` and `subscription_gone` of
    a permanent outcome say that the address is to be suppressed; `absent` of a retry says that the
    provider was asked and never got the message.
    """

    kind: OutcomeKind
    provider_id: str = ""
    retry_after: float | None = None
    http_status: int | None = None
    code: str = ""
    detail: str = ""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A provider account, decrypted, as an adapter needs it. Never logged, never stored."""

    slug: str
    adapter: str
    sender: str = ""
    options: dict[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Without the options: they hold secrets."""
        return f"AccountSettings(slug={self.slug!r}, adapter={self.adapter!r})"
