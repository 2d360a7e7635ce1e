"""P8: a provider reports what became of the messages, a thousand receipts a request."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import msgspec

from benchmarks import people
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.results import EACH, Goal, Line, Result, figures

Body = TypeVar("Body")
SIZE = 1000
AT_A_TIME = 2
"""Requests that are served at the same time."""
DELIVERED, OPENED, CLICKED = 0.70, 0.22, 0.08
"""Shares of a batch; opens and clicks are of the messages that the batch before delivered."""
CPU = "CPU µs each"
SENT = """
INSERT INTO channels_message (customer_id, enrollment_id, journey, version, step, visit, arm, ghost,
    purpose, topic, priority, channels, content_id, context, send_after, expires_at, created_at,
    channel, address, status, reason, provider, provider_id, fence, attempts, sent_at)
SELECT id, id, 'mail', 1, 'mail', 1, (ARRAY['A', 'B'])[1 + id %% 2], '', 'marketing', 'news', 50,
    ARRAY['email'], 1, '{"entry": {"category": "books"}, "context": {}}', %(at)s,
    %(at)s + interval '1 day', %(at)s, 'email', email, 'sent', '', 'sendgrid',
    'b9xV' || lpad(id::text, 18, 'Q'), 1, 1, %(at)s
FROM profiles_customer
"""
RECEIPTS = "source, key, message_id, kind, at, received_at, machine, detail"
EVENTS = "customer_id, name, at, received_at, source, message_id, properties, context"
UPDATE = """
UPDATE channels_message m
SET status = 'delivered', delivered_at = LEAST(m.delivered_at, w.delivered),
    opened_at = LEAST(m.opened_at, w.opened), clicked_at = LEAST(m.clicked_at, w.clicked)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
    AS w(id, delivered, opened, clicked)
WHERE m.id = w.id
"""
MOVES = """
SELECT message_id, min(at), min(at) FILTER (WHERE kind IN ('opened', 'clicked')),
    min(at) FILTER (WHERE kind = 'clicked')
