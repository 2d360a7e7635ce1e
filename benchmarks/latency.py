"""P3: from an event to the provider's acceptance, at fixed arrival rates."""

import datetime as dt
import json
import statistics
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import people
from benchmarks.ground import GIVEN, Ground
from benchmarks.hands import Hand, together
from benchmarks.load import quantile
from benchmarks.meter import Meter
from benchmarks.programs import Provider, Web, peer_stack, provider, up
from benchmarks.results import Goal, Line, Result

CUSTOMERS = 20_000
JOURNEYS = 20
CATEGORIES = 200
"""One event in ten carries the category of one of the journeys."""
RATES = (50, 200, 500)
PATIENCE_SECONDS = 60
KEY = GIVEN["SOJOURN_WRITE_KEY"]


class Seconds(NamedTuple):
    """How long events arrive: first uncounted, then counted."""

    warm: int
    counted: int


SECONDS = Seconds(4, 15)
JOURNEY = """
journey: look-{n}
title: Look {n}
enter:
  on: [{{event: Product Viewed, where: {{category: {{eq: c{n}}}}}}}]
  if: {{attribute: points, gte: 0}}
  again: always
steps:
  - id: mail
    send:
      channel: email
      subject: "{{{{ entry.number }}}}"
      text: "Hello {{{{ customer.firstName }}}}, still looking for {{{{ entry.product_id }}}}?"
"""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    rates, seconds = ((20,), Seconds(1, 3)) if smoke else (RATES, SECONDS)
    customers = 300 if smoke else CUSTOMERS
    now = dt.datetime.now(dt.UTC)
    ground.prepare("look", lambda: _fill(customers, now))
    ours: dict[int, list[dict[str, float]]] = {rate: [] for rate in rates}
    peer: dict[int, list[dict[str, float]]] = {rate: [] for rate in rates}
    floor = []
    for _ in range(min(runs, 3)):
        floor.append(_floor(ground))
        for rate, found in _ours(ground, customers, rates, seconds):
            ours[rate].append(found)
        for rate, found in _peer(ground, customers, rates, seconds):
            peer[rate].append(found)
    lines = [Line("floor: 3 commits, 2 broker hops, 1 POST, nothing else running", floor)]
    lines += [Line(f"Sojourn, {rate} events/s", found) for rate, found in ours.items()]
    lines += [
        Line(f"peer: a task an event, {rate} events/s", found) for rate, found in peer.items()
    ]
    return Result(
        name="P3",
        title=f"event to provider, open loop, {JOURNEYS} journeys, one event in ten matches",
        what=WHAT.format(customers=customers, seconds=seconds.counted),
        lines=lines,
        goals=[] if smoke else _goals(lines),
    )


WHAT = """`manage.py up` (web, two workers, Beat) on {customers:,} customers and twenty journeys
that all listen to the one event; each judges a property of the event and an attribute, and sends
an e-mail at once. Events arrive one a request at a fixed rate for {seconds} s after a warm-up,
whatever the server does. Times run from the instant at which an event was due to be sent until the
emulated SendGrid, a process of its own, had the e-mail. The peer is a plain view that saves the
event and queues a Celery task, which loads it, tries twenty rules, saves by the ORM and posts; the
same server, broker and number of workers."""


def _goals(lines: list[Line]) -> list[Goal]:
    floor, _, at_200, at_500 = lines[:4]
    return [
        Goal("p50 at 200/s, ms", at_200.median("p50 ms"), 100, at_most=True),
        Goal(
            "p50 at 200/s, × floor",
            at_200.median("p50 ms") / floor.median("p50 ms"),
            4,
            at_most=True,
        ),
        Goal("p99 at 200/s, ms", at_200.median("p99 ms"), 400, at_most=True),
        Goal("p50 at 500/s, ms (stretch)", at_500.median("p50 ms"), 50, at_most=True),
        Goal("p99 at 500/s, ms (stretch)", at_500.median("p99 ms"), 250, at_most=True),
    ]


def _fill(customers: int, now: dt.datetime) -> None:
    from django.db import connection

    people.fill(customers, now=now)
    for number in range(JOURNEYS):
        people.publish_journey(f"look-{number}", JOURNEY.format(n=number), now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO peer_person (user_id, traits, created_at, updated_at)"
            " SELECT 'user-' || id, attributes, created_at, updated_at FROM profiles_customer"
        )
    people.settle()


def events(customers: int, count: int, salt: str) -> Iterator[bytes]:
    """Bodies of /v1/track; `number` comes back as the e-mail's subject."""
    for number in range(count):
        category = number * 7919 % CATEGORIES
        call = {
            "type": "track", "event": "Product Viewed", "messageId": f"{salt}-{number}",
            "userId": f"user-{1 + number * 6007 % customers}",
            "properties": {
                "number": f"{salt}-{number}", "product_id": f"p{number % 500}",
                "value": number % 99, "category": f"c{category}",
            },
        }  # fmt: skip
        yield json.dumps(call).encode()


