"""Which texts are instants: ISO 8601 dates and date-times, one shape for the parser and for SQL.

`2026-12-01`, `2026-12-01T10:00`, `2026-12-01 10:00:30.5Z`, `…+05:30`, `…+0530`, `…+05`; years
0001 to 9999, days that exist, up to nine decimals (cut to microseconds). Without a zone it is the
workspace's wall clock; a date without a time is its midnight.
"""

import re
from datetime import date

_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"

SHAPE = f"[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]{_CLOCK}{_ZONE}?)?"
"""Means the same to Python and to PostgreSQL. Whether the day exists is asked apart."""

_SHAPE = re.compile(SHAPE)


def is_instant(text: str) -> bool:
    """Whether `text` is one of the forms above."""
    if not _SHAPE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True
