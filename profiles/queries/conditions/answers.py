"""Answers for a batch: every condition for every subject in one statement."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from profiles.queries.conditions.witness import clause_sql, seen_sql

Answers = tuple[bool | None, ...]


class Weighed(NamedTuple):
    """An answer with its reasons: `saw` is what each leaf looked at, in document order; `clause`
    the part of an `all` that decided against, counted from 0, when that was asked.
    """

    holds: bool
    saw: msgspec.Raw
    clause: int | None


class Ask(msgspec.Struct, frozen=True):
    """A condition, asked of the subjects of these groups only; of everybody when None."""

    condition: Condition
    groups: frozenset[int] | None = None


class Subject(NamedTuple):
    """A customer to ask about. `row` is the caller's name for it and unique in the batch; `entry`
    holds the properties of the event that the customer entered by, `context` what the journey has
    saved since; `group` is what asks go by.
    """

    row: int
    customer: int
    entry: Mapping[str, Any] | None = None
    group: int = 0
    context: Mapping[str, Any] | None = None


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
    compiler = Compiler(facts(bind, now=now, zone=zone, entry="s.entry", context="s.context"))
    columns = [asked(ask, compiler.compile(ask.condition), bind) for ask in asks]
    statement = batch(
        asks, subjects, columns, log=compiler.log, standing=compiler.standing, bind=bind
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, bind.params)
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def weighed(
    asks: Sequence[Ask],
    subjects: Sequence[Subject],
    *,
    now: datetime,
    zone: str | None = None,
    clauses: bool = False,
) -> dict[int, tuple[Weighed | None, ...]]:
    """As `answers`, each with what it was judged by; with `clauses`, also by which."""
    if not subjects:
        return {}
    bind = Binder()
    compiler = Compiler(facts(bind, now=now, zone=zone, entry="s.entry", context="s.context"))
    columns = [column for ask in asks for column in _weighing(ask, compiler, clauses=clauses)]
    statement = batch(
        asks, subjects, columns, log=compiler.log, standing=compiler.standing, bind=bind
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, bind.params)
        return {row[0]: tuple(_weighed(row[1:])) for row in cursor.fetchall()}


def _weighed(row: Sequence[Any]) -> Iterator[Weighed | None]:
    """Three columns an ask."""
    for holds, saw, clause in zip(row[::3], row[1::3], row[2::3], strict=True):
        told = None if holds else clause
        yield None if holds is None else Weighed(holds, msgspec.Raw(saw.encode()), told)


def facts(
    bind: Binder,
    *,
    now: datetime,
    zone: str | None,
    entry: str = NO_ENTRY,
    context: str = NO_ENTRY,
) -> Facts:
    """What comparisons need, with the workspace's time zone where none is given."""
    known = zone or settings.SOJOURN_TIME_ZONE
    return Facts(bind=bind, now=now, zone=known, entry=entry, context=context)


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


def _weighing(ask: Ask, compiler: Compiler, *, clauses: bool) -> Iterator[str]:
    bind = compiler.facts.bind
    yield asked(ask, compiler.compile(ask.condition), bind)
    yield asked(ask, seen_sql(ask.condition, compiler), bind)
    yield clause_sql(ask.condition, compiler) if clauses else "NULL"


def asked(ask: Ask, column: str, bind: Binder) -> str:
    """The column for those whom it is asked of, null for the others."""
    if ask.groups is None:
        return column
    groups = bind.numbers(sorted(ask.groups), "int[]")
    return f"CASE WHEN s.part = ANY({groups}) THEN {column} END"


def _unnested(asks: Sequence[Ask], subjects: Sequence[Subject], bind: Binder) -> str:
    """The subjects as a table; JSON travels only when a condition looks at it."""
    found = references(*(ask.condition for ask in asks))
    columns = {
        "number": bind.numbers(each.row for each in subjects),
        "customer_id": bind.numbers(each.customer for each in subjects),
        "part": bind.numbers((each.group for each in subjects), "int[]"),
    }
    absent = [f"{NO_ENTRY} AS {name}" for name in ("entry", "context")]
    if found.entry:
        columns["entry"] = _jsons((each.entry for each in subjects), bind)
        absent.remove(f"{NO_ENTRY} AS entry")
    if found.contexts:
        columns["context"] = _jsons((each.context for each in subjects), bind)
        absent.remove(f"{NO_ENTRY} AS context")
    names, arrays = ", ".join(columns), ", ".join(columns.values())
    return f"SELECT {', '.join(('*', *absent))} FROM unnest({arrays}) AS t({names})"


def _jsons(values: Iterable[Mapping[str, Any] | None], bind: Binder) -> str:
    return bind([None if each is None else json.dumps(each) for each in values], "jsonb[]")


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
