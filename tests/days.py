"""Tests of what has to do with the day on which they run."""

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def within_a_day(story: Callable[[dt.date], Found]) -> Found:
    """What comes of a story that is told the day, in UTC; told anew if midnight fell into it."""
    while True:
        today = dt.datetime.now(dt.UTC).date()
        found = story(today)
        if dt.datetime.now(dt.UTC).date() == today:
            return found
