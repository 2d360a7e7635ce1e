"""What a test of a journey expects: of whom, what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from journeys.core.trials.observed import Message, same_moment, span


class When(msgspec.Struct, frozen=True):
    """Exactly `at`, or not later than `by`, counted from the start; neither is whenever."""

    at: timedelta | None = None
    by: timedelta | None = None

    def fits(self, moment: timedelta) -> bool:
        if self.at is not None:
            return same_moment(moment, self.at)
        return self.by is None or moment <= self.by

    def words(self) -> str:
        if self.at is not None:
            return f" after exactly {span(self.at)}"
        return f" within {span(self.by)}" if self.by is not None else ""


class Expectation(msgspec.Struct, frozen=True):
    """One line under `expect`. `value` is what its kind reads; `path` where it stands."""

    path: str
    customer: str
    kind: str
    value: Any
    when: When


class Sought(msgspec.Struct, frozen=True):
    """The messages that fit: every given word must be the same, every text must be contained."""

    step: str = ""
    channel: str = ""
    reason: str = ""
    texts: Mapping[str, str] = {}
    times: int | None = None

    def fits(self, message: Message) -> bool:
        return (
            self.step in ("", message.step)
            and self.channel in ("", message.channel)
            and self.reason in ("", message.reason)
            and all(text in message.texts.get(key, "") for key, text in self.texts.items())
        )

    def words(self) -> str:
        said = [f"“{self.step}”" if self.step else "a message"]
        said += [f"by {self.channel}"] if self.channel else []
        said += [f"because of {self.reason}"] if self.reason else []
        said += [f"with “{text}” in its {key}" for key, text in self.texts.items()]
        return " ".join(said) + (f" {self.times} times" if self.times is not None else "")
