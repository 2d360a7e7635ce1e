"""P4a: the entry rules of twenty journeys, asked of everybody, with nothing known beforehand."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import crowd, rules
from benchmarks.crowd import Size
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.programs import peer_worker
from benchmarks.results import EACH, Goal, Line, Result, figures

SIZE = Size(1_000_000, crowd.PLAIN)
SMALL = Size(600, 600)
SAMPLE = 10_000
SECONDS = "seconds for all"
CPU = "CPU µs each"


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    size, sample = (SMALL, 40) if smoke else (SIZE, SAMPLE)
    now = crowd.lay(ground, size)
    lines = [
        Line("Sojourn, in pages, as schedules look through everybody", []),
        Line("Sojourn, in one statement, as an audience is counted", []),
        Line("floor: one pass with the same predicates by hand", []),
        Line(f"peer: one Celery task per customer, {sample:,} of them, extrapolated", []),
    ]
    for number in range(runs):
        for line, task in zip(lines, ("walk", "count", "floor"), strict=False):
            line.runs.append(asked(ground, size, task))
        if number < 3:
            lines[3].runs.append(_peer(ground, size, sample, now))
    return Result(
        name="P4a",
        title=f"the entry rules of {len(rules.RULES)} journeys over {size.customers:,} customers",
        what=WHAT.format(customers=size.customers, sample=sample),
        lines=lines,
        goals=[] if smoke else _goals(*lines),
    )


WHAT = """Twenty rules (attributes, lifecycle, and events in windows: counted, summed, distinct,
absent) are answered for {customers:,} customers out of five million events. Cold: the database was
cloned a moment ago, so that nothing of it is in PostgreSQL's memory, and the process has compiled
nothing. Everybody's answers have to agree with the floor's, which computes the same predicates in
one statement written by hand and brings back twenty numbers; the walk brings back every member. The
peer is a task a customer, which asks by the ORM: {sample:,} customers were worked off, and the time
for all is extrapolated from them."""


def _goals(walk: Line, one_pass: Line, floor: Line, peer: Line) -> list[Goal]:
    least, processor = floor.median(SECONDS), floor.median(CPU)
    return [
        Goal("time, × floor", walk.median(SECONDS) / least, 2, at_most=True),
        Goal("processor time, × floor", walk.median(CPU) / processor, 2, at_most=True),
        Goal("one statement: time, × floor", one_pass.median(SECONDS) / least, 2, at_most=True),
        Goal("speed, × peer", walk.median(EACH) / peer.median(EACH), 20),
    ]


def asked(ground: Ground, size: Size, task: str) -> dict[str, float]:
    """Let a process find everybody's answers on a database that nobody has read yet."""
    now = crowd.lay(ground, size)
    ground.restore(size.name)
    with Hand(f"{__name__}:{task}", now=now.isoformat()) as hand:
        hand.wait_ready()
        meter = Meter(ground, python=[hand.pid])
        (counts,) = together([hand])
        cost = meter.stop()
    expected = _expected(size, now)
    assert counts["members"] == expected, (task, counts, expected)
    found = {SECONDS: cost.seconds, **figures(cost, size.customers)}
    return {**found, "statements": float(counts["statements"])}


_counted: dict[str, list[int]] = {}


def _expected(size: Size, now: dt.datetime) -> list[int]:
    """How many satisfy each rule, by hand; after the measurement, for it warms the memory."""
    from django.db import connection

    if size.name not in _counted:
        with connection.cursor() as cursor:
            cursor.execute(rules.by_hand(now))
            _counted[size.name] = list(cursor.fetchone())
    return _counted[size.name]


def walk(now: str) -> Iterator[Any]:
    """Everybody who satisfies each rule, by pages."""
    from django.db import connection

    from benchmarks.counting import Counted
    from journeys.operations.slots import PAGE
    from profiles.queries.conditions import members

    conditions = _conditions()
    connection.ensure_connection()
    yield "ready"
    found = [0] * len(conditions)
    with connection.execute_wrapper(counted := Counted()):
        for page in members(conditions, now=dt.datetime.fromisoformat(now), page=PAGE):
            for number, customers in enumerate(page.customers):
                found[number] += len(customers)
    yield {"members": found, "statements": counted.number}


def count(now: str) -> Iterator[Any]:
    """How many satisfy each rule, in one statement."""
    from django.db import connection

    from profiles.queries.conditions import population

    conditions = _conditions()
    connection.ensure_connection()
    yield "ready"
    query = population(conditions, now=dt.datetime.fromisoformat(now))
    counts = ", ".join(f"count(*) FILTER (WHERE a{at})" for at in range(len(conditions)))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts} FROM ({query.sql}) q", query.params)
        yield {"members": list(cursor.fetchone()), "statements": 1}


def floor(now: str) -> Iterator[Any]:
    """The same by hand."""
    from django.db import connection

    connection.ensure_connection()
    yield "ready"
    with connection.cursor() as cursor:
        cursor.execute(rules.by_hand(dt.datetime.fromisoformat(now)))
        yield {"members": list(cursor.fetchone()), "statements": 1}


def _conditions() -> list[Any]:
    from profiles.core.conditions import parse

    return [parse(rule.condition, entry_allowed=False) for rule in rules.RULES]


def _peer(ground: Ground, size: Size, sample: int, now: dt.datetime) -> dict[str, float]:
    from benchmarks.peer.rules import judge
    from profiles.operations import valkey

    ground.restore(size.name)
    step = max(1, size.customers // sample)
    with peer_worker(ground, workers=2) as pid:
        meter = Meter(ground, python=[pid])
        began = time.process_time()
        for number in range(sample):
            judge.delay(1 + number * step, now.isoformat())
        queued = time.process_time() - began
        while int(valkey.client().get("peer:judged") or 0) < sample:
            time.sleep(0.05)
        cost = meter.stop()
        valkey.client().delete("peer:judged")
    cost = cost._replace(cpu={**cost.cpu, "queueing": queued})
    found = figures(cost, sample)
    return {SECONDS: size.customers / found[EACH], **found}
