"""P1 and P2: events over HTTP, a hundred a request and one a request."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import people
from benchmarks.ground import GIVEN, Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.programs import Web, peer_web, web
from benchmarks.results import EACH, Goal, Line, Result, figures

CUSTOMERS = 100_000
SIZE = 100
CONNECTIONS = 8
SHARED = 500
"""Rows a commit of the floor: as many as Sojourn lets requests share."""
KEY = GIVEN["SOJOURN_WRITE_KEY"]
CPU = "CPU µs each"
MIX = """Calls of 100,000 known customers: of 100 in a request 93 are events of theirs, 4 identify
one with a new trait, 2 come from new visitors, 1 repeats an earlier call. Eight connections keep
the web process busy (one granian process with 32 threads, as `manage.py up` runs it). The floor
copies the same rows into the same indexed table, 500 a commit, over one connection. The peer is a
plain Django view on the same server: `json.loads`, people by `in_bulk` and `bulk_create`, events
by `bulk_create(ignore_conflicts)`."""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    customers, requests = (300, 4) if smoke else (CUSTOMERS, 600)
    now = dt.datetime.now(dt.UTC)
    ground.prepare("shop", lambda: fill(customers, now))
    ours = [_ours(ground, customers, requests, f"r{n}", now) for n in range(runs)]
    _keep(ground.home / "events", now)
    floor = [_floor(ground) for _ in range(runs)]
    peer = [_peer(ground, customers, requests // 3 + 1, f"r{n}") for n in range(runs)]
    lines = [
        Line("Sojourn", ours),
        Line("floor: COPY of the same rows", floor),
        Line("peer: plain Django view, bulk_create", peer),
    ]
    return Result(
        name="P1",
        title=f"ingest over HTTP, {SIZE} events a request, {customers:,} customers",
        what=MIX,
        lines=lines,
        goals=[] if smoke else _goals(*lines),
    )


def _goals(ours: Line, floor: Line, peer: Line) -> list[Goal]:
    speed = ours.median(EACH)
    return [
        Goal("events a second", speed, 10_000),
        Goal("speed, × floor", speed / floor.median(EACH), 0.4),
        Goal("processor time of the floor, × ours", floor.median(CPU) / ours.median(CPU), 0.4),
        Goal("speed, × peer", speed / peer.median(EACH), 1),
    ]


def fill(customers: int, now: dt.datetime) -> None:
    """Customers for both, and the key that clients send."""
    from django.db import connection

    from profiles.operations import access

    people.fill(customers, now=now)
    access.seed_keys(now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO peer_person (user_id, traits, created_at, updated_at)"
            " SELECT 'user-' || id, attributes, created_at, updated_at FROM profiles_customer"
        )
    people.settle()


def _load(server: Web, path: str, customers: int, requests: int, salt: str) -> Hand:
    warm = max(2, requests // 20)
    return Hand(
        "benchmarks.load:closed",
        port=server.port, path=path, key=KEY, warm=warm, connections=CONNECTIONS,
        bodies="benchmarks.calls:batches",
        arguments={"customers": customers, "count": requests + warm, "size": SIZE, "salt": salt},
    )  # fmt: skip


def _measured(ground: Ground, server: Web, hand: Hand, requests: int) -> dict[str, float]:
    hand.wait_ready()
    meter = Meter(ground, python=server.pids, client=[hand.pid])
    (found,) = together([hand])
    cost = meter.stop(seconds=found["seconds"])
    if found["failed"] or found["answered"] != requests:
        raise RuntimeError(f"The server refused requests: {found}")
    return {**figures(cost, requests * SIZE), "ack p99 ms": found["p99"] * 1000}


def _ours(
    ground: Ground, customers: int, requests: int, salt: str, now: dt.datetime
) -> dict[str, float]:
    ground.restore("shop")
    with web(ground) as server, _load(server, "/v1/batch", customers, requests, salt) as hand:
        return _measured(ground, server, hand, requests)


def _peer(ground: Ground, customers: int, requests: int, salt: str) -> dict[str, float]:
    ground.restore("shop")
    with peer_web(ground) as server, _load(server, "/batch", customers, requests, salt) as hand:
        return _measured(ground, server, hand, requests)


COLUMNS = "customer_id, name, at, received_at, source, message_id, properties, context"


def _keep(file: Path, now: dt.datetime) -> None:
    """Write out the rows of the last run, for the floor to write again."""
    from django.db import connection

    chosen = f"SELECT {COLUMNS} FROM profiles_event WHERE source <> 'history' ORDER BY id"
    statement = f"COPY ({chosen}) TO STDOUT"
    with connection.cursor() as cursor, file.open("wb") as out, cursor.copy(statement) as rows:
        for block in rows:
            out.write(block)


def _floor(ground: Ground) -> dict[str, float]:
    ground.restore("shop")
    with Hand("benchmarks.ingest:copy", file=str(ground.home / "events")) as hand:
        hand.wait_ready()
        meter = Meter(ground, python=[hand.pid])
        (rows,) = together([hand])
        return figures(meter.stop(), rows)


def copy(file: str) -> Iterator[Any]:
    """COPY the kept rows, SHARED a commit."""
    from django.db import connection

    lines = Path(file).read_bytes().splitlines(keepends=True)
    blocks = [b"".join(lines[at : at + SHARED]) for at in range(0, len(lines), SHARED)]
    connection.ensure_connection()
    yield "ready"
    with connection.cursor() as cursor:
        for block in blocks:
            with cursor.copy(f"COPY profiles_event ({COLUMNS}) FROM STDIN") as into:
                into.write(block)
    yield len(lines)
