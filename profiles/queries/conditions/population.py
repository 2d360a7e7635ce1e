"""Conditions over everybody: a statement to build on, and the members page by page.

A page is a range of customer numbers, so each page reads its own stretch of every index once and a
walk over a million customers reads the log once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from profiles.core.conditions import Condition
from profiles.queries.conditions.answers import facts
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.compiler import Compiler, joins

PAGE = 50_000


class Query(NamedTuple):
    """A SELECT and its parameters."""

    sql: str
    params: dict[str, Any]


class Page(NamedTuple):
    """The members of each condition in order, with numbers up to `upto`; go on with
    `members(…, after=upto)`.
    """

    customers: list[list[int]]
    upto: int


def population(
    conditions: Sequence[Condition],
    *,
    now: datetime,
    after: int = 0,
    upto: int | None = None,
    among: Sequence[int] | None = None,
    zone: str | None = None,
) -> Query:
    """`SELECT id, a0, a1, …`: one row for each customer in after < id <= upto who is not merged, or
    for each of `among`.

    Parameters are named p0, p1, …; wrap it as `SELECT id FROM (…) q WHERE a0`. There is no entry
    event here, so what compares with one is false.
    """
    bind = Binder()
    compiler = Compiler(facts(bind, now=now, zone=zone))
    columns = [f"{compiler.compile(each)} AS a{at}" for at, each in enumerate(conditions)]
    customers, people = (
        _those(column, after, upto, among, bind) for column in ("e.customer_id", "c.id")
    )
    sql = (
        f"SELECT {', '.join(('c.id', *columns))} FROM profiles_customer c"
        f" {joins(compiler.log, standing=compiler.standing, customers=customers)}"
        f" WHERE c.merged_into_id IS NULL AND {people}"
    )
    return Query(sql, bind.params)


def members(
    conditions: Sequence[Condition],
    *,
    now: datetime,
    after: int = 0,
    page: int = PAGE,
    zone: str | None = None,
) -> Iterator[Page]:
    """Everybody for whom each condition holds, in order of their numbers, a page at a time.

    A page covers `page` customers and may hold no member. Pages are statements of their own, each
    for all conditions; keep `upto` to go on after a stop.
    """
    columns = ", ".join(
        f"array_agg(id ORDER BY id) FILTER (WHERE a{at})" for at in range(len(conditions))
    )
    while (upto := _end_of_page(after, page)) is not None:
        query = population(conditions, now=now, after=after, upto=upto, zone=zone)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM ({query.sql}) q", query.params)
            yield Page([found or [] for found in cursor.fetchone()], upto)
        after = upto


def _those(
    column: str, after: int, upto: int | None, among: Sequence[int] | None, bind: Binder
) -> str:
    if among is None:
        return _between(column, after, upto, bind)
    return f"{column} = ANY({bind.numbers(among)})"


def _between(column: str, after: int, upto: int | None, bind: Binder) -> str:
    low = f"{column} > {bind(after, 'bigint')}"
    return low if upto is None else f"{low} AND {column} <= {bind(upto, 'bigint')}"


def _end_of_page(after: int, page: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(id) FROM (SELECT id FROM profiles_customer WHERE id > %s"
            " ORDER BY id LIMIT %s) p",
            [after, page],
        )
        found: int | None = cursor.fetchone()[0]
    return found
