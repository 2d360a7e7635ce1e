"""How many a condition would take, who of them can be reached, and what each of its rules costs."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from profiles.core.conditions import All, Condition, Reachable, explain
from profiles.queries.conditions import known_channels, population


class Preview(msgspec.Struct, frozen=True):
    """`dropped_by_rule` tells, for each part of an `all`, how many would belong without it.

    `sample` are customer numbers, the same ones each time.
    """

    count: int
    exact: bool
    reachable: dict[str, int]
    sample: list[int]
    dropped_by_rule: list[dict[str, Any]]


def preview(condition: Condition, *, sample: int, now: dt.datetime) -> Preview:
    """Asked of everybody in one statement, as things stand at `now`."""
    channels = sorted(known_channels())
    rules = condition.of if isinstance(condition, All) and len(condition.of) > 1 else ()
    reach = [Reachable(channel) for channel in channels]
    without = [All(tuple(each for each in rules if each is not rule)) for rule in rules]
    inside, *found, chosen = _counted(condition, reach, without, sample, now)
    dropped = zip(rules, found[len(reach) :], strict=True)
    return Preview(
        count=inside,
        exact=True,
        reachable=dict(zip(channels, found, strict=False)),
        sample=chosen or [],
        dropped_by_rule=[{"rule": explain(rule), "customers": n} for rule, n in dropped],
    )


def _counted(
    condition: Condition,
    reach: Sequence[Condition],
    without: Sequence[Condition],
    sample: int,
    now: dt.datetime,
) -> tuple[Any, ...]:
    """How many belong, how many of them each of `reach` holds for, how many more each of `without`
    would take, and a sample: the same people each time, by the hash of their number.
    """
    query = population([condition, *reach, *without], now=now)
    tests = [f"a0 AND a{number}" for number in range(1, 1 + len(reach))]
    tests += [f"NOT a0 AND a{1 + len(reach) + number}" for number in range(len(without))]
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in ("a0", *tests))
    some = "(array_agg(id ORDER BY md5(id::text)) FILTER (WHERE a0))[1:%(sample)s]"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {counts}, {some} FROM ({query.sql}) q", {**query.params, "sample": sample}
        )
        row: tuple[Any, ...] = cursor.fetchone()
    return row
