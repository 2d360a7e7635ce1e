"""P7: web pushes go to the push services of three browser makers on loopback."""

import base64
import contextlib
import datetime as dt
import socket
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from benchmarks import mail, people
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.programs import Provider, provider
from benchmarks.results import EACH, Goal, Line, Result, figures

SERVICES = 3
CPU = "CPU µs each"
SIGNATURES = "signatures"
CONTACT = "mailto:push@shop.example.com"
CONTENTS = [
    {
        "title": f"{title}, {{{{ customer.firstName|default('friend') }}}}",
        "body": "You have {{ customer.points }} points, and what you chose in"
        " {{ customer.city }} is still in your basket. It is kept for you until tomorrow night.",
        "url": "https://shop.example.com/cart?c={{ entry.cart }}",
    }
    for title in ("Still thinking", "Your basket waits")
]
DEVICES = """
INSERT INTO channels_device
    (customer_id, kind, endpoint, p256dh, auth, user_agent, created_at, last_seen_at)
SELECT c.id, 'webpush', w.endpoint, w.p256dh, w.auth, '', %s, %s
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM profiles_customer) c
JOIN unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS w(endpoint, p256dh, auth, place) USING (place)
"""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    count, by_peer = (90, 30) if smoke else (10_000, 2_000)
    now = dt.datetime.now(dt.UTC)
    ground.prepare("pushes", lambda: _fill(count, now))
    key = _new_key()
    ours = [_ours(ground, count, key, now) for _ in range(runs)]
    floor = [_bare(ground, "floor", count, key) for _ in range(runs)]
    peer = [_bare(ground, "peer", by_peer, key) for _ in range(runs)]
    lines = [
        Line("Sojourn, a worker", ours),
        Line("floor: the encryption and a keep-alive POST", floor),
        Line(f"peer: a loop of pywebpush.webpush() ({by_peer:,} pushes)", peer),
    ]
    return Result(
        name="P7",
        title=f"{count:,} web pushes to {SERVICES} push services",
        what=WHAT,
        lines=lines,
        goals=[] if smoke else _goals(*lines),
        notes=[NOTE],
    )


WHAT = """Messages wait in the outbox, of two contents (A/B), each for a browser of its own; a third
of the browsers subscribed with each of three emulated push services, which are processes of their
own and check the signatures. One worker dispatches: gates, rendering, text kept, attempt committed,
payload encrypted, POST, outcome and event committed. The floor encrypts payloads of the same length
for the same browsers (pywebpush's `encode`) and posts them over one kept-alive socket a service,
with three signatures made beforehand and no database. The peer calls `webpush()` for one browser
after the other, as its documentation shows."""
NOTE = "signatures are counted by the services; every further worker process makes three of its own"


def _goals(ours: Line, floor: Line, peer: Line) -> list[Goal]:
    return [
        Goal("processor time, × floor", ours.median(CPU) / floor.median(CPU), 1.6, at_most=True),
        Goal("VAPID signatures", ours.median(SIGNATURES), SERVICES, at_most=True),
        Goal("processor time of the peer, × ours", peer.median(CPU) / ours.median(CPU), 1),
        Goal("speed, × peer", ours.median(EACH) / peer.median(EACH), 1),
    ]


def _fill(count: int, now: dt.datetime) -> None:
    from django.db import connection

    from channels.operations import outbox

    people.fill(count, now=now)
    contents = outbox.store_content(CONTENTS)
    with connection.cursor() as cursor:
        cursor.execute(mail.QUEUE, {"contents": contents, "now": now, "channels": ["push"]})
    people.settle()


def _new_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


@contextlib.contextmanager
def _services(ground: Ground) -> Iterator[list[Provider]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(provider(ground, "push")) for _ in range(SERVICES)]


