"""When nobody has reacted for so long that more marketing would only hurt the sender's name.

Silence is counted from the last sign of life: so many messages since then, the first of them so
many days ago. Which signs there are is said in channels.operations.sunset_sql.
"""

import re
from datetime import timedelta
from typing import NamedTuple

SUNSET = "sunset"
"""The reason in the list of suppressions: it holds back marketing, and nothing else."""

_WRITTEN = re.compile(r"([1-9][0-9]{0,3})d/([1-9][0-9]{0,3})", re.ASCII)


class Sunset(NamedTuple):
    """Silent is who got `messages` marketing messages over `days` and reacted to nothing since."""

    days: int
    messages: int

    @property
    def silence(self) -> timedelta:
        return timedelta(days=self.days)


def parse(text: str) -> Sunset | None:
    """`180d/12`, or None where nothing is said. Raises ValueError with the remedy."""
    if not text.strip():
        return None
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no days and messages: write such as 180d/12, for twelve messages"
            " over 180 days."
        )
    return Sunset(int(found[1]), int(found[2]))
