"""When the offer that a message speaks of is over: from then on no message about it leaves.

`offer_ends` is written in a content: an instant, the path of an attribute, or `entry.PATH`. Without
a zone it is the customer's own clock; a date without a time means the whole of that day.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from profiles.core.instants import instant, is_instant

ENTRY, CONTEXT = "entry.", "context."
DATE = len("2026-12-01")
_PATH = re.compile(r"[A-Za-z_][\w$-]*(\.[\w$-]+)*")


def is_literal(written: str) -> bool:
    """Whether it is the end itself, and not where to find it."""
    return is_instant(written.strip())


def problem(written: str) -> str:
    """What is wrong with it, in a sentence; "" if nothing is."""
    if is_literal(written) or _PATH.fullmatch(written.strip()):
        return ""
    return "Write an instant such as 2026-12-01T10:00Z, an attribute, or entry.PROPERTY."


def attribute(written: str) -> str:
    """The path of the attribute that holds it; "" when no attribute does."""
    return "" if is_literal(written) or written.startswith((ENTRY, CONTEXT)) else written


def ends(written: str, *, variables: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    """The instant in UTC; None where there is none. `variables` are those that templates see."""
    value: Any = written if is_literal(written) else _found(written, variables)
    if not isinstance(value, str) or not is_instant(value.strip()):
        return None
    text = value.strip()
    try:
        return _instant(datetime.fromisoformat(text), whole_day=len(text) == DATE, zone=zone)
    except OverflowError:
        return None


def _instant(read: datetime, *, whole_day: bool, zone: tzinfo) -> datetime:
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    return instant(read + timedelta(days=1) if whole_day else read, zone)


def _found(path: str, variables: Mapping[str, Any]) -> Any:
    rooted = path if path.startswith((ENTRY, CONTEXT)) else f"customer.{path}"
    value: Any = variables
    for part in rooted.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
