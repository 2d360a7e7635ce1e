"""Which events pass which clauses: many pairs of an event and a trigger in one statement."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from profiles.core.conditions import Where
from profiles.queries.conditions.answers import facts
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.values import where_sql


class Pair(NamedTuple):
    """An event of the log and the clauses to try on it; `entry` is what `is: entry.…` reads."""

    customer: int
    event: int
    at: datetime
    clause: int
    entry: Mapping[str, Any] | None = None


def matches(
    clauses: Sequence[Where], pairs: Sequence[Pair], *, now: datetime, zone: str | None = None
) -> list[bool]:
    """For each pair in order, whether the event passes `clauses[pair.clause]`.

    False for an event that is not in the log. `now` serves `within_last` and `within_next`.
    """
    if not (pairs and clauses):
        return [False] * len(pairs)
    bind = Binder()
    known = facts(bind, now=now, zone=zone, entry="p.entry")
    tried = " ".join(
        f"WHEN {at} THEN {where_sql(where, properties='e.properties', facts=known)}"
        for at, where in enumerate(clauses)
    )
    statement = (
        f"WITH pair AS MATERIALIZED (SELECT * FROM {_unnested(pairs, bind)})"
        " SELECT p.number FROM pair p JOIN profiles_event e"
        " ON e.id = p.event_id AND e.at = p.at AND e.customer_id = p.customer_id"
        " AND e.id = ANY((SELECT array_agg(DISTINCT event_id) FROM pair)::bigint[])"
        f" AND e.at BETWEEN {bind.instant(min(pair.at for pair in pairs))}"
        f" AND {bind.instant(max(pair.at for pair in pairs))}"
        f" WHERE CASE p.clause {tried} ELSE false END"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, bind.params)
        passed = {row[0] for row in cursor.fetchall()}
    return [number in passed for number in range(1, len(pairs) + 1)]


def _unnested(pairs: Sequence[Pair], bind: Binder) -> str:
    entries = [None if pair.entry is None else json.dumps(pair.entry) for pair in pairs]
    arrays = (
        bind.numbers(pair.customer for pair in pairs),
        bind.numbers(pair.event for pair in pairs),
        bind.instants(pair.at for pair in pairs),
        bind.numbers((pair.clause for pair in pairs), "int[]"),
        bind(entries, "jsonb[]"),
    )
    columns = "customer_id, event_id, at, clause, entry, number"
    return f"unnest({', '.join(arrays)}) WITH ORDINALITY AS p({columns})"
