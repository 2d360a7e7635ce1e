"""P12: the admin's page of a customer with a long history."""

import datetime as dt
import statistics
import time
from typing import Any

from benchmarks import people
from benchmarks.ground import Ground
from benchmarks.results import Goal, Line, Result

EVENTS, CUSTOMERS, PAGES = 10_000, 100_000, 20
FEW = (200, 60, 2)
WHOLE, FIRST, STATEMENTS = "ms a page", "ms the first", "statements"
LIVED = """
INSERT INTO profiles_event
    (customer_id, name, at, received_at, source, message_id, properties)
SELECT %(customer)s, (ARRAY['Product Viewed', 'page', 'Cart Updated', 'message.sent'])[1 + n %% 4],
    %(now)s - n * interval '365 days' / %(events)s, %(now)s, 'history', '',
    jsonb_build_object('product_id', 'p' || n, 'name', repeat('A product ', 5))
FROM generate_series(1, %(events)s) AS n
"""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    events, customers, pages = FEW if smoke else (EVENTS, CUSTOMERS, PAGES)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    kept = f"page_{events}_{customers}"
    ground.prepare(kept, lambda: _fill(customers, events, now))
    lines = [
        Line("Sojourn, everything, the newest", []),
        Line("Sojourn, messages alone", []),
        Line("Sojourn, events by a part of their name", []),
    ]
    for _ in range(runs):
        ground.restore(kept)
        for line, asked in zip(lines, ({}, {"kind": "message"}, {"event": "cart"}), strict=True):
            line.runs.append(_opened(asked, pages))
    return Result(
        name="P12",
        title=f"the admin's page of a customer with {events:,} events",
        what=WHAT.format(events=events, customers=customers, pages=pages),
        lines=lines,
        goals=[] if smoke else [
            Goal(f"{line.name}, ms", line.median(WHOLE), 300, at_most=True) for line in lines
        ],
    )  # fmt: skip


WHAT = """One customer among {customers:,} did {events:,} things in a year. Their page is asked for
and rendered {pages} times in one process, without the network; the first is that on a database of
which PostgreSQL has nothing in memory, the others are told by their median."""


def _fill(customers: int, events: int, now: dt.datetime) -> None:
    from django.contrib.auth.models import User
    from django.db import connection

    from profiles.operations import partitions

    people.lay(customers, now=now)
    partitions.ensure([now - dt.timedelta(days=days) for days in range(0, 370, 10)])
    with connection.cursor() as cursor:
        cursor.execute(LIVED, {"customer": 1, "events": events, "now": now})
    people.settle()
    User.objects.create_superuser("bench")


def _opened(asked: dict[str, str], pages: int) -> dict[str, float]:
    from django.db import connection

    from benchmarks.counting import Counted

    connection.ensure_connection()
    counted = Counted()
    times = [_page(asked)]
    with connection.execute_wrapper(counted):
        times.append(_page(asked))
    times += [_page(asked) for _ in range(pages - 1)]
    return {
        WHOLE: statistics.median(times[1:]), FIRST: times[0], STATEMENTS: float(counted.number),
    }  # fmt: skip


def _page(asked: dict[str, str]) -> float:
    """How many milliseconds it takes."""
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import RequestFactory

    from profiles.models import Customer

    request: Any = RequestFactory().get("/", asked)
    request.user = User.objects.get(username="bench")
    began = time.perf_counter()
    answer: Any = admin.site._registry[Customer].change_view(request, "1")
    answer.render()
    assert answer.status_code == 200
    assert answer.context_data["timeline"]
    return (time.perf_counter() - began) * 1000
