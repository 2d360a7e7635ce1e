"""Which texts are instants: ISO 8601 dates and date-times, one shape for the parser and for SQL.

`2026-12-01`, `2026-12-01T10:00`, `2026-12-01 10:00:30.5Z`, `…+05:30`, `…+0530`, `…+05`; years
0001 to 9999, days that exist, up to nine decimals (cut to microseconds). Without a zone it is the
workspace's wall clock; a date without a time is its midnight.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

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


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The UTC instant of a naive wall time: its first occurrence, or the end of its gap."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # PEP 495: in a gap, fold=1 reckons with the later offset and so lands before the jump.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
