"""P5's other peers: engines that keep waits and workflows in PostgreSQL, a customer at a time.

They come with the extra `bench`; one that is not installed is left out, and said so.
"""

import importlib.util
from typing import NamedTuple

from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.results import Line, figures


class Engine(NamedTuple):
    """A package, the module that does P5's work with it, and how that is called."""

    package: str
    module: str
    title: str


ENGINES = (
    Engine("procrastinate", "benchmarks.peer.by_procrastinate", "procrastinate, a job a customer"),
    Engine("dbos", "benchmarks.peer.by_dbos", "DBOS, a durable workflow each"),
    Engine("SpiffWorkflow", "benchmarks.peer.by_spiff", "SpiffWorkflow, a BPMN process each"),
)


def measured(
    ground: Ground, *, sample: int, warm: int, workers: int, runs: int
) -> tuple[list[Line], list[str]]:
    """A line for each engine that is there, a note for each that is not."""
    lines, notes = [], []
    for engine in ENGINES:
        if importlib.util.find_spec(engine.package) is None:
            notes.append(f"left out: {engine.package}, which the extra `bench` brings")
            continue
        found = [_worked(ground, engine, sample, warm, workers) for _ in range(runs)]
        lines.append(Line(f"peer: {engine.title}, {workers} workers", found))
    return lines, notes


def _worked(
    ground: Ground, engine: Engine, sample: int, warm: int, workers: int
) -> dict[str, float]:
    ground.restore("advance")
    with Hand(f"{engine.module}:lay", ids=_ids(sample + warm), warm=warm) as hand:
        hand.wait_ready()
    hands = [Hand(f"{engine.module}:work", warm=warm, sample=sample) for _ in range(workers)]
    try:
        for hand in hands:
            hand.wait_ready()
        meter = Meter(ground, python=[hand.pid for hand in hands])
        together(hands)
        cost = meter.stop()
    finally:
        for hand in hands:
            hand.__exit__()
    assert _messages() == sample + warm, (engine, _messages())
    return figures(cost, sample)


def _ids(count: int) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM journeys_enrollment ORDER BY id LIMIT %s", [count])
        return [row[0] for row in cursor.fetchall()]


def _messages() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_message")
        return int(cursor.fetchone()[0])
