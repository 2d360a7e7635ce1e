"""When an answer can change though nothing happens: an event leaves its window, a date is reached.

For a plain count of at least n it is the n-th newest event plus the window, exactly; elsewhere it
may be early, never late. Whoever stores it looks again at that instant and at nobody before.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor

from django.db import connection

from profiles.core.conditions import (
    Attribute,
    Check,
    Condition,
    Event,
    InJourney,
    Message,
    Where,
    leaves,
    where_references,
)
from profiles.queries.conditions.answers import Ask, Subject, batch, facts
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.log import Log, Slice
from profiles.queries.conditions.measures import ENTERED, LEFT, measured, run_slice
from profiles.queries.conditions.values import Facts, at_path, read_instant

SOONEST = "min(e.at)"
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Later instants do not count: Python's calendar ends soon after."""


def flips(
    asks: Sequence[Ask], subjects: Sequence[Subject], *, now: datetime, zone: str | None = None
) -> dict[int, datetime | None]:
    """By row, an instant later than now before which none of its answers changes by time alone.

    None when time alone changes nothing. Changes of stage, consent and reach are no matter of time
    here: they come as events.
    """
    each = flips_each(asks, subjects, now=now, zone=zone)
    return {row: min(filter(None, found), default=None) for row, found in each.items()}


def flips_each(
    asks: Sequence[Ask], subjects: Sequence[Subject], *, now: datetime, zone: str | None = None
) -> dict[int, tuple[datetime | None, ...]]:
    """The same by ask: one instant for each in order, None also where it was not asked."""
    if not subjects:
        return {}
    bind = Binder()
    known = facts(bind, now=now, zone=zone, entry="s.entry")
    log = Log(known, ahead=True)
    never = bind.instant(NEVER)
    parts = [_of_ask(ask, log, known) for ask in asks]
    columns = [
        f"NULLIF(LEAST({part}, {never}), {never})" if part else "NULL::timestamptz"
        for part in parts
    ]
    with connection.cursor() as cursor:
        statement = batch(asks, subjects, columns, log=log, standing=False, bind=bind)
        cursor.execute(statement, bind.params)
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def _of_ask(ask: Ask, log: Log, known: Facts) -> str:
    parts = list(_of_condition(ask.condition, log, known))
    if not parts or ask.groups is None:
        return ", ".join(parts)
    groups = known.bind.numbers(sorted(ask.groups), "int[]")
    return f"CASE WHEN s.part = ANY({groups}) THEN LEAST({', '.join(parts)}) END"


def _of_condition(condition: Condition, log: Log, known: Facts) -> Iterator[str]:
    for leaf in leaves(condition):
        if isinstance(leaf, Attribute):
            value = at_path("c.attributes", leaf.path, known.bind)
            yield from _of_value(leaf.checks, value, known)
        elif isinstance(leaf, Event):
            yield from _of_event(leaf, log, known)
        elif isinstance(leaf, Message):
            yield from _of_event(leaf.as_event(), log, known)
        elif isinstance(leaf, InJourney):
            for name in (ENTERED, LEFT):
                yield log.over(run_slice(name, leaf.journey, ahead=True), SOONEST)


def _of_value(checks: Sequence[Check], value: str, known: Facts) -> Iterator[str]:
    for check in checks:
        if isinstance(check.value, timedelta):
            yield _edge(check.operator, check.value, read_instant(value, known), known)


def _of_event(event: Event, log: Log, known: Facts) -> Iterator[str]:
    """Events still to come, events that leave the window, and dates that are reached."""
    lasting = tuple(clause for clause in event.where if not where_references((clause,)).time)
    found = Slice.of(event, known.now)
    yield log.over(Slice(event.name, lasting, ahead=True), SOONEST)
    if event.within:
        yield from _leaving(event, lasting, log, known)
    for clause in event.where:
        value = at_path("e.properties", clause.path, known.bind)
        for edge in _of_value(clause.checks, value, known):
            yield log.over(Slice(event.name, lasting, found.since), f"min({edge})")
    for check in event.checks:
        if isinstance(check.value, timedelta):
            yield _edge(check.operator, check.value, measured(event, log, known), known)


def _leaving(event: Event, lasting: Where, log: Log, known: Facts) -> Iterator[str]:
    """When the first event leaves the window that can matter to the checks."""
    length = _seconds(event.within or timedelta(), known)
    found = Slice(event.name, lasting, Slice.of(event, known.now).since)
    ranks = [_rank(check) for check in event.checks]
    if event.measure.kind != "count" or lasting != event.where or None in ranks:
        yield f"{log.over(found, SOONEST)} + {length}"
        return
    newest = log.over(found, "array_agg(e.at ORDER BY e.at DESC)")
    for rank in ranks:
        yield f"({newest})[{known.bind(rank, 'int')}] + {length}"


def _rank(check: Check) -> int | None:
    """The n for which the check turns when the n-th newest event leaves; None for checks that can
    turn more than once. An n below 1 is the place of no event: such a check never turns.
    """
    number = check.value if isinstance(check.value, int | float) else 0
    if check.operator in {"gte", "lt"}:
        return _place(ceil(number))
    if check.operator in {"gt", "lte"}:
        return _place(floor(number) + 1)
    return 1 if check.operator in {"eq", "ne"} and number == 0 else None


def _place(number: int) -> int:
    """Within the positions that an array can have."""
    return max(0, min(number, 2**31 - 1))


def _edge(operator: str, length: timedelta, value: str, known: Facts) -> str:
    """The next instant at which `value` (a timestamptz) enters or leaves the stretch around now."""
    now, seconds = known.bind.instant(known.now), _seconds(length, known)
    edges = (value, f"{value} + {seconds}")
    if operator == "within_next":
        edges = (f"{value} - {seconds}", value)
    return f"CASE {' '.join(f'WHEN {edge} > {now} THEN {edge}' for edge in edges)} END"


def _seconds(length: timedelta, known: Facts) -> str:
    """An interval of seconds: one of days would follow the clock changes of the session's zone."""
    return f"make_interval(secs => {known.bind(length.total_seconds(), 'float8')})"
