"""Answers for a batch: every condition for every subject in one statement."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import connection

from profiles.core.conditions import Condition, references
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.compiler import Compiler, joins
from profiles.queries.conditions.log import Log
from profiles.queries.conditions.values import NO_ENTRY, Facts

Answers = tuple[bool | None, ...]


class Ask(msgspec.Struct, frozen=True):
    """A condition, asked of the subjects of these groups only; of everybody when None."""

    condition: Condition
    groups: frozenset[int] | None = None


class Subject(NamedTuple):
    """A customer to ask about. `row` is the caller's name for it and unique in the batch; `entry`
    holds the properties of the event that the customer entered by; `group` is what asks go by.
    """

    row: int
    customer: int
    entry: Mapping[str, Any] | None = None
    group: int = 0


def answers(
    asks: Sequence[Ask], subjects: Sequence[Subject], *, now: datetime, zone: str | None = None
) -> dict[int, Answers]:
    """By row, one answer an ask in order: true, false, or None where it was not asked.

    Customers who are unknown or merged into another are left out. `zone` reads dates that have
    none; the workspace's by default. One statement, whatever the size of the batch.
    """
    if not subjects:
        return {}
    bind = Binder()
    compiler = Compiler(facts(bind, now=now, zone=zone, entry="s.entry"))
    columns = [_asked(ask, compiler) for ask in asks]
    statement = batch(
        asks, subjects, columns, log=compiler.log, standing=compiler.standing, bind=bind
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, bind.params)
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def facts(bind: Binder, *, now: datetime, zone: str | None, entry: str = NO_ENTRY) -> Facts:
    """What comparisons need, with the workspace's time zone where none is given."""
    return Facts(bind=bind, now=now, zone=zone or settings.SOJOURN_TIME_ZONE, entry=entry)


def batch(
    asks: Sequence[Ask],
    subjects: Sequence[Subject],
    columns: Sequence[str],
    *,
    log: Log,
    standing: bool,
    bind: Binder,
) -> str:
    """`SELECT number, columns…` over the subjects `s`, their customers `c` and what these need."""
    customers = _customers(asks, bind)
    return (
        f"WITH subject AS MATERIALIZED ({_unnested(asks, subjects, bind)})"
        f" SELECT {', '.join(('s.number', *columns))} FROM subject s"
        " JOIN profiles_customer c ON c.id = s.customer_id AND c.merged_into_id IS NULL"
        f" {joins(log, standing=standing, customers=customers)}"
    )


def _asked(ask: Ask, compiler: Compiler) -> str:
    expression = compiler.compile(ask.condition)
    if ask.groups is None:
        return expression
    groups = compiler.facts.bind.numbers(sorted(ask.groups), "int[]")
    return f"CASE WHEN s.part = ANY({groups}) THEN {expression} END"


def _unnested(asks: Sequence[Ask], subjects: Sequence[Subject], bind: Binder) -> str:
    """The subjects as a table; entries travel only when a condition looks at them."""
    rows = bind.numbers(each.row for each in subjects)
    customers = bind.numbers(each.customer for each in subjects)
    parts = bind.numbers((each.group for each in subjects), "int[]")
    if not references(*(ask.condition for ask in asks)).entry:
        columns = "t(number, customer_id, part)"
        return (
            f"SELECT *, {NO_ENTRY} AS entry FROM unnest({rows}, {customers}, {parts}) AS {columns}"
        )
    entries = [None if each.entry is None else json.dumps(each.entry) for each in subjects]
    arrays = f"{rows}, {customers}, {parts}, {bind(entries, 'jsonb[]')}"
    return f"SELECT * FROM unnest({arrays}) AS t(number, customer_id, part, entry)"


def _customers(asks: Sequence[Ask], bind: Binder) -> str:
    """Only the customers whose groups ask about events are looked up in the log.

    The numbers come from the subjects at run time: a list of thousands of constants would be
    weighed anew for every partition while planning.
    """
    of_events = [ask.groups for ask in asks if references(ask.condition).events]
    only = ""
    if None not in of_events:
        groups = sorted({group for groups in of_events for group in groups or ()})
        only = f" WHERE part = ANY({bind.numbers(groups, 'int[]')})"
    return f"e.customer_id = ANY((SELECT array_agg(customer_id) FROM subject{only})::bigint[])"
