"""How much falls on one customer: the journeys they stand in at once, the messages they get.

Customers in control groups are not counted as standing in a journey: it sends them nothing. Of a
crowd every n-th customer is counted, and all numbers are of those.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from journeys.models import Forecast

MOST = 100_000
"""Up to so many customers everybody is counted."""
WEEK = dt.timedelta(days=7)
RUNNING = ("live", "paused")

NUMBER = (
    "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'profiles_customer'::regclass"
)
OURS = "customer_id %% %(every)s = 0"
SENT = f"""
sent AS MATERIALIZED (
    SELECT customer_id, journey, sent_at FROM channels_message
    WHERE sent_at >= %(since)s AND sent_at < %(until)s AND {OURS}
)
"""
SHARED = f"""
WITH {SENT}, messages AS (
    SELECT customer_id, count(*) AS number FROM sent GROUP BY customer_id
), stays AS MATERIALIZED (
    SELECT e.customer_id, j.slug, e.entered_at, coalesce(e.left_at, 'infinity') AS left_at
    FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id
    WHERE j.state = ANY(%(running)s) AND e.ghost = '' AND e.{OURS}
      AND e.entered_at < %(until)s AND (e.left_at >= %(since)s OR e.left_at IS NULL)
), shared AS MATERIALIZED (
    SELECT DISTINCT a.slug AS one, b.slug AS other, a.customer_id
    FROM stays a JOIN stays b ON b.customer_id = a.customer_id AND b.slug >= a.slug
        AND b.entered_at <= a.left_at AND b.left_at >= a.entered_at
)
SELECT one, other, count(*), coalesce(sum(number), 0)::bigint
FROM shared LEFT JOIN messages USING (customer_id) GROUP BY one, other
UNION ALL
SELECT '', '', count(DISTINCT customer_id), 0 FROM shared WHERE one <> other
"""
PEOPLE = f"""
WITH {SENT}, told AS (
    SELECT customer_id, count(*) OVER (
        PARTITION BY customer_id ORDER BY sent_at
        RANGE BETWEEN %(week)s PRECEDING AND CURRENT ROW
    ) AS near FROM sent
), people AS (
    SELECT customer_id, count(*) AS number, max(near) AS busiest FROM told GROUP BY customer_id
)
SELECT coalesce(p.number, 0), coalesce(p.busiest, 0), count(*)
FROM profiles_customer c LEFT JOIN people p ON p.customer_id = c.id
WHERE c.merged_into_id IS NULL AND c.id %% %(every)s = 0
GROUP BY 1, 2 ORDER BY 1, 2
"""
BY_JOURNEY = f"""
WITH {SENT} SELECT journey, count(*), count(DISTINCT customer_id) FROM sent GROUP BY journey
"""
SKIPPED = f"""
SELECT reason, count(*) FROM channels_message
WHERE status = 'skipped' AND created_at >= %(since)s AND created_at < %(until)s AND {OURS}
GROUP BY reason ORDER BY count(*) DESC, reason
"""


class Period(NamedTuple):
    """From `since` to before `until`; of the customers every n-th."""

    since: dt.datetime
    until: dt.datetime
    every: int = 1


class Share(NamedTuple):
    """A journey: how many stood in it, how many messages it sent, and to how many."""

    journey: str
    customers: int
    messages: int
    reached: int


class Pair(NamedTuple):
    """Two journeys: how many stood in both at once, and the messages of any journey to those."""

    one: str
    other: str
    customers: int
    messages: int


class Pressure(NamedTuple):
    """`together` stood in several journeys at once. `people` are (messages, of them at most within
    seven days, customers): everybody, those without a message too. `skipped` is by reason.
    """

    customers: int
    every: int
    together: int
    journeys: Sequence[Share]
    pairs: Sequence[Pair]
    people: Sequence[tuple[int, int, int]]
    skipped: Sequence[tuple[str, int]]


def every() -> int:
    """Which customers are counted: all (1), or of a crowd every n-th."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBER)
        known: int = cursor.fetchone()[0]
    return -(-known // MOST) or 1


def pressure(period: Period) -> Pressure:
    """What fell on customers in a period."""
    given = {**period._asdict(), "running": list(RUNNING), "week": WEEK - dt.timedelta.resolution}
    shared = {(one, other): (number, sent) for one, other, number, sent in _rows(SHARED, given)}
    together = shared.pop(("", ""))[0]
    sent = {journey: (number, reached) for journey, number, reached in _rows(BY_JOURNEY, given)}
    people = [(row[0], row[1], row[2]) for row in _rows(PEOPLE, given)]
    names = {one for one, other in shared if one == other} | set(sent)
    found = [
        Share(name, shared.get((name, name), (0, 0))[0], *sent.get(name, (0, 0))) for name in names
    ]
    pairs = [Pair(*pair, *numbers) for pair, numbers in shared.items() if pair[0] != pair[1]]
    return Pressure(
        customers=sum(customers for _number, _busiest, customers in people),
        every=period.every, together=together,
        journeys=sorted(found, key=lambda each: (-each.customers, -each.messages, each.journey)),
        pairs=sorted(pairs, key=lambda each: (-each.customers, each.one, each.other)),
        people=people,
        skipped=[(row[0], row[1]) for row in _rows(SKIPPED, given)],
    )  # fmt: skip


def forecast() -> Forecast | None:
    """The prediction that was made last."""
    return Forecast.objects.order_by("-pk").first()


def _rows(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
