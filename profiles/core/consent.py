"""What consent records mean. A refusal of the channel or of the topic always counts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

STATES = ("subscribed", "unsubscribed", "pending", "paused", "resumed")
POLICIES = ("opt_out", "opt_in")
WHOLE = ""
"""The topic that stands for the whole channel."""
EVERY = "*"
"""The channel of a pause: marketing on all of them rests from `paused` to `resumed`."""
PAUSES = ("paused", "resumed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """A customer's word on one channel and topic ("" = all of it). `at` defaults to the present.

    Only a pause has an end (`until`). With `answers`, it takes effect only while the word on record
    is the pending or paused one of just that instant: what was said since counts more.
    """

    customer_id: int
    channel: str
    state: str
    topic: str = WHOLE
    source: str = "api"
    proof: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    until: datetime | None = None
    answers: datetime | None = None

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"A consent is one of {', '.join(STATES)}, not {self.state}.")
        if not self.channel:
            raise ValueError("A consent needs a channel, such as email.")
        if (self.channel == EVERY) != (self.state in PAUSES) or (
            self.topic and self.state in PAUSES
        ):
            raise ValueError("A pause is of the channel * without a topic, and * has only pauses.")
        if (self.state == "paused") != (self.until is not None):
            raise ValueError("A pause needs its end, `until`; nothing else has one.")


def worded(wording: str) -> dict[str, str]:
    """The proof of what somebody was asked to agree to: the exact words and their SHA-256."""
    return {"wording": wording, "sha256": hashlib.sha256(wording.encode()).hexdigest()}


def refusal(*, channel: str, topic: str, policy: str) -> str:
    """Why a message may not go, "" if it may, from the states ("" = no record) of both.

    Without any record, `opt_out` allows and `opt_in` refuses; a pending word waits for its
    confirmation and refuses under both.
    """
    if channel == "unsubscribed":
        return "unsubscribed"
    if topic == "unsubscribed":
        return "topic_unsubscribed"
    if "pending" in (channel, topic):
        return "" if topic == "subscribed" else "consent_pending"
    if policy == "opt_in" and "subscribed" not in (channel, topic):
        return "no_consent"
    return ""
