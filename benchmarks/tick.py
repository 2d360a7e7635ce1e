"""P4b: a tick in which a thousand customers have done something, and time has come for a thousand.

A tick is what a second brings to the rules: `match` reads the events of those who did something,
looks again at the segments that these concern and at the journeys that listen; `membership.work`
looks again at those whom time takes out of a segment. That is what is measured here. What follows
is printed beside it: letting in whoever came in by it (enrollments, decisions, events), and moving
on a thousand enrollments whose wait ends in the same second, which is P5's work.
"""

import datetime as dt
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import crowd
from benchmarks.crowd import Size
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.results import Goal, Line, Result

LARGE = Size(1_000_000, crowd.PLAIN)
SMALL = Size(100_000, crowd.PLAIN)
SMOKE = (Size(1200, 1200), Size(600, 600))
TICKS = 8
"""A run; the first one is thrown away."""
MOST_RUNS = crowd.SECONDS // TICKS
TICK = "tick ms"
STRIDE = 104_729
CHANGED = """
INSERT INTO profiles_event
    (customer_id, name, at, received_at, source, message_id, properties, context)
SELECT customer,
    CASE WHEN n %% 10 < 4 THEN 'Product Viewed' WHEN n %% 10 < 7 THEN 'Product Added'
        ELSE 'identify' END,
    %(at)s, %(at)s, 'shop', '',
    CASE WHEN n %% 10 < 7 THEN jsonb_build_object('product_id', 'p' || n %% 500,
        'value', n %% 120, 'category', 'c' || n * 7 %% 200)
        ELSE jsonb_build_object('points', n * 7 %% 1000) END, '{}'
FROM unnest(%(customers)s::bigint[]) WITH ORDINALITY AS c(customer, n)
"""
TRAITS = """
UPDATE profiles_customer SET updated_at = %(at)s,
    attributes = attributes || jsonb_build_object('points', n * 7 %% 1000)
FROM unnest(%(customers)s::bigint[]) WITH ORDINALITY AS c(customer, n)
WHERE id = customer AND n %% 10 >= 7
"""
ROWS = (
    "SELECT id, customer_id, name, at, properties::text FROM profiles_event"
    " WHERE customer_id = ANY(%(changed)s::bigint[]) AND at = %(at)s",
    "SELECT c.id, c.attributes::text, l.stage, l.segment FROM profiles_customer c"
    " LEFT JOIN profiles_lifecyclestate l ON l.customer_id = c.id"
    " WHERE c.id = ANY(%(all)s::bigint[])",
    "SELECT customer_id, name, at, properties::text FROM profiles_event"
    " WHERE customer_id = ANY(%(all)s::bigint[])",
    "SELECT segment_id, customer_id, member, since, next_at FROM profiles_membership"
    " WHERE customer_id = ANY(%(all)s::bigint[])",
)


class Second(NamedTuple):
    """Whom the second that ends at `now` is about."""

    now: dt.datetime
    changed: list[int]
    due: list[int]

    @classmethod
    def of(cls, number: int, size: Size, laid: dt.datetime) -> "Second":
        places = range(number * size.due, (number + 1) * size.due)
        return cls(
            laid + dt.timedelta(seconds=number + 1),
            [1 + (place * STRIDE + 17) % size.customers for place in places],
            [1 + (place * crowd.STRIDE) % size.customers for place in places],
        )

    def lay(self) -> None:
        """What the customers did in it."""
        from django.db import connection, transaction

        at = self.now - dt.timedelta(milliseconds=200)
        given = {"at": at, "customers": self.changed}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CHANGED, given)
            cursor.execute(TRAITS, given)


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    sizes = SMOKE if smoke else (LARGE, SMALL)
    lines = []
    for size in sizes:
        lines.append(Line(f"Sojourn, {size.customers:,} customers", ours(ground, size, runs)))
        floor = _runs(ground, size, "floor", runs)
        name = f"floor: SELECT of the rows in question, {size.customers:,} customers"
        lines.append(Line(name, floor))
    return Result(
        name="P4b",
        title=f"a tick with {sizes[0].due:,} changed and {sizes[0].due:,} time-due customers",
        what=WHAT,
        lines=lines,
        goals=[] if smoke else _goals(*lines),
        notes=[f"the floor's own growth with the customers: × {_grown(lines[1], lines[3]):.2f}"],
    )


WHAT = """Twenty segments hold those who satisfy the twenty rules of P4a, twenty journeys take
whoever comes into one, or views a product of their category and satisfies the rule. In one second
400 customers of a thousand view a product, 300 put one into the cart, 300 change an attribute, all
of it in the log already; and of another thousand an event falls out of its thirty days, so that
each leaves a segment. A tick reads those events, looks again at whom they and the time concern, and
writes who came in, who left, and who enrolled. The floor selects the rows that this is about: the
events, the two thousand customers, their history and their memberships. Beside the tick: letting in
those whom their new segments brought, and a thousand enrollments whose wait is over (P5's work).
Every run is the median of seven ticks."""


