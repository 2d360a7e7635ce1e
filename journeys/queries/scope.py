"""What a report counts: all that ever was, what one version did, or what happened on some days.

A step is entered, and a way taken, when the log says so; a message counts on the day on which it
was made; somebody waits since the day on which they came there. Totals and arms are of those who
entered the journey then.
"""

import datetime as dt
from typing import Any, NamedTuple


class Scope(NamedTuple):
    """`version` is the row of a version and `number` its number; from `since` to before `until`."""

    version: int | None = None
    number: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def params(self) -> dict[str, Any]:
        """As the statements name them."""
        return self._asdict()


ALL = Scope()


def within(at: str, version: str) -> str:
    """The condition in SQL, over the columns that hold the instant and the version's row."""
    return (
        f"({version} = %(version)s OR %(version)s IS NULL)"
        f" AND ({at} >= %(since)s OR %(since)s IS NULL)"
        f" AND ({at} < %(until)s OR %(until)s IS NULL)"
    )
