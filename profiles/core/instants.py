"""Which texts are instants: ISO 8601 dates and date-times, one pattern for the parser and for SQL.

`2026-12-01`, `2026-12-01T10:00`, `2026-12-01 10:00:30.5Z`, `…+05:30`, `…+0530`, `…+05`; years
0001 to 9999, days that exist, up to nine decimals (cut to microseconds). Without a zone it is the
workspace's wall clock; a date without a time is its midnight.
"""

import re

_YEAR = "(?!0000)[0-9]{4}"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = (
    f"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|(?!0000){_LEAP}-02-29)"
)
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"

PATTERN = f"^{_DAY}([T ]{_CLOCK}{_ZONE}?)?$"
"""Means the same to Python and to PostgreSQL, which guards its cast with it."""

_PATTERN = re.compile(PATTERN.replace("$", r"\Z"), re.ASCII)


def is_instant(text: str) -> bool:
    """Whether `text` is one of the forms above."""
    return _PATTERN.match(text) is not None