def _goals(large: Line, floor: Line, small: Line, _floor: Line) -> list[Goal]:
    took = large.median(TICK)
    return [
        Goal("tick, ms", took, 60, at_most=True),
        Goal("tick, × floor", took / floor.median(TICK), 5, at_most=True),
        Goal("1,000,000 customers, × 100,000", _grown(large, small), 1.2, at_most=True),
    ]


def _grown(large: Line, small: Line) -> float:
    return large.median(TICK) / small.median(TICK)


def ours(ground: Ground, size: Size, runs: int) -> list[dict[str, float]]:
    """Runs of ticks on a crowd of this size."""
    return _runs(ground, size, "tick", runs)


def _runs(ground: Ground, size: Size, task: str, runs: int) -> list[dict[str, float]]:
    """One after the other on the same clone, each in seconds of its own."""
    laid = crowd.lay(ground, size)
    ground.restore(size.name)
    found = []
    for number in range(min(runs, MOST_RUNS)):
        with Hand(
            f"{__name__}:{task}", size=list(size), laid=laid.isoformat(), first=number * TICKS
        ) as hand:
            hand.wait_ready()
            (ticks,) = together([hand])
            found.append({name: statistics.median(t[name] for t in ticks) for name in ticks[0]})
    return found


def tick(size: list[int], laid: str, first: int) -> Iterator[Any]:
    """Tick through the seconds from `first` on."""
    known, began = Size(*size), dt.datetime.fromisoformat(laid)
    _tick(Second.of(first, known, began))
    yield "ready"
    yield [_tick(Second.of(first + n, known, began)) for n in range(1, TICKS)]


def _tick(second: Second) -> dict[str, float]:
    second.lay()
    found = _looked_again(second)
    return {**found, **_followed(second)}


def _looked_again(second: Second) -> dict[str, float]:
    """The tick itself: those who changed, then those whose time has come."""
    from django.db import connection

    from benchmarks.counting import Counted
    from benchmarks.meter import Stretch
    from journeys.operations import match
    from profiles.operations import membership

    before = _written()
    stretch = Stretch(backend())
    with connection.execute_wrapper(counted := Counted()):
        read = match.match(now=second.now)
        changed = stretch.lap()
        looked = 0
        while some := membership.work(now=second.now):
            looked += some
        due = stretch.lap()
    assert (read, looked) == (len(second.changed), len(second.due)), (read, looked)
    return {
        TICK: changed["ms"] + due["ms"],
        "changed ms": changed["ms"],
        "due ms": due["ms"],
        "CPU ms": changed["cpu"] + due["cpu"],
        "of it PostgreSQL": changed["postgres"] + due["postgres"],
        "WAL kB": (_written() - before) / 1000,
        "statements": float(counted.number),
    }


def _followed(second: Second) -> dict[str, float]:
    """What came of it, and the waits that end in the same second."""
    from benchmarks.meter import Stretch
    from journeys.operations import advance, match

    stretch = Stretch(backend())
    while match.match(now=second.now):
        pass
    came = stretch.lap()
    moved = advance.advance(now=second.now)
    assert moved == len(second.due), moved
    return {"letting in ms": came["ms"], "waits over ms": stretch.lap()["ms"]}


def floor(size: list[int], laid: str, first: int) -> Iterator[Any]:
    """Select the rows of the seconds from `first` on."""
    known, began = Size(*size), dt.datetime.fromisoformat(laid)
    _select(Second.of(first, known, began))
    yield "ready"
    yield [_select(Second.of(first + n, known, began)) for n in range(1, TICKS)]


def _select(second: Second) -> dict[str, float]:
    from benchmarks.meter import Stretch
    from profiles.queries.cursor import quick_cursor

    second.lay()
    everybody = [*second.changed, *second.due]
    at = second.now - dt.timedelta(milliseconds=200)
    stretch = Stretch(backend())
    given = {"changed": _array(second.changed), "all": _array(everybody), "at": at}
    with quick_cursor() as cursor:
        for statement in ROWS:
            cursor.execute(statement, given)
            cursor.fetchall()
    spent = stretch.lap()
    return {
        TICK: spent["ms"],
        "CPU ms": spent["cpu"],
        "of it PostgreSQL": spent["postgres"],
        "WAL kB": 0.0,
        "statements": float(len(ROWS)),
    }


def _array(numbers: list[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def backend() -> int:
    """The process of PostgreSQL that serves this one."""
    return int(_asked("SELECT pg_backend_pid()"))


def _written() -> int:
    return int(_asked("SELECT pg_current_wal_insert_lsn() - '0/0'"))


def _asked(statement: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
