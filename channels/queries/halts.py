"""What has been stopped by hand: everything, channels, journeys."""

from typing import NamedTuple

from django.db import connection


class Halted(NamedTuple):
    """`channels` and `journeys` by name."""

    everything: bool = False
    channels: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()


def halted() -> Halted:
    """The halts in force."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT scope, name FROM channels_halt ORDER BY id")
        rows = cursor.fetchall()
    return Halted(
        everything=any(scope == "all" for scope, _ in rows),
        channels=tuple(name for scope, name in rows if scope == "channel"),
        journeys=tuple(name for scope, name in rows if scope == "journey"),
    )


NOT_HALTED = """NOT EXISTS (
    SELECT FROM channels_halt h
    WHERE h.scope = 'all' OR (h.scope = 'journey' AND h.name = {journey})
       OR (h.scope = 'channel' AND {channels} <@ ARRAY[h.name]))"""
"""Takes SQL expressions: the journey, and the array of channels that a message may take."""
