"""When an answer can change though nothing happens: an event leaves its window, a date is reached.

For a plain count of at least n it is the n-th newest event plus the window, exactly, and for a
sequence the beginning of its latest run plus the window; elsewhere it may be early, never late.
Whoever stores it looks again at that instant and at nobody before.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import NamedTuple

from profiles.core.conditions import (
    All,
    AnyOf,
    Attribute,
    Check,
    Condition,
    Context,
    Event,
    InJourney,
    InSequence,
    Message,
    Not,
    Then,
    Where,
    references,
    where_references,
)
from profiles.core.conditions.ast import Leaf
from profiles.queries.conditions.answers import Answers, Ask, Subject, asked, batch, facts
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.compiler import Compiler
from profiles.queries.conditions.log import Log, Slice
from profiles.queries.conditions.measures import (
    ENTERED,
    LEFT,
    NEWEST,
    begun_sql,
    measured,
    run_slice,
    seconds,
)
from profiles.queries.conditions.values import Facts, at_path, read_instant
from profiles.queries.cursor import quick_cursor

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
    found = standings(asks, subjects, now=now, zone=zone)
    return {row: min(filter(None, each.turns), default=None) for row, each in found.items()}


class Standing(NamedTuple):
    """One answer an ask in order, and until when each holds: None where time changes nothing, and
    both None where it was not asked.
    """

    answers: Answers
    turns: tuple[datetime | None, ...]


def standings(
    asks: Sequence[Ask], subjects: Sequence[Subject], *, now: datetime, zone: str | None = None
) -> dict[int, Standing]:
    """Answers and flips by row, in one statement: both read the same customers and history."""
    if not subjects:
        return {}
    bind = Binder()
    known = facts(bind, now=now, zone=zone, entry="s.entry", context="s.context")
    compiler = Compiler(known, ahead=True)
    columns = [asked(ask, compiler.compile(ask.condition), bind) for ask in asks]
    columns += [asked(ask, turn(ask.condition, compiler), bind) for ask in asks]
    statement = batch(
        asks, subjects, columns, log=compiler.log, standing=compiler.standing, bind=bind
    )
    half = 1 + len(asks)
    with quick_cursor() as cursor:
        cursor.execute(statement, bind.params)
        return {row[0]: Standing(row[1:half], row[half:]) for row in cursor.fetchall()}


def turn(condition: Condition, compiler: Compiler) -> str:
    """The instant as SQL over `c`, `l` and `f`; the compiler is one that looks ahead."""
    found = _soonest(condition, compiler)
    if found is None:
        return "NULL::timestamptz"
    never = compiler.facts.bind.instant(NEVER)
    return f"NULLIF(LEAST({found}, {never}), {never})"


def _soonest(condition: Condition, compiler: Compiler) -> str | None:
    """None when time changes nothing."""
    match condition:
        case All(of=parts):
            return _of_group(parts, compiler, met=True)
        case AnyOf(of=parts):
            return _of_group(parts, compiler, met=False)
        case Not(of=part):
            return _soonest(part, compiler)
        case _:
            return _least(list(_of_leaf(condition, compiler.log, compiler.facts)))


def _of_group(parts: Sequence[Condition], compiler: Compiler, *, met: bool) -> str | None:
    """Time can turn an `all` only while the parts that last are true, an `any` while they are not.

    Reach is left out of it: not every change of it comes as an event.
    """
    soonest = [(part, _soonest(part, compiler)) for part in parts]
    earliest = _least([found for _, found in soonest if found is not None])
    if earliest is None:
        return None
    settled = [
        compiler.compile(part)
        for part, found in soonest
        if found is None and not references(part).channels
    ]
    tests = [each if met else f"NOT {each}" for each in settled]
    return f"CASE WHEN {' AND '.join(tests)} THEN {earliest} END" if tests else earliest


def _least(parts: Sequence[str]) -> str | None:
    return f"LEAST({', '.join(parts)})" if parts else None


def _of_leaf(leaf: Leaf, log: Log, known: Facts) -> Iterator[str]:
    if isinstance(leaf, Attribute):
        value = at_path("c.attributes", leaf.path, known.bind)
        yield from _of_value(leaf.checks, value, known)
    elif isinstance(leaf, Context):
        yield from _of_value(leaf.checks, at_path(known.context, leaf.path, known.bind), known)
    elif isinstance(leaf, Event):
        yield from _of_event(leaf, log, known)
    elif isinstance(leaf, InSequence):
        yield from _of_sequence(leaf, log, known)
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
    since = Slice.of(event, known.now).since
    yield from _of_matching(event, since, log, known)
    if event.within:
        yield from _leaving(event, _lasting(event.where), log, known)
    for check in event.checks:
        if isinstance(check.value, timedelta):
            yield _edge(check.operator, check.value, measured(event, log, known), known)


def _of_sequence(sequence: InSequence, log: Log, known: Facts) -> Iterator[str]:
    """As for events; the latest run through the sequence is over when its first event leaves."""
    since = known.now - sequence.within if sequence.within else None
    for step in sequence.steps:
        yield from _of_matching(step, since, log, known)
    if sequence.within:
        yield f"{begun_sql(sequence, log, known)} + {seconds(sequence.within, known)}"


def _of_matching(
    event: Event | Then, since: datetime | None, log: Log, known: Facts
) -> Iterator[str]:
    """When other events match: some are still to come, and `where` can look at dates."""
    lasting = _lasting(event.where)
    yield log.over(Slice(event.name, lasting, ahead=True), SOONEST)
    for clause in event.where:
        value = at_path("e.properties", clause.path, known.bind)
        for edge in _of_value(clause.checks, value, known):
            yield log.over(Slice(event.name, lasting, since), f"min({edge})")


def _lasting(where: Where) -> Where:
    """What of it does not change with time."""
    return tuple(clause for clause in where if not where_references((clause,)).time)


def _leaving(event: Event, lasting: Where, log: Log, known: Facts) -> Iterator[str]:
    """When the first event leaves the window that can matter to the checks."""
    length = seconds(event.within or timedelta(), known)
    found = Slice(event.name, lasting, Slice.of(event, known.now).since)
    ranks = [_rank(check) for check in event.checks]
    if event.measure.kind != "count" or lasting != event.where or None in ranks:
        yield f"{log.over(found, SOONEST)} + {length}"
        return
    newest = log.over(found, NEWEST)
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
    now, stretch = known.bind.instant(known.now), seconds(length, known)
    edges = (value, f"{value} + {stretch}")
    if operator == "within_next":
        edges = (f"{value} - {stretch}", value)
    return f"CASE {' '.join(f'WHEN {edge} > {now} THEN {edge}' for edge in edges)} END"