def _expected(count: int, warm: int, salt: str) -> dict[str, int]:
    """The subjects of the e-mails that counted events lead to, and the events' numbers."""
    return {
        f"{salt}-{number}": number - warm
        for number in range(warm, count)
        if number * 7919 % CATEGORIES < JOURNEYS
    }


def _ours(
    ground: Ground, customers: int, rates: tuple[int, ...], seconds: Seconds
) -> Iterator[tuple[int, dict[str, float]]]:
    ground.restore("look")
    with provider(ground, "sendgrid") as sink, up(ground, sink) as server:
        for rate in rates:
            yield rate, _measure(ground, server, sink, "/v1/track", customers, rate, seconds)


def _peer(
    ground: Ground, customers: int, rates: tuple[int, ...], seconds: Seconds
) -> Iterator[tuple[int, dict[str, float]]]:
    ground.restore("look")
    with provider(ground, "sendgrid") as sink, peer_stack(ground, sink) as server:
        for rate in rates:
            yield rate, _measure(ground, server, sink, "/event", customers, rate, seconds)


def _measure(
    ground: Ground, server: Web, sink: Provider, path: str, customers: int, rate: int, for_: Seconds
) -> dict[str, float]:
    warm, salt = for_.warm * rate, f"at{rate}"
    count = warm + for_.counted * rate
    arguments = {"customers": customers, "count": count, "salt": salt}
    with Hand(
        "benchmarks.load:open_loop", port=server.port, path=path, key=KEY, warm=warm, rate=rate,
        bodies="benchmarks.latency:events", arguments=arguments,
    ) as hand:  # fmt: skip
        hand.wait_ready()
        meter = Meter(ground, python=server.pids, client=[hand.pid], provider=[sink.pid])
        (sent,) = together([hand])
        expected = _expected(count, warm, salt)
        accepted = _accepted(sink, expected)
        cost = meter.stop()
    if sent["failed"] or not accepted:
        raise RuntimeError(f"{sent['failed']} refused, {len(accepted)} e-mails: {_standing()}")
    whole = sorted(at - (sent["began"] + number / rate) for number, at in accepted)
    behind = sorted(at - sent["acks"][number] for number, at in accepted)
    return {
        "p50 ms": quantile(whole, 0.5) * 1000,
        "p99 ms": quantile(whole, 0.99) * 1000,
        "p50 after the ack, ms": quantile(behind, 0.5) * 1000,
        "ack p99 ms": sent["p99"] * 1000,
        "not there after a minute": float(len(expected) - len(accepted)),
        "cores busy": cost.all_cpu / cost.seconds,
    }


def _standing() -> list[tuple[str, str, int]]:
    """Where messages stand, for whoever has to find out why none left."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT status, reason, count(*) FROM channels_message GROUP BY 1, 2")
        return list(cursor.fetchall())


def _accepted(sink: Provider, expected: dict[str, int]) -> list[tuple[int, float]]:
    """(number, Unix time of acceptance) of the e-mails, once all are there or patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: dict[int, float] = {}
    with sink.log.open() as log:
        while len(found) < len(expected) and time.monotonic() < deadline:
            line = log.readline()
            if not line.endswith("\n"):
                log.seek(log.tell() - len(line))
                time.sleep(0.05)
                continue
            mail = json.loads(line)
            if mail["subject"] in expected:
                found.setdefault(expected[mail["subject"]], mail["at"])
    return list(found.items())


def _floor(ground: Ground) -> dict[str, float]:
    """One after the other, by itself: what no design that commits and hands on can go below."""
    ground.restore("look")
    with (
        provider(ground, "sendgrid") as sink,
        Hand("benchmarks.latency:touch", url=sink.url) as hand,
    ):
        hand.wait_ready()
        (took,) = together([hand])
    return {
        "p50 ms": statistics.median(took) * 1000,
        "p99 ms": quantile(sorted(took), 0.99) * 1000,
    }


def touch(url: str) -> Iterator[Any]:
    """Three commits of a row, two hops over the broker, one POST; 300 times."""
    from django.db import connection

    from benchmarks.mail import Poster, body
    from profiles.operations import valkey

    poster, broker = Poster(url), valkey.client()
    mail = body(1, "someone@example.com", {"subject": "s", "text": "t", "html": "<p>h</p>"})
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE commits (n int)")
        yield "ready"
        took = []
        for number in range(320):
            began = time.perf_counter()
            for _ in range(3):
                cursor.execute("INSERT INTO commits VALUES (%s)", [number])
            for _ in range(2):
                broker.lpush("hop", "x")
                broker.brpop(["hop"], timeout=5)
            poster.post(mail)
            took.append(time.perf_counter() - began)
    yield took[20:]
