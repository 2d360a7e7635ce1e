"""P6: personalised e-mails are rendered and handed over to a provider on loopback."""

import datetime as dt
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from benchmarks import people
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Cost, Meter
from benchmarks.peer import office
from benchmarks.programs import Provider, provider
from benchmarks.results import EACH, Goal, Line, Result, figures

WORKERS = 2
CPU = "CPU µs each"
ROWS = "".join(
    f'<tr><td><a href="https://shop.example.com/p/{n}?ref=mail"><img src="https://cdn.example.com/{n}.jpg"'
    f' width="120" alt="Article {n}"></a></td><td><h3>Article {n}</h3><p>Chosen for you in'
    " {{ customer.city }}, because you liked {{ entry.category|default('music') }} before. This"
    " text is about as long as what a shop writes under a picture in its mail.</p></td></tr>"
    for n in range(6)
)
HTML = (
    "<html><head><style>h1 {{ color: #222; font-size: 22px; }}"
    " p {{ margin: 0 0 12px; }}</style></head>"
    "<body><h1>{title}, {{{{ customer.firstName|default('friend') }}}}</h1>"
    "<p>You have {{{{ customer.points }}}} points"
    "{{% if customer.plan == 'pro' %}}, and shipping is free{{% endif %}}.</p>"
    "<table>{rows}</table>"
    '<p><a href="https://shop.example.com/cart?c={{{{ entry.cart }}}}">To your basket</a></p>'
    "</body></html>"
)
CONTENTS = [
    {
        "subject": f"{title}, {{{{ customer.firstName|default('friend') }}}}",
        "html": HTML.format(title=title, rows=ROWS),
        "text": f"{title}, {{{{ customer.firstName }}}}: {{{{ customer.points }}}} points wait.",
    }
    for title in ("Still thinking", "Your basket waits")
]
QUEUE = """
INSERT INTO channels_message (customer_id, enrollment_id, journey, version, step, visit, arm, ghost,
    purpose, topic, priority, channels, content_id, context, send_after, expires_at, created_at,
    channel, address, status, reason, provider, provider_id, fence, attempts)
SELECT id, id, 'mail', 1, 'mail', 1, (ARRAY['A', 'B'])[1 + id %% 2], '', 'marketing', 'news', 50,
    %(channels)s, (%(contents)s::bigint[])[1 + id %% 2],
    jsonb_build_object('entry', jsonb_build_object('cart', 'c' || id, 'category', 'books'),
        'context', '{}'::jsonb, 'journey', jsonb_build_object('slug', 'mail', 'title', 'Mail')),
    %(now)s, %(now)s + interval '1 day', %(now)s, '', '', 'queued', '', '', '', 0, 0
FROM profiles_customer
"""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    count, by_smtp = (200, 60) if smoke else (50_000, 10_000)
    now = dt.datetime.now(dt.UTC)
    runs = min(runs, 3)
    ground.prepare("mail", lambda: _fill(count, now))
    ours = [_ours(ground, "sendgrid", count, now) for _ in range(runs)]
    smtp = [_ours(ground, "smtp", by_smtp, now) for _ in range(runs)]
    floor = [_floor(ground, count) for _ in range(runs)]
    peer = [_peer(ground, by_smtp) for _ in range(runs)] if office.INSTALLED else []
    lines = [
        Line(f"Sojourn to SendGrid, {WORKERS} workers", ours),
        Line(f"Sojourn to SMTP, {WORKERS} workers ({by_smtp:,} e-mails)", smtp),
        Line(f"floor: Jinja and keep-alive POST, {WORKERS} processes", floor),
    ]
    if peer:
        lines.append(Line(f"peer: django-post-office, SMTP, a process ({by_smtp:,} e-mails)", peer))
    return Result(
        name="P6",
        title=f"render and hand over {count:,} personalised e-mails",
        what=WHAT,
        lines=lines,
        goals=[] if smoke else _goals(lines),
    )


WHAT = """Messages wait in the outbox, of two contents (A/B) with a loop-free template of about 4
KB, seven counted links, an open pixel, a footer and one-click unsubscribe headers, each with the
customer's own values. Two workers dispatch: gates, rendering, text kept, attempt committed, POST
to an emulated SendGrid (or SMTP) in a process of its own, outcome and event committed. The floor
renders the same templates with plain Jinja and posts bodies of the same shape over a kept-alive
socket, with no database. The peer, django-post-office, has stored template and context of as many
messages with `send_many`, renders them with Django's templates and sends them over SMTP with
`send_queued`, in one process with its threads; it counts no links."""


def _goals(lines: list[Line]) -> list[Goal]:
    ours, smtp, floor, *peers = lines
    goals = [
        Goal("e-mails a second", ours.median(EACH), 2000),
        Goal("processor time, × floor", ours.median(CPU) / floor.median(CPU), 1.5, at_most=True),
    ]
    for peer in peers:
        ratio = peer.median(CPU) / smtp.median(CPU)
        goals.append(Goal("processor time of the peer over SMTP, × ours", ratio, 1))
    return goals


def _fill(count: int, now: dt.datetime) -> None:
    from django.db import connection

    from channels.operations import outbox

    people.fill(count, now=now)
    contents = outbox.store_content(CONTENTS)
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, {"contents": contents, "now": now, "channels": ["email"]})
    people.settle()


