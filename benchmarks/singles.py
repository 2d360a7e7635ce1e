"""P2: one event a request, from many connections at once; then at half of that rate, for the
waits.
"""

import datetime as dt
from typing import Any

from benchmarks import ingest
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.programs import Web, peer_web, web
from benchmarks.results import EACH, Goal, Line, Result, figures

CUSTOMERS = ingest.CUSTOMERS
CONNECTIONS = 64
HALF_LOAD_SECONDS = 10
CPU = "CPU µs each"


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    customers, requests = (300, 100) if smoke else (CUSTOMERS, 12_000)
    now = dt.datetime.now(dt.UTC)
    ground.prepare("shop", lambda: ingest.fill(customers, now))
    floor = [_nothing(ground, customers, requests) for _ in range(runs)]
    ours = [_ours(ground, customers, requests, smoke) for _ in range(runs)]
    lines = [Line("Sojourn", ours), Line("floor: a view that does nothing", floor)]
    return Result(
        name="P2",
        title=f"ingest over HTTP, 1 event a request, {CONNECTIONS} connections",
        what=WHAT,
        lines=lines,
        goals=[] if smoke else _goals(*lines),
    )


WHAT = """Events of 100,000 known customers, one a request, from 64 connections that each send the
next request when the last was answered; every answer comes after the commit. Then the same at half
the rate so reached, at fixed instants (open loop): the ack's 99th percentile is of that. The floor
is an empty Django view on the same server, behind the same handler."""


def _goals(ours: Line, floor: Line) -> list[Goal]:
    return [
        Goal("speed, × floor", ours.median(EACH) / floor.median(EACH), 0.4),
        Goal(
            "p99 of the ack at half load, ms",
            ours.median("ack p99 at half load, ms"),
            25,
            at_most=True,
        ),
    ]


def _closed(server: Web, path: str, customers: int, requests: int, salt: str) -> Hand:
    warm = max(CONNECTIONS, requests // 20)
    return Hand(
        "benchmarks.load:closed",
        port=server.port, path=path, key=ingest.KEY, warm=warm, connections=CONNECTIONS,
        bodies="benchmarks.calls:singles",
        arguments={"customers": customers, "count": requests + warm, "salt": salt},
    )  # fmt: skip


def _measured(ground: Ground, server: Web, hand: Hand, requests: int) -> dict[str, float]:
    hand.wait_ready()
    meter = Meter(ground, python=server.pids, client=[hand.pid])
    (found,) = together([hand])
    cost = meter.stop(seconds=found["seconds"])
    if found["failed"] or found["answered"] != requests:
        raise RuntimeError(f"The server refused requests: {found}")
    return figures(cost, requests)


def _nothing(ground: Ground, customers: int, requests: int) -> dict[str, float]:
    ground.restore("shop")
    with (
        peer_web(ground) as server,
        _closed(server, "/nothing", customers, requests, "floor") as hand,
    ):
        return _measured(ground, server, hand, requests)


def _ours(ground: Ground, customers: int, requests: int, smoke: bool) -> dict[str, float]:
    ground.restore("shop")
    with web(ground) as server:
        with _closed(server, "/v1/track", customers, requests, "full") as hand:
            found = _measured(ground, server, hand, requests)
        rate = 20 if smoke else found[EACH] / 2
        half = _at(server, customers, rate, 2 if smoke else HALF_LOAD_SECONDS)
    return {
        **found,
        "ack p50 at half load, ms": half["p50"] * 1000,
        "ack p99 at half load, ms": half["p99"] * 1000,
    }


def _at(server: Web, customers: int, rate: float, seconds: int) -> Any:
    warm, count = int(rate * 2), int(rate * (seconds + 2))
    arguments = {"customers": customers, "count": count, "salt": "half"}
    with Hand(
        "benchmarks.load:open_loop", port=server.port, path="/v1/track", key=ingest.KEY, warm=warm,
        rate=rate, bodies="benchmarks.calls:singles", arguments=arguments,
    ) as hand:  # fmt: skip
        hand.wait_ready()
        (found,) = together([hand])
    if found["failed"]:
        raise RuntimeError(f"The server refused requests: {found['failed']}")
    return found