def _browsers(services: Sequence[Provider], count: int) -> list[Any]:
    """Subscriptions of new browsers, with each service in turn."""
    share = -(-count // SERVICES)
    found = [_asked(f"{service.url}/_/subscribe?count={share}") for service in services]
    return [each for turn in zip(*found, strict=True) for each in turn][:count]


def _asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return msgspec.json.decode(answer.read())


def _ours(ground: Ground, count: int, key: str, now: dt.datetime) -> dict[str, float]:
    ground.restore("pushes")
    with _services(ground) as services:
        _subscribe(_browsers(services, count), now)
        _open_account(key, now)
        hand = Hand("benchmarks.mail:work", now=now.isoformat(), count=count)
        return _measured(ground, hand, services)


def _bare(ground: Ground, task: str, count: int, key: str) -> dict[str, float]:
    ground.restore("empty")
    with _services(ground) as services:
        file = ground.home / "browsers.json"
        file.write_bytes(msgspec.json.encode(_browsers(services, count)))
        hand = Hand(f"benchmarks.pushes:{task}", browsers=str(file), key=key)
        return _measured(ground, hand, services)


def _measured(ground: Ground, started: Hand, services: Sequence[Provider]) -> dict[str, float]:
    with started as hand:
        hand.wait_ready()
        meter = Meter(ground, python=[hand.pid], provider=[each.pid for each in services])
        (done,) = together([hand])
        cost = meter.stop()
    sent = done["sent"]
    assert sent and sent == done["claimed"], done
    told = [_asked(f"{each.url}/_/stats") for each in services]
    assert sum(each["accepted"] for each in told) >= sent, told
    return {
        **figures(cost, sent),
        "services' CPU µs each": cost.cpu["provider"] / sent * 1e6,
        SIGNATURES: sum(each["signatures"] for each in told),
    }


def _subscribe(browsers: Sequence[Any], now: dt.datetime) -> None:
    from django.db import connection

    columns = [
        [browser["endpoint"] for browser in browsers],
        [browser["keys"]["p256dh"] for browser in browsers],
        [browser["keys"]["auth"] for browser in browsers],
    ]
    with connection.cursor() as cursor:
        cursor.execute(DEVICES, [now, now, *columns])
    people.settle()


def _open_account(key: str, now: dt.datetime) -> None:
    from channels.models import Account

    account = Account(slug="webpush", adapter="webpush", channel="push", created_at=now)
    account.options = {"private_key": key, "subject": CONTACT, "allow_private": "1"}
    account.save()


def _payload(number: int) -> bytes:
    """As long as what Sojourn sends: its addresses are signed, so that clicks can be counted."""
    return msgspec.json.encode(
        {
            "tag": f"00000000-0000-0000-0000-{number:012d}",
            "title": f"Your basket waits, First{number % 97}",
            "body": f"You have {number % 1000} points, and what you chose in City {number % 53} is"
            " still in your basket. It is kept for you until tomorrow night.",
            "url": mail.LINK,
        }
    )


def floor(browsers: str, key: str) -> Iterator[Any]:
    """Encrypt and POST: nothing else is decided, kept or told."""
    from pywebpush import WebPusher

    from channels.core import webpush

    jobs = _jobs(browsers)
    origins = {str(webpush.origin(browser["endpoint"])) for browser, _ in jobs}
    posters = {origin: Poster(origin, _signature(origin, key)) for origin in origins}
    yield "ready"
    for browser, payload in jobs:
        body = bytes(WebPusher(browser).encode(payload)["body"])
        origin, _, path = browser["endpoint"].rpartition("/push/")
        posters[origin].post(f"/push/{path}", body)
    yield {"sent": len(jobs), "claimed": len(jobs)}


def peer(browsers: str, key: str) -> Iterator[Any]:
    """The loop of pywebpush's documentation."""
    from pywebpush import webpush

    jobs = _jobs(browsers)
    yield "ready"
    for browser, payload in jobs:
        webpush(
            browser,
            payload.decode(),
            vapid_private_key=key,
            vapid_claims={"sub": CONTACT},
            ttl=86400,
        )
    yield {"sent": len(jobs), "claimed": len(jobs)}


def _jobs(file: str) -> list[tuple[dict[str, Any], bytes]]:
    found: list[dict[str, Any]] = msgspec.json.decode(Path(file).read_bytes())
    return [(browser, _payload(number)) for number, browser in enumerate(found)]


def _signature(origin: str, key: str) -> str:
    from py_vapid import Vapid

    expires = int((dt.datetime.now(dt.UTC) + dt.timedelta(hours=12)).timestamp())
    claims = {"aud": origin, "exp": expires, "sub": CONTACT}
    return str(Vapid.from_string(key).sign(claims)["Authorization"])


class Poster:
    """The barest HTTP client of a push service: one request, one answer, the same socket."""

    def __init__(self, origin: str, signature: str) -> None:
        parts = urlsplit(origin)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"Host: {parts.netloc}\r\nAuthorization: {signature}\r\nTTL: 86400\r\n"
            "Content-Encoding: aes128gcm\r\nContent-Type: application/octet-stream\r\n"
            "Topic: 00000000000000000000000000000000\r\nContent-Length: "
        )

    def post(self, path: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\n{self._head}{len(body)}\r\n\r\n".encode()
        self._socket.sendall(head + body)
        answer = self._socket.recv(65536)
        if not answer.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(f"The emulated service refused the floor's push: {answer[:200]!r}")