def _ours(ground: Ground, kind: str, count: int, now: dt.datetime) -> dict[str, float]:
    ground.restore("mail")
    with provider(ground, kind) as sink:
        _open_account(kind, sink, now)
        hands = [
            Hand("benchmarks.mail:work", now=now.isoformat(), count=count // WORKERS)
            for _ in range(WORKERS)
        ]
        try:
            return _measured(ground, hands, sink)
        finally:
            for hand in hands:
                hand.__exit__()


def _measured(ground: Ground, hands: list[Hand], sink: Provider) -> dict[str, float]:
    for hand in hands:
        hand.wait_ready()
    meter = Meter(ground, python=[hand.pid for hand in hands], provider=[sink.pid])
    found = together(hands)
    cost = meter.stop()
    sent = sum(done["sent"] for done in found)
    assert sent and sent == sum(done["claimed"] for done in found), found
    return {**figures(cost, sent), "provider's CPU µs each": cost.cpu["provider"] / sent * 1e6}


def _peer(ground: Ground, count: int) -> dict[str, float]:
    ground.restore("mail")
    contents = [
        {
            name: content[name].replace("default('", 'default:"').replace("')", '"')
            for name in content
        }
        for content in CONTENTS
    ]
    with provider(ground, "smtp") as sink:
        hand = Hand("benchmarks.peer.office:work", url=sink.url, count=count, contents=contents)
        try:
            return _measured(ground, [hand], sink)
        finally:
            hand.__exit__()


def _open_account(kind: str, sink: Provider, now: dt.datetime) -> None:
    from channels.models import Account

    account = Account(slug=kind, adapter=kind, channel="email", created_at=now)
    account.sender = "Shop <shop@example.com>"
    account.options = (
        {"api_key": "SG.benchmark", "base_url": sink.url}
        if kind == "sendgrid"
        else {"url": sink.url}
    )
    account.save()


def work(now: str, count: int) -> Iterator[Any]:
    """Call `dispatch` until `count` messages were claimed or none is due, as the worker does."""
    from channels.operations.dispatch import dispatch

    at = dt.datetime.fromisoformat(now)
    dispatch(now=at, limit=16)
    yield "ready"
    claimed = sent = 0
    while claimed < count and (done := dispatch(now=at)).claimed:
        claimed += done.claimed
        sent += done.sent
    yield {"claimed": claimed, "sent": sent}


def _floor(ground: Ground, count: int) -> dict[str, float]:
    ground.restore("mail")
    with provider(ground, "sendgrid") as sink:
        hands = [
            Hand("benchmarks.mail:write_floor", url=sink.url, part=part) for part in range(WORKERS)
        ]
        try:
            for hand in hands:
                hand.wait_ready()
            meter = Meter(ground, python=[hand.pid for hand in hands], provider=[sink.pid])
            posted = sum(together(hands))
            cost: Cost = meter.stop()
        finally:
            for hand in hands:
                hand.__exit__()
    return {**figures(cost, posted), "provider's CPU µs each": cost.cpu["provider"] / posted * 1e6}


def write_floor(url: str, part: int) -> Iterator[Any]:
    """Render with plain Jinja and POST over one kept-alive socket."""
    import jinja2
    import msgspec
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, attributes::text FROM profiles_customer WHERE id %% %s = %s",
            [WORKERS, part],
        )
        people = [(row[0], msgspec.json.decode(row[1])) for row in cursor.fetchall()]
        cursor.execute("SELECT body::text FROM channels_content ORDER BY id")
        contents = [msgspec.json.decode(row[0]) for row in cursor.fetchall()]
    env = jinja2.Environment(autoescape=True)
    texts = [
        {name: env.from_string(content[name]) for name in ("subject", "html", "text")}
        for content in contents
    ]
    poster = Poster(url)
    yield "ready"
    for number, customer in people:
        entry = {"cart": f"c{number}", "category": "books"}
        mail = {
            name: t.render(customer=customer, entry=entry) for name, t in texts[number % 2].items()
        }
        poster.post(body(number, customer["email"], mail))
    yield len(people)


LINK = "https://shop.example.com/c/" + "x" * 70


def body(number: int, to: str, mail: dict[str, str]) -> bytes:
    """What SendGrid wants; the links as long as signed ones are."""
    import msgspec

    value = {
        "personalizations": [{"to": [{"email": to}]}],
        "from": {"email": "shop@example.com", "name": "Shop"},
        "subject": mail["subject"],
        "content": [
            {"type": "text/plain", "value": mail["text"] + LINK},
            {"type": "text/html", "value": mail["html"] + LINK * 8},
        ],
        "custom_args": {"message_id": f"00000000-0000-0000-0000-{number:012d}"},
        "headers": {
            "List-Unsubscribe": LINK,
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    }
    return msgspec.json.encode(value)


class Poster:
    """The barest HTTP client: one request, one answer, the same socket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"POST /v3/mail/send HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Authorization: Bearer SG.floor\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def post(self, body: bytes) -> None:
        self._socket.sendall(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        answer = self._socket.recv(65536)
        if not answer.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(f"The emulated provider refused the floor's mail: {answer[:200]!r}")
