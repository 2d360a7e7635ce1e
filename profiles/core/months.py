"""Months of a zone, and who moved between the lifecycle's stages in them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW = ""
"""Before the first stage. Who was erased or merged into another is counted nowhere."""


class Move(NamedTuple):
    """So many customers stood in `before` when `month` began (NEW: nowhere), in `after` when it
    ended or at present.
    """

    month: dt.date
    before: str
    after: str
    customers: int


def month_of(at: dt.datetime, *, zone: str, back: int = 0) -> dt.date:
    """The first day of the month that `at` lies in, or of one `back` months before."""
    return months_before(at.astimezone(ZoneInfo(zone)).date(), back)


def months_before(day: dt.date, back: int) -> dt.date:
    """The first day of the month `back` months before that of `day`."""
    years, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    return dt.date(years, month + 1, 1)


def between(first: dt.date, last: dt.date) -> int:
    """How many months lie between two first days."""
    return (last.year - first.year) * 12 + last.month - first.month


def begin(month: dt.date, *, zone: str) -> dt.datetime:
    """The instant at which a month begins there."""
    return dt.datetime(month.year, month.month, 1, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def whole(
    moved: Iterable[Move], standing: Mapping[str, int], *, months: Sequence[dt.date]
) -> list[Move]:
    """The moves of each month with those beside them who did not change at all.

    `moved` counts customers with a change in the month, `standing` everybody at the end of the last
    month. Going back, who stood in a stage is who stands there after, less who came, plus who went.
    """
    by_month: dict[dt.date, Counter[tuple[str, str]]] = {}
    for move in moved:
        by_month.setdefault(move.month, Counter())[move.before, move.after] += move.customers
    after, found = Counter(standing), []
    for month in sorted(months, reverse=True):
        ways = by_month.get(month, Counter())
        before = Counter(after)
        for (start, end), customers in ways.items():
            before[end] -= customers
            before[start] += customers
        for stage in sorted(after.keys() | before.keys()):
            stayed = before[stage] - sum(n for (start, _), n in ways.items() if start == stage)
            if stage != NEW and stayed > 0:
                ways[stage, stage] += stayed
        found += [Move(month, *way, customers) for way, customers in sorted(ways.items())]
        after = Counter({stage: n for stage, n in before.items() if stage != NEW})
    return found
