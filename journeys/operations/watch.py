"""Looks every night at what live journeys show, and at the links that messages showed lately."""

import datetime as dt

from channels.core.linkcheck import Kind
from channels.operations import linkcheck
from channels.queries import linkchecks
from journeys.queries import contents

LATELY = dt.timedelta(days=7)
MOST = 5_000
"""So many addresses a night; those of the contents come first."""


def watch_links(*, now: dt.datetime, stopping: linkcheck.Told = linkcheck.never) -> int:
    """Returns how many were looked at. Commits on its own, some at a time; once `stopping` says so,
    no more are looked at.
    """
    if not linkcheck.fetches():
        return 0
    standing, uses = contents.shown()
    lately = linkchecks.lately(since=now - LATELY, limit=MOST)
    urls: dict[str, Kind] = {**dict.fromkeys(lately, "link"), **standing}
    chosen = {url: urls[url] for url in list({**standing, **urls})[:MOST]}
    uses += [(url, linkchecks.ANYWHERE) for url in lately]
    return linkcheck.look_over(chosen, uses, now=now, stopping=stopping)
