"""What one customer went through in a test of a journey, in the words of its author.

Times are counted from the start of the test. Everything here is data, and how to say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from profiles.core import durations

TEXTS = ("subject", "text", "html", "title", "body", "url")
SENT = ("sent", "delivered")
REFUSED = "refused_"

_SECOND = timedelta(seconds=1)


class Message(msgspec.Struct, frozen=True):
    """A message of the journey; `texts` are those of TEXTS that it has."""

    at: timedelta
    step: str
    channel: str
    status: str
    reason: str = ""
    texts: Mapping[str, str] = {}

    def words(self) -> str:
        became = f"{self.status}: {self.reason}" if self.reason else self.status
        by = f" by {self.channel}" if self.channel else ""
        subject = self.texts.get("subject") or self.texts.get("title") or self.texts.get("text", "")
        said = f", “{shortened(subject)}”" if subject else ""
        return f"“{self.step}”{by} {became} after {span(self.at)}{said}"


class Reason(msgspec.Struct, frozen=True):
    """One row of the decision log."""

    at: timedelta
    step: str
    code: str
    inputs: Mapping[str, Any] = {}


class Walk(msgspec.Struct, frozen=True):
    """One time in the journey. `left_at` is None while it lasts."""

    entered_at: timedelta
    status: str
    step: str = ""
    left_at: timedelta | None = None
    reason: str = ""
    converted_at: timedelta | None = None
    arms: Mapping[str, str] = {}

    def words(self) -> str:
        if self.left_at is None:
            return f"came in after {span(self.entered_at)} and stands at “{self.step}”"
        how = f"left with “{self.reason}”" if self.status == "left" else "completed the journey"
        return f"came in after {span(self.entered_at)} and {how} after {span(self.left_at)}"


class Observed(msgspec.Struct, frozen=True):
    """Everything of one customer, oldest first, until the test's end at `until`.

    `elsewhere` are the other journeys that the customer came into, and when.
    """

    until: timedelta
    messages: Sequence[Message] = ()
    reasons: Sequence[Reason] = ()
    walks: Sequence[Walk] = ()
    attributes: Mapping[str, Any] = {}
    elsewhere: Sequence[tuple[str, timedelta]] = ()

    def journey_words(self) -> str:
        """How the customer's walks went."""
        if self.walks:
            return "; ".join(walk.words() for walk in self.walks)
        refused = [each.code.removeprefix(REFUSED) for each in self.reasons if _refuses(each)]
        if refused:
            return f"was not let in: {', '.join(dict.fromkeys(refused))}"
        return f"did not come in within {span(self.until)}"

    def message_words(self) -> str:
        return "; ".join(each.words() for each in self.messages) or "no message at all"


def _refuses(reason: Reason) -> bool:
    return reason.code.startswith(REFUSED)


def span(duration: timedelta) -> str:
    """`1d 2h`, as the author would write it; parts of a second are left out."""
    rest = int(duration / _SECOND)
    parts = []
    for unit, seconds in sorted(durations.SECONDS.items(), key=lambda pair: -pair[1]):
        if unit != "w" and rest >= seconds:
            count, rest = divmod(rest, seconds)
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def same_moment(first: timedelta, second: timedelta) -> bool:
    """To the second: what hangs on an edge of the lifecycle comes a microsecond after it."""
    return first // _SECOND == second // _SECOND


def shortened(text: str, most: int = 60) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
