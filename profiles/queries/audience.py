"""How many a condition would take, who of them can be reached, and what each of its rules costs.

Whoever builds a condition waits for the answer: where looking at everybody takes longer than they
wait, it is estimated from a sample of customers, the same ones each time.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from profiles.core.conditions import All, Condition, Reachable
from profiles.core.estimate import share
from profiles.queries.conditions import known_channels, population

SOON = dt.timedelta(milliseconds=900)
"""How long an exact answer may take before it is estimated, so that there is one in 1.5 s."""
DRAWN = 3_000
"""Customers that an estimate looks at."""

DRAW = """
WITH edge AS (SELECT min(id) AS low, max(id) AS high FROM profiles_customer),
drawn AS (
    SELECT DISTINCT edge.low + abs(hashint8extended(n, 0) %% (edge.high - edge.low + 1)) AS id
    FROM edge, generate_series(1, %s) AS n)
SELECT c.id FROM drawn JOIN profiles_customer c ON c.id = drawn.id WHERE c.merged_into_id IS NULL
"""
SOME = "SELECT id FROM ({query}) q WHERE a0 ORDER BY hashint8extended(id, 0) LIMIT %(most)s"
EVERYBODY = "SELECT count(*) FROM profiles_customer WHERE merged_into_id IS NULL"


class Preview(NamedTuple):
    """`number` of `base` customers belong. `dropped_by_rule` tells, for each part of an `all`, how
    many would belong without it. `sample` are customer numbers, the same ones each time.

    An estimate looked at `sampled` customers; in 95 of 100 such samples the true number is at most
    `margin` away. Both are 0 for an exact answer.
    """

    number: int
    exact: bool
    reachable: dict[str, int]
    sample: list[int]
    dropped_by_rule: list[tuple[Condition, int]]
    base: int
    sampled: int = 0
    margin: int = 0


class Counted(NamedTuple):
    """Of `base` customers: who belongs, who of them can be reached by each channel, who would
    belong without each rule, and some who do.
    """

    base: int
    number: int
    reachable: Sequence[int]
    dropped: Sequence[int]
    sample: list[int]


def preview(condition: Condition, *, sample: int, now: dt.datetime) -> Preview:
    """Asked of everybody in one statement, as things stand at `now`."""
    return _told(condition, _counted(condition, sample, now))


def preview_soon(
    condition: Condition, *, sample: int, now: dt.datetime, within: dt.timedelta | None = None
) -> Preview:
    """The same, exact when it can be counted `within` so long (soon), else an estimate."""
    try:
        with _at_most(within or SOON):
            return preview(condition, sample=sample, now=now)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return _estimated(condition, sample, now)


def some(
    condition: Condition, *, most: int, now: dt.datetime, within: dt.timedelta | None = None
) -> list[int]:
    """Customers who belong, so many at most and the same ones each time: out of everybody, or,
    where that takes longer than `within` (soon), out of those whom an estimate looks at.
    """
    try:
        with _at_most(within or SOON):
            return _drawn(condition, most, now)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return _drawn(condition, most, now, among=_lots())


def _drawn(
    condition: Condition, most: int, now: dt.datetime, among: Sequence[int] | None = None
) -> list[int]:
    query = population([condition], now=now, among=among)
    with connection.cursor() as cursor:
        cursor.execute(SOME.format(query=query.sql), {**query.params, "most": most})
        return [row[0] for row in cursor.fetchall()]


def _lots() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(DRAW, [DRAWN])
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def _at_most(duration: dt.timedelta) -> Iterator[None]:
    """Statements inside that take longer are cancelled."""
    milliseconds = max(1, duration // dt.timedelta(milliseconds=1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


def _estimated(condition: Condition, sample: int, now: dt.datetime) -> Preview:
    with connection.cursor() as cursor:
        cursor.execute(EVERYBODY)
        everybody: int = cursor.fetchone()[0]
    seen = _counted(condition, sample, now, among=_lots())
    number, margin = share(seen.number, of=seen.base, everybody=everybody)
    found = Counted(
        base=everybody,
        number=number,
        reachable=[share(n, of=seen.base, everybody=everybody)[0] for n in seen.reachable],
        dropped=[share(n, of=seen.base, everybody=everybody)[0] for n in seen.dropped],
        sample=seen.sample,
    )
    return _told(condition, found)._replace(exact=False, sampled=seen.base, margin=margin)


def _told(condition: Condition, found: Counted) -> Preview:
    return Preview(
        number=found.number,
        exact=True,
        reachable=dict(zip(sorted(known_channels()), found.reachable, strict=True)),
        sample=found.sample,
        dropped_by_rule=list(zip(_rules(condition), found.dropped, strict=True)),
        base=found.base,
    )


def _rules(condition: Condition) -> tuple[Condition, ...]:
    """The parts that each leave somebody out."""
    return condition.of if isinstance(condition, All) and len(condition.of) > 1 else ()


def _counted(
    condition: Condition, sample: int, now: dt.datetime, among: Sequence[int] | None = None
) -> Counted:
    """One pass over everybody, or over those `among`: each rule is asked once, and only of those
    inside whether a channel reaches them.
    """
    rules = _rules(condition)
    asked = rules or (condition,)
    reach = [All((condition, Reachable(channel))) for channel in sorted(known_channels())]
    query = population([*asked, *reach], now=now, among=among)
    answers = [f"a{number}" for number in range(len(asked) + len(reach))]
    parts, channels = answers[: len(asked)], answers[len(asked) :]
    inside = " AND ".join(parts)
    tests = [inside, *channels]
    tests += [_without(parts, at) for at in range(len(rules))]
    counts = ", ".join(["count(*)", *(f"count(*) FILTER (WHERE {test})" for test in tests)])
    some = (
        f"ARRAY(SELECT id FROM q WHERE {inside} ORDER BY hashint8extended(id, 0) LIMIT %(sample)s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH q AS MATERIALIZED ({query.sql}) SELECT {counts}, {some} FROM q",
            {**query.params, "sample": sample},
        )
        row: tuple[Any, ...] = cursor.fetchone()
    dropped = 2 + len(channels)
    return Counted(row[0], row[1], row[2:dropped], row[dropped:-1], row[-1])


def _without(parts: Sequence[str], at: int) -> str:
    """Outside by this rule alone."""
    others = [part for number, part in enumerate(parts) if number != at]
    return " AND ".join([f"NOT {parts[at]}", *others])
