"""Shapes of the HTTP answers: refusals with their reason, instants as text."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from profiles.core.problems import Problem


class Refused(Exception):
    """A request that is not done. `status` is HTTP's; `message` names the remedy.

    `facts` are what else the answer tells, by name.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        problems: Sequence[Problem] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.problems = code, message, status, list(problems)
        self.facts = dict(facts or {})


def instant_text(at: datetime) -> str:
    """`2026-12-01T10:00:00.000Z`."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
