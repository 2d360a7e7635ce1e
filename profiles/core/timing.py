"""The hour at which a customer is most likely to look: their own record, leaning on everybody's.

A rate is messages opened or clicked by a person per message sent, by the hour of sending on the
customer's wall: so hours in which much was sent are not taken for good ones. A customer's few
messages are shrunk to the rate of all (a beta-binomial posterior mean, PRIOR messages of weight;
Casella, "An Introduction to Empirical Bayes Data Analysis", 1985).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from profiles.core.draw import BUCKETS, bucket

HOURS = 24
PRIOR = 8.0
"""So many messages of their own weigh as much as everybody else's."""
EXPLORED = BUCKETS // 10
"""One customer in ten gets an hour at random: else what nobody tries is never learnt."""
_NOTHING = (0,) * HOURS
_HOUR = timedelta(hours=1)


class Record(msgspec.Struct, frozen=True):
    """Messages `sent` and `seen` by hour of sending, 24 numbers each."""

    sent: Sequence[int] = _NOTHING
    seen: Sequence[int] = _NOTHING


class Chosen(msgspec.Struct, frozen=True):
    """When, the hour on the wall, its rate, and whether it was drawn at random."""

    at: datetime
    hour: int
    rate: float
    explored: bool


def rates(own: Record, everybody: Record) -> tuple[float, ...]:
    """The expected rate of each hour of the wall."""
    total = (sum(everybody.seen) + 1) / (sum(everybody.sent) + 2)
    found = []
    for hour in range(HOURS):
        general = (everybody.seen[hour] + PRIOR * total) / (everybody.sent[hour] + PRIOR)
        found.append((own.seen[hour] + PRIOR * general) / (own.sent[hour] + PRIOR))
    return tuple(found)


def best(
    own: Record, everybody: Record, *, now: datetime, within: timedelta, zone: tzinfo, draw: str
) -> Chosen:
    """The best instant from `now` up to `within` later: now, or the beginning of an hour; of equal
    ones the earliest. `draw` names the customer and the occasion, for the one in ten.
    """
    known = rates(own, everybody)
    candidates = [(at, at.astimezone(zone).hour) for at in _moments(now, within, zone)]
    lot = bucket("best-time", draw)
    if lot < EXPLORED:
        at, hour = candidates[lot % len(candidates)]
        return Chosen(at, hour, known[hour], explored=True)
    at, hour = max(candidates, key=lambda each: known[each[1]])
    return Chosen(at, hour, known[hour], explored=False)


def _moments(now: datetime, within: timedelta, zone: tzinfo) -> Iterator[datetime]:
    """Now, and every full hour of the wall until the time is up; in UTC."""
    yield now.astimezone(UTC)
    wall = now.astimezone(zone)
    at = now.astimezone(UTC) - timedelta(
        minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
    )
    while (at := at + _HOUR) <= now + within:
        yield at
