"""Looks whether the links and images of messages answer, and writes it down.

Nothing is ever fetched in the sandbox. Fetching takes seconds: never call it in a transaction.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from channels.adapters import looker
from channels.core.linkcheck import Kind, Seen, unanswered
from channels.core.links import link_hash
from channels.queries import linkchecks
from channels.queries.accounts import on_trial

PASSED = "links_passed"
"""In a content whose version was published in spite of its links: they keep nothing back."""
LOOKED_AT_AGAIN = dt.timedelta(minutes=15)
"""How often what is broken is looked at; so long a message with it is held at a time."""
WITHIN = 10.0
"""Seconds for all that are looked at together: a worker that is to stop must not wait longer."""
CHUNK = 64
SUSPECTS = 500
FORGOTTEN = dt.timedelta(days=7)
"""A draft whose publishing was refused is mended by then, or given up."""

WRITE = """
INSERT INTO channels_linkcheck AS l (
    hash, url, kind, verdict, status, detail, checked_at, first_broken_at, uses)
SELECT g.hash, g.url, g.kind, g.verdict, g.status, g.detail, %(now)s,
    CASE WHEN g.verdict = 'broken' THEN %(now)s END, '{}'
FROM json_to_recordset(%(rows)s::json) AS g(
    hash text, url text, kind text, verdict text, status int, detail text)
ORDER BY g.hash
ON CONFLICT (hash) DO UPDATE SET kind = excluded.kind, verdict = excluded.verdict,
    status = excluded.status, detail = excluded.detail, checked_at = excluded.checked_at,
    first_broken_at = CASE WHEN excluded.verdict = 'broken'
        THEN COALESCE(l.first_broken_at, excluded.first_broken_at) END
"""
USE = """
UPDATE channels_linkcheck l SET uses = ARRAY(SELECT DISTINCT unnest(l.uses || g.use) ORDER BY 1)
FROM (SELECT hash, array_agg(use) AS use
      FROM unnest(%s::text[], %s::text[]) AS u(hash, use) GROUP BY hash) g
WHERE l.hash = g.hash
"""
RESET = "UPDATE channels_linkcheck SET uses = '{}' WHERE uses <> '{}'"
FORGET = "DELETE FROM channels_linkcheck WHERE uses = '{}' AND checked_at < %s"

LATE = unanswered("out_of_time")

Told = Callable[[], bool]

_encode = msgspec.json.Encoder().encode


def never() -> bool:
    """Nobody wants us to stop."""
    return False


def fetches() -> bool:
    """Whether links are looked at at all."""
    return settings.SOJOURN_LINK_CHECK != "off" and not settings.SOJOURN_SANDBOX


def holds() -> bool:
    """Whether a message with a broken link is kept back."""
    return bool(settings.SOJOURN_LINK_CHECK == "refuse")


def is_own(url: str) -> bool:
    """Our own pages are there, or nobody could ask."""
    base = settings.PUBLIC_URL
    return url == base or url.startswith((f"{base}/", f"{base}?", f"{base}#"))


def look(urls: Mapping[str, Kind], *, now: dt.datetime) -> dict[str, Seen]:
    """What became of each address; none in the sandbox. What there was no time for is not written
    down: it is as it was.
    """
    wanted = [url for url in urls if not is_own(url)] if fetches() else []
    if not wanted:
        return {}
    found = looker.look(wanted, guarded=not on_trial(), within=WITHIN)
    _write([(url, urls[url], seen) for url, seen in found.items() if seen != LATE], now)
    return found


def used(uses: Iterable[tuple[str, str]]) -> None:
    """(address, `journey/step`) of what live journeys show, added to what is known of it."""
    listed = sorted(set(uses))
    if listed:
        names = [link_hash(url) for url, _ in listed]
        with connection.cursor() as cursor:
            cursor.execute(USE, [names, [use for _, use in listed]])


def look_over(
    urls: Mapping[str, Kind],
    uses: Collection[tuple[str, str]],
    *,
    now: dt.datetime,
    stopping: Told = never,
) -> int:
    """Look at all of these, some at a time, and forget what nobody shows any more. Returns how
    many were looked at; once `stopping` says so, no more are.
    """
    if not fetches():
        return 0
    done = _in_chunks(urls, now, stopping)
    with connection.cursor() as cursor:
        cursor.execute(RESET)
        used(uses)
        cursor.execute(FORGET, [now - FORGOTTEN])
    return done


def look_again(*, now: dt.datetime, stopping: Told = never) -> int:
    """Look at what is broken: some of it may be mended. Returns how much that was."""
    return _in_chunks(linkchecks.suspects(limit=SUSPECTS), now, stopping) if fetches() else 0


def _in_chunks(urls: Mapping[str, Kind], now: dt.datetime, stopping: Told) -> int:
    listed = list(urls.items())
    return sum(
        len(look(dict(listed[start : start + CHUNK]), now=now))
        for start in range(0, len(listed), CHUNK)
        if not stopping()
    )


def _write(found: Iterable[tuple[str, Kind, Seen]], now: dt.datetime) -> None:
    rows: list[dict[str, Any]] = [
        {"hash": link_hash(url), "url": url, "kind": kind, **msgspec.structs.asdict(seen)}
        for url, kind, seen in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"now": now, "rows": _encode(rows).decode()})
