"""Matches the events that the transaction itself writes: no reader of the log sees those."""

import datetime as dt

from journeys.operations import match
from profiles.queries import events

PAGE = 1000


class OwnLog:
    """A reader for `settle` within one transaction; `last` is the event read last."""

    def __init__(self, last: int = 0) -> None:
        self.last = last

    def match(self, *, now: dt.datetime) -> int:
        page = events.own(self.last, PAGE)
        if page:
            match.take(page, now=now)
            self.last = page[-1].id
        return len(page)

    def behind(self) -> bool:
        return bool(events.own(self.last, 1))
