"""P5: due enrollments go wait → branch → split → send queued → next wait."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import engines, people
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.programs import peer_worker
from benchmarks.results import EACH, Goal, Line, Result, figures

WARM = 2000
SAMPLE = 4000
WORKERS = 2
JOURNEY = """
journey: advance
title: Advance
enter: {on: [{event: Order Completed}]}
steps:
  - id: pause
    wait: 1d
  - id: which
    branch:
      - if: {all: [{attribute: country, in: [DE, FR]}, {event: Product Viewed, within: 30d}]}
        then: test
    else: rest
  - id: test
    split: [{arm: A, share: 50, then: test_a}, {arm: B, share: 50, then: test_b}]
  - id: test_a
    send: {channel: email, subject: "A {{ customer.firstName }}", text: Hello}
    then: after
  - id: test_b
    send: {channel: email, subject: "B {{ customer.firstName }}", text: Hello}
    then: after
  - id: rest
    split: [{arm: A, share: 50, then: rest_a}, {arm: B, share: 50, then: rest_b}]
  - id: rest_a
    send: {channel: email, subject: "A {{ customer.firstName }}", text: Good day}
    then: after
  - id: rest_b
    send: {channel: email, subject: "B {{ customer.firstName }}", text: Good day}
  - id: after
    wait: 2d
"""
DUE = """
INSERT INTO journeys_enrollment (customer_id, journey_id, version_id, key, status, ghost, arms,
    step, visit, visits, due_at, step_at, entry, entry_event_id, context, entered_at, left_reason,
    failures)
SELECT c.id, v.journey_id, v.id, '', 'active', '', '{}', 'pause', 1, '{"pause": 1}',
    %(now)s - make_interval(secs => c.id %% 3600), %(now)s - interval '1 day',
    jsonb_build_object('order_id', 'o' || c.id, 'revenue', c.id %% 300, 'currency', 'EUR'), c.id,
    '{}', %(now)s - interval '1 day', '', 0
FROM profiles_customer c CROSS JOIN journeys_version v
"""
REMAINING = """
SELECT count(*) FROM journeys_enrollment WHERE status = 'active' AND due_at <= %s
"""
TABLES = {
    "journeys_enrollment": (
        "id, arms, step, visit, visits, due_at, step_at, context, left_at, left_reason, failures"
    ),
    "journeys_decision": (
        "enrollment_id, customer_id, journey_id, version_id, step, visit, at, code, inputs"
    ),
    "channels_message": (
        "customer_id, enrollment_id, journey, version, step, visit, arm, ghost, purpose, topic,"
        " priority, channels, content_id, context, send_after, expires_at, created_at, channel,"
        " address, status, reason, provider, provider_id, fence, attempts"
    ),
}
FLOOR = (
    "UPDATE journeys_enrollment e SET arms = t.arms, step = t.step, visit = t.visit,"
    " visits = t.visits, due_at = t.due_at, step_at = t.step_at, context = t.context,"
    " left_at = t.left_at, left_reason = t.left_reason, failures = t.failures"
    " FROM kept_journeys_enrollment t WHERE t.id = e.id",
    *(
        f"INSERT INTO {table} ({TABLES[table]}) SELECT {TABLES[table]} FROM kept_{table}"
        for table in ("journeys_decision", "channels_message")
    ),
)


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    count = 500 if smoke else 100_000
    warm, sample = (100, 100) if smoke else (WARM, SAMPLE)
    now = dt.datetime.now(dt.UTC)
    ground.prepare("advance", lambda: _fill(count + warm, now))
    kept = ground.home / "advance"
    kept.mkdir(mode=0o777, exist_ok=True)
    both = [_ours(ground, count, warm, now, WORKERS) for _ in range(runs)]
    alone = [_ours(ground, count, warm, now, 1) for _ in range(min(runs, 3))]
    _keep(kept)
    floor = [_floor(ground, count, now) for _ in range(runs)]
    peer = [_peer(ground, sample, warm // 10, now) for _ in range(min(runs, 3))]
    others, notes = engines.measured(
        ground, sample=sample // 2, warm=warm // 10, workers=WORKERS, runs=min(runs, 3)
    )
    lines = [
        Line(f"Sojourn, {WORKERS} workers", both),
        Line("Sojourn, 1 worker", alone),
        Line("floor: one UPDATE…FROM and two INSERT…SELECT", floor),
        Line(f"peer: one Celery task per customer with the ORM, {WORKERS} workers", peer),
        *others,
    ]
    return Result(
        name="P5",
        title=f"advance {count:,} due enrollments: wait → branch → split → send queued",
        what=WHAT.format(count=count, sample=sample, fewer=sample // 2),
        lines=lines,
        goals=[] if smoke else _goals(lines),
        notes=notes,
    )


WHAT = """{count:,} enrollments wait in one journey and fall due within the last hour. Each takes a
branch (an attribute, and an event within 30 days out of a log of five events a customer), draws an
arm, puts an e-mail into the outbox and begins the next wait: one enrollment updated, five
decisions and one message written. The floor writes the same rows in one transaction from tables
that hold them ready. The peers do the same for each customer by itself, on as many processes and
with the same ORM where they need one, and are measured on fewer: the first works off a sample of
{sample:,}, queued beforehand as its sweep would, the others {fewer:,} each. Procrastinate runs a
job at the end of the wait, which defers the next; DBOS a durable workflow with a checkpoint a
step, which enqueues the next with a delay; SpiffWorkflow a BPMN process between two timers, whose
state is read from a row and written back."""


def _goals(lines: list[Line]) -> list[Goal]:
    ours, alone, floor, *peers = lines
    speed = ours.median(EACH)
    cpu = "CPU µs each"
    return [
        Goal("customers a second", speed, 10_000),
        Goal("time, × floor", floor.median(EACH) / speed, 3, at_most=True),
        Goal("processor time, × floor", alone.median(cpu) / floor.median(cpu), 3, at_most=True),
        *(Goal(f"speed, × {_called(each)}", speed / each.median(EACH), 20) for each in peers),
    ]


def _called(peer: Line) -> str:
    return peer.name.removeprefix("peer: ").partition(",")[0]


def _fill(count: int, now: dt.datetime) -> None:
    from django.db import connection

    from journeys.operations import apply

    people.fill(count, now=now)
    apply.months([now])
    people.publish_journey("advance", JOURNEY, now=now)
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now})
    people.settle()


def _ours(
    ground: Ground, count: int, warm: int, now: dt.datetime, workers: int
) -> dict[str, float]:
    ground.restore("advance")
    hands = [
        Hand("benchmarks.advance:work", now=now.isoformat(), warm=warm // workers)
        for _ in range(workers)
    ]
    try:
        for hand in hands:
            hand.wait_ready()
        meter = Meter(ground, python=[hand.pid for hand in hands])
        found = together(hands)
        cost = meter.stop()
    finally:
        for hand in hands:
            hand.__exit__()
    assert sum(done["moved"] for done in found) == count, found
    statements = sum(done["statements"] for done in found)
    return {**figures(cost, count), "statements per 1,000": statements / count * 1000}


def work(now: str, warm: int) -> Iterator[Any]:
    """Call `advance` until nothing is due, as the worker's task does."""
    from django.db import connection

    from benchmarks.counting import Counted
    from journeys.operations.advance import advance

    at = dt.datetime.fromisoformat(now)
    advance(now=at, limit=warm)
    yield "ready"
    moved = 0
    with connection.execute_wrapper(counted := Counted()):
        while done := advance(now=at):
            moved += done
    yield {"moved": moved, "statements": counted.number}


