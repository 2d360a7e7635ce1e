"""P11: a dry run of the abandoned basket over everybody, thirty days ahead."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import people
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.meter import Meter
from benchmarks.results import Goal, Line, Result, figures

DAYS = 30
SECONDS, PEAK = "seconds", "peak MB"
JOURNEY = """
journey: abandoned-cart
enter:
  on: [{event: Cart Updated, where: {value: {gte: 20}}}]
  key: cart_id
  again: {after: 7d}
  holdout: 10
leave: {on: [{event: Order Completed, where: {cart_id: {is: entry.cart_id}}}]}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - {id: pause, wait: 1h}
  - id: mail
    send: {channel: email, subject: "{{ customer.firstName }}, your basket waits", text: Hello}
  - {id: bought, wait: 2d}
  - {id: nudge, send: {channel: sms, text: Still thinking?}}
"""
BASKETS = """
INSERT INTO profiles_event
    (customer_id, name, at, received_at, source, message_id, properties, context)
SELECT customer, name, at, %(now)s, 'history', '', jsonb_build_object(
    'cart_id', 'c' || n, 'value', n %% 120, 'revenue', n %% 120), '{}'
FROM (
    SELECT n, 1 + (n * 7919) %% %(customers)s AS customer,
        %(now)s - interval '30 days' * (n::float / %(baskets)s) - interval '1 hour' AS left_at
    FROM generate_series(0::bigint, %(baskets)s - 1) n
) b CROSS JOIN LATERAL (
    SELECT 'Cart Updated' AS name, left_at AS at
    UNION ALL SELECT 'Order Completed', left_at + interval '40 minutes' WHERE n %% 4 = 0
    UNION ALL SELECT 'Order Completed', left_at + interval '20 hours' WHERE n %% 4 = 1
) e WHERE at <= %(now)s ORDER BY at
"""
"""Each is another customer's as long as there are fewer of them; half of them are bought."""


class Size(NamedTuple):
    """`customers` with five events each behind them, and the `baskets` of the last thirty days."""

    customers: int
    baskets: int

    @property
    def name(self) -> str:
        return f"dry_{self.customers}_{self.baskets}"


SIZE, SMALL = Size(1_000_000, 200_000), Size(600, 200)


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    size = SMALL if smoke else SIZE
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    ground.prepare(size.name, lambda: _fill(size, now))
    line = Line("Sojourn, the whole base", [_dry(ground, size, now) for _ in range(min(runs, 3))])
    return Result(
        name="P11",
        title=f"a dry run of the abandoned basket: {size.customers:,} customers, {DAYS} days",
        what=WHAT.format(customers=size.customers, baskets=size.baskets),
        lines=[line],
        goals=[] if smoke else [
            Goal("seconds", line.median(SECONDS), 600, at_most=True),
            Goal("largest process, MB", line.median(PEAK), 1500, at_most=True),
        ],
    )  # fmt: skip


WHAT = """The engine plays thirty days on a private copy of {customers:,} customers and more than
five million events, in which {baskets:,} baskets were left and half of them bought: walks, waits,
leave rules, goals, messages rendered and counted. Everything counts, from copying the tables to the
last figure. The seconds are those of the command."""


def _fill(size: Size, now: dt.datetime) -> None:
    from django.db import connection

    people.publish_journey("abandoned-cart", JOURNEY, now=now - dt.timedelta(days=1))
    people.lay(size.customers, now=now)
    with connection.cursor() as cursor:
        cursor.execute(BASKETS, {**size._asdict(), "now": now})
    people.settle()


def _dry(ground: Ground, size: Size, now: dt.datetime) -> dict[str, float]:
    ground.restore(size.name)
    with Hand(f"{__name__}:play", now=now.isoformat()) as hand:
        hand.wait_ready()
        meter = Meter(ground, python=[hand.pid])
        (found,) = together([hand])
        cost = meter.stop()
    assert found["customers"] == size.customers
    assert found["entered"] > size.baskets / 2, found
    own = {"entered": float(found["entered"]), "sent": float(found["sent"])}
    return {SECONDS: cost.seconds, PEAK: cost.peak_mb, **own, **figures(cost, size.customers)}


def play(now: str) -> Iterator[Any]:
    """The dry run of the live version."""
    from django.db import connection

    from config.dry_run import Terms, simulate

    connection.ensure_connection()
    yield "ready"
    terms = Terms(days=DAYS, live=True)
    found = simulate("abandoned-cart", terms, now=dt.datetime.fromisoformat(now))
    steps = {step["id"]: step for step in found["steps"]}
    sent = sum(step["sent"] for step in found["steps"])
    yield {
        "customers": found["customers"], "entered": steps["pause"]["entered"], "sent": sent,
    }  # fmt: skip