FROM channels_receipt WHERE received_at = %s GROUP BY message_id ORDER BY message_id
"""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    batches = 2 if smoke else 200
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    ground.prepare("sent", lambda: _fill(batches, now))
    ours = [_ours(ground, batches, now) for _ in range(runs)]
    kept = _keep(ground.home / "receipts.json", batches, now)
    floor = [_floor(ground, kept) for _ in range(runs)]
    lines = [
        Line("Sojourn: parse and receive", ours),
        Line("floor: COPY, one UPDATE, COPY of the events", floor),
    ]
    return Result(
        name="P8",
        title=f"{batches * SIZE:,} delivery receipts, {SIZE:,} a request",
        what=WHAT,
        lines=lines,
        goals=[] if smoke else _goals(*lines),
        notes=[NOTE],
    )


WHAT = """SendGrid's Event Webhook reports on sent messages: of a thousand events in a body 700 say
delivered, 220 open and 80 click, in mixed order. One process with two threads, as web serves two
requests at a time (on messages of different hours), reads the JSON and receives it: repeats told
apart, messages found and locked, receipts stored, messages moved, the log told, addresses heeded; a
commit for each body. The floor, one process with two threads as well, copies the same receipts into
the same indexed table, moves the same messages by one UPDATE and copies the same events, a commit
for each thousand; it knows which message is meant, and that nothing repeats."""
NOTE = (
    "HTTP and the check of the signature are left out: their cost is a request's, not a receipt's"
)


def _goals(ours: Line, floor: Line) -> list[Goal]:
    speed = ours.median(EACH)
    return [
        Goal("receipts a second", speed, 10_000),
        Goal("speed, × floor", speed / floor.median(EACH), 0.4),
        Goal("processor time of the floor, × ours", floor.median(CPU) / ours.median(CPU), 0.4),
    ]


def _fill(batches: int, now: dt.datetime) -> None:
    from django.db import connection

    people.fill(int(batches * SIZE * DELIVERED), now=now)
    with connection.cursor() as cursor:
        cursor.execute(SENT, {"at": now - dt.timedelta(minutes=10)})
    people.settle()


def _arrival(now: dt.datetime, batch: int) -> dt.datetime:
    """Every body comes in at an instant of its own, by which the floor finds its rows again."""
    return now + dt.timedelta(milliseconds=batch)


def _ours(ground: Ground, batches: int, now: dt.datetime) -> dict[str, float]:
    ground.restore("sent")
    task = {"now": now.isoformat(), "batches": batches}
    return _measured(ground, Hand("benchmarks.receipts:work", **task))


def _floor(ground: Ground, kept: Path) -> dict[str, float]:
    ground.restore("sent")
    return _measured(ground, Hand("benchmarks.receipts:copy", file=str(kept)))


def _measured(ground: Ground, started: Hand) -> dict[str, float]:
    with started as hand:
        hand.wait_ready()
        meter = Meter(ground, python=[hand.pid])
        (done,) = together([hand])
        return figures(meter.stop(), done)


def work(now: str, batches: int) -> Iterator[Any]:
    """Read and receive bodies, as the view does between the signature and its answer."""
    from channels.adapters.base import Malformed, RawRequest
    from channels.adapters.sendgrid import callbacks
    from channels.core.message import AccountSettings
    from channels.operations.receive import receive

    began = dt.datetime.fromisoformat(now)
    account = AccountSettings(slug="sendgrid", adapter="sendgrid")
    bodies = _bodies(batches, began)

    def take(number: int) -> int:
        at = _arrival(began, number)
        request = RawRequest(method="POST", url="", headers={}, body=bodies[number], now=at)
        told = callbacks.parse(account, request)
        assert not isinstance(told, Malformed)
        return receive(told, source="sendgrid", channel="email", now=at).matched

    with _threads() as threads:
        yield "ready"
        matched = sum(threads.map(take, _in_turn(range(batches))))
        assert matched == batches * SIZE, matched
        yield matched


def _in_turn(bodies: Sequence[Body]) -> list[Body]:
    """One of the first half, one of the second: the opens of the one are not those of the other."""
    half = len(bodies) // 2
    return [each for pair in zip(bodies[:half], bodies[half:], strict=True) for each in pair]


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """As many as there are requests at a time, each with its connection."""
    from django.db import connection

    together = Barrier(AT_A_TIME)

    def connected(_: int) -> None:
        connection.ensure_connection()
        together.wait()

    with ThreadPoolExecutor(AT_A_TIME) as threads:
        list(threads.map(connected, range(AT_A_TIME)))
        yield threads


def _bodies(batches: int, now: dt.datetime) -> list[bytes]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT uid, provider_id, address FROM channels_message ORDER BY id")
        messages = cursor.fetchall()
    chosen, size = random.Random(1), int(SIZE * DELIVERED)
    blocks = [messages[at : at + size] for at in range(0, len(messages), size)]
    return [
        _body(number, blocks[number], blocks[max(number - 1, 0)], chosen, now)
        for number in range(batches)
    ]


def _body(
    number: int, fresh: list[Any], earlier: list[Any], chosen: random.Random, now: dt.datetime
) -> bytes:
    clicks, opens = int(SIZE * CLICKED), int(SIZE * OPENED)
    told = [("delivered", message) for message in fresh]
    told += [("open", message) for message in earlier[:opens]]
    told += [("click", message) for message in earlier[:clicks]]
    chosen.shuffle(told)
    second = int(now.timestamp())
    return msgspec.json.encode(
        [_event(f"{number:05d}{place:05d}", second, *each) for place, each in enumerate(told)]
    )


DETAILS: dict[str, dict[str, Any]] = {
    "delivered": {"response": "250 2.0.0 OK 1767000000 d9443c01a7336-2a7d88e6b6esi1 - gsmtp"},
    "open": {
        "useragent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com)",
        "ip": "66.102.8.18",
        "sg_machine_open": False,
    },
    "click": {
        "useragent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
        "ip": "203.0.113.90",
        "url": "https://shop.example.com/cart?ref=mail",
        "url_offset": {"index": 0, "type": "html"},
    },
}


def _event(key: str, second: int, kind: str, message: Any) -> dict[str, Any]:
    """In the shape that SendGrid documents."""
    uid, provider_id, address = message
    return {
        "email": address,
        "timestamp": second - {"delivered": 60, "open": 30, "click": 10}[kind],
        "smtp-id": f"<{provider_id}@geopod-ismtpd-1>",
        "event": kind,
        "category": ["mail"],
        "sg_event_id": f"ZGVsaXZlcmVkLTAtMTIz{key}",
        "sg_message_id": f"{provider_id}.recvd-6d4f4bf5b-vr5nj-1-65A1B2C3-1F.0",
        "message_id": str(uid),
        **DETAILS[kind],
    }


def _keep(file: Path, batches: int, now: dt.datetime) -> Path:
    """Write out what the last run wrote, body by body, for the floor to write again."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("channels_receipt", "profiles_event"):
            cursor.execute(f"CREATE INDEX ON {table} (received_at)")
    found = [_kept(_arrival(now, number)) for number in range(batches)]
    file.write_bytes(msgspec.json.encode(found))
    return file


def _kept(at: dt.datetime) -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(MOVES, [at])
        moves = [list(column) for column in zip(*cursor.fetchall(), strict=True)]
        texts = [
            _copied(cursor, f"SELECT {columns} FROM {table} WHERE received_at = '{at}' ORDER BY id")
            for table, columns in (("channels_receipt", RECEIPTS), ("profiles_event", EVENTS))
        ]
    return {"moves": moves, "receipts": texts[0], "events": texts[1]}


def _copied(cursor: Any, rows: str) -> str:
    with cursor.copy(f"COPY ({rows}) TO STDOUT") as blocks:
        return b"".join(blocks).decode()


def copy(file: str) -> Iterator[Any]:
    """Write the kept rows, a commit for each body."""
    from django.db import connection, transaction

    kept = msgspec.json.decode(Path(file).read_bytes())
    blocks = [(one["receipts"].encode(), one["moves"], one["events"].encode()) for one in kept]

    def write(block: tuple[bytes, Any, bytes]) -> int:
        receipts, moves, events = block
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy(f"COPY channels_receipt ({RECEIPTS}) FROM STDIN") as into:
                into.write(receipts)
            cursor.execute(UPDATE, moves)
            with cursor.copy(f"COPY profiles_event ({EVENTS}) FROM STDIN") as into:
                into.write(events)
        return receipts.count(b"\n")

    with _threads() as threads:
        yield "ready"
        yield sum(threads.map(write, _in_turn(blocks)))