def _keep(folder: Any) -> None:
    """Write out what the run wrote, for the floor to write again."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            rows = f"COPY (SELECT {columns} FROM {table} ORDER BY id) TO STDOUT"
            with (folder / table).open("wb") as file, cursor.copy(rows) as out:
                file.writelines(out)


def _floor(ground: Ground, count: int, now: dt.datetime) -> dict[str, float]:
    ground.restore("advance")
    with Hand("benchmarks.advance:write_floor", folder=str(ground.home / "advance")) as hand:
        hand.wait_ready()
        meter = Meter(ground, python=[hand.pid])
        together([hand])
        cost = meter.stop()
    return figures(cost, _moved(now))


def write_floor(folder: str) -> Iterator[Any]:
    """The same rows from tables that hold them ready."""
    from pathlib import Path

    from django.db import connection, transaction

    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(
                f"CREATE TEMP TABLE kept_{table} AS SELECT {columns} FROM {table} LIMIT 0"
            )
            with cursor.copy(f"COPY kept_{table} FROM STDIN") as into:
                into.write((Path(folder) / table).read_bytes())
            cursor.execute(f"ANALYZE kept_{table}")
    yield "ready"
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in FLOOR:
            cursor.execute(statement)
    yield "done"


def _moved(now: dt.datetime) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_message")
        return int(cursor.fetchone()[0])


def _peer(ground: Ground, sample: int, warm: int, now: dt.datetime) -> dict[str, float]:
    from django.db import connection

    from benchmarks.peer.tasks import advance_one

    ground.restore("advance")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM journeys_enrollment ORDER BY id LIMIT %s", [sample + warm])
        ids = [row[0] for row in cursor.fetchall()]
    with peer_worker(ground, workers=WORKERS) as pid:
        for id in ids[:warm]:
            advance_one.delay(id)
        _wait_for_messages(warm)
        meter = Meter(ground, python=[pid])
        began = time.process_time()
        for id in ids[warm:]:
            advance_one.delay(id)
        queued = time.process_time() - began
        _wait_for_messages(sample + warm)
        cost = meter.stop()
    cost = cost._replace(cpu={**cost.cpu, "queueing": queued})
    return figures(cost, sample)


def _wait_for_messages(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM channels_message")
            if cursor.fetchone()[0] >= count:
                return
            time.sleep(0.05)
