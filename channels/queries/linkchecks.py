"""What is known of links and images: which are broken, and which messages showed lately."""

import datetime as dt
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from channels.core.linkcheck import Kind

BROKEN = "SELECT hash FROM channels_linkcheck WHERE verdict = 'broken'"
LATELY = """
SELECT url FROM (SELECT url, first_at FROM channels_link ORDER BY id DESC LIMIT %s) newest
WHERE first_at > %s
"""
TROUBLED = """
SELECT url, kind, detail, first_broken_at, uses FROM channels_linkcheck
WHERE verdict = 'broken' AND uses <> '{}' ORDER BY first_broken_at, id
"""
SUSPECTS = """
SELECT url, kind FROM channels_linkcheck WHERE verdict = 'broken' ORDER BY checked_at, id LIMIT %s
"""
ANYWHERE = "*"
"""Used by messages that left lately, whichever journey they were of."""


class Broken(NamedTuple):
    """A link or an image that customers find broken, since when, and who shows it."""

    url: str
    kind: Kind
    detail: str
    since: dt.datetime
    uses: list[str]

    def is_of(self, journey: str) -> bool:
        return any(use.startswith(f"{journey}/") for use in self.uses)


def broken() -> frozenset[str]:
    """The names of all that are broken: none, as a rule, which costs a look into an empty index."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        return frozenset(row[0] for row in cursor.fetchall())


def troubled() -> list[Broken]:
    """Those that live journeys or messages of late show, the longest broken first; none where
    nothing is looked at any more.
    """
    if settings.SOJOURN_LINK_CHECK == "off":
        return []
    with connection.cursor() as cursor:
        cursor.execute(TROUBLED)
        return [Broken(*row) for row in cursor.fetchall()]


def suspects(*, limit: int) -> dict[str, Kind]:
    """What is to be looked at again soon, the longest not looked at first."""
    with connection.cursor() as cursor:
        cursor.execute(SUSPECTS, [limit])
        return dict(cursor.fetchall())


def lately(*, since: dt.datetime, limit: int) -> list[str]:
    """The counted links that messages showed for the first time since then, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(LATELY, [limit, since])
        return [row[0] for row in cursor.fetchall()]
