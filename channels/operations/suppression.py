"""Addresses that nothing of their channel reaches any more, and the one way back.

Of several reasons the gravest stays, whatever order they come in.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection

from channels.core.address import canonical
from channels.core.sunset import SUNSET

GRAVITY = [SUNSET, "unsubscribed", "invalid", "bounced", "complained"]
"""Least grave first. Any other reason was given by an operator and is the gravest."""

SUPPRESS = """
INSERT INTO channels_suppression AS s (channel, address, reason, source, at)
SELECT DISTINCT ON (w.channel, w.address) w.channel, w.address, w.reason, w.source,
    max(w.at) OVER (PARTITION BY w.channel, w.address)
FROM unnest(%(channels)s::text[], %(addresses)s::text[], %(reasons)s::text[], %(sources)s::text[],
    %(ats)s::timestamptz[]) AS w(channel, address, reason, source, at)
ORDER BY w.channel, w.address, array_position(%(gravity)s::text[], w.reason) DESC, w.at DESC
ON CONFLICT (channel, address) DO UPDATE
SET reason = CASE WHEN array_position(%(gravity)s::text[], s.reason)
        < COALESCE(array_position(%(gravity)s::text[], EXCLUDED.reason), 99)
        THEN EXCLUDED.reason ELSE s.reason END,
    at = GREATEST(s.at, EXCLUDED.at)
"""

LIFT = """
DELETE FROM channels_suppression s
USING unnest(%(channels)s::text[], %(addresses)s::text[], %(ats)s::timestamptz[])
    AS w(channel, address, at)
WHERE s.channel = w.channel AND s.address = w.address AND s.at <= w.at
    AND s.reason IN ('unsubscribed', 'sunset')
"""


REOPEN = """
DELETE FROM channels_suppression WHERE channel = %s AND address = %s AND reason = 'invalid'
"""


class Word(NamedTuple):
    """What was said about an address, by whom (`source`) and when."""

    channel: str
    address: str
    reason: str
    source: str
    at: dt.datetime


def reopen(channel: str, address: str) -> None:
    """An address that a provider did not know has written to us: it exists."""
    with connection.cursor() as cursor:
        cursor.execute(REOPEN, [channel, canonical(channel, address)])


def suppress(words: Iterable[Word]) -> None:
    """Write nothing more to these addresses."""
    rows = _spelled(words)
    if not rows:
        return
    given: dict[str, Any] = {
        "channels": [row.channel for row in rows],
        "addresses": [row.address for row in rows],
        "reasons": [row.reason for row in rows],
        "sources": [row.source for row in rows],
        "ats": [row.at for row in rows],
        "gravity": GRAVITY,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUPPRESS, given)


def lift(words: Iterable[Word]) -> None:
    """Take back earlier unsubscriptions and silence of these addresses; what is graver stays."""
    rows = _spelled(words)
    if not rows:
        return
    given: dict[str, Any] = {
        "channels": [row.channel for row in rows],
        "addresses": [row.address for row in rows],
        "ats": [row.at for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(LIFT, given)


def _spelled(words: Iterable[Word]) -> Sequence[Word]:
    spelled = (word._replace(address=canonical(word.channel, word.address)) for word in words)
    return [word for word in spelled if word.channel and word.address]
