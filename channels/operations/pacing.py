"""Holds accounts to their pace, over all workers: tokens, warm-up, and the breaker.

Reckoned in the database's time, whatever the test clock says: providers live in real time.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection

from channels.core.message import Outcome
from channels.core.pacing import (
    BREAKER_CALLS,
    BREAKER_REST,
    BREAKER_WINDOW,
    Bucket,
    Terms,
    bucket,
    failures,
)
from channels.queries.pacing import terms_of

OPEN = """
INSERT INTO channels_pace (account_id, tokens, day_count, calls, failures)
SELECT unnest(%s::bigint[]), 0, 0, 0, 0 ON CONFLICT DO NOTHING
"""
LOCK = """
SELECT account_id, tokens, filled_at, day, day_count, clock_timestamp() FROM channels_pace
WHERE account_id = ANY(%s) ORDER BY account_id FOR UPDATE
"""
KEEP = """
UPDATE channels_pace p SET tokens = w.tokens, filled_at = w.at, day = w.day, day_count = w.count
FROM unnest(%s::bigint[], %s::float[], %s::timestamptz[], %s::date[], %s::int[])
    AS w(id, tokens, at, day, count)
WHERE p.account_id = w.id
"""

# The one that comes after a rest is a probe: the others go on waiting for what it finds. A rest of
# longer than a rest is from before the clock was set back.
PROBE = """
UPDATE channels_pace SET open_until = clock_timestamp() + %(rest)s
WHERE account_id = ANY(%(accounts)s)
  AND (open_until <= clock_timestamp() OR open_until > clock_timestamp() + %(rest)s)
RETURNING account_id
"""
BROKEN = """
INSERT INTO channels_pace AS p (account_id, tokens, day_count, window_at, calls, failures)
VALUES (%(account)s, 0, 0, clock_timestamp(), %(calls)s, %(failures)s)
ON CONFLICT (account_id) DO UPDATE SET
    window_at = CASE WHEN p.window_at > clock_timestamp() - %(window)s THEN p.window_at
                     ELSE clock_timestamp() END,
    calls = %(calls)s + CASE WHEN p.window_at > clock_timestamp() - %(window)s THEN p.calls
                             ELSE 0 END,
    failures = %(failures)s + CASE WHEN p.window_at > clock_timestamp() - %(window)s
                                   THEN p.failures ELSE 0 END
"""
CLOSE = """
UPDATE channels_pace SET open_until = clock_timestamp() + %(rest)s
WHERE account_id = %(account)s
  AND (open_until IS NOT NULL OR (calls >= %(least)s AND failures * 2 >= calls))
"""
WELL = """
UPDATE channels_pace SET open_until = NULL,
    window_at = CASE WHEN open_until IS NULL THEN window_at END,
    calls = CASE WHEN open_until IS NULL THEN calls + %(calls)s ELSE 0 END,
    failures = CASE WHEN open_until IS NULL THEN failures ELSE 0 END
WHERE account_id = %(account)s AND failures > 0
"""

Item = TypeVar("Item")


def allow(
    items: Sequence[Item],
    account: Callable[[Item], int],
    weight: Callable[[Item], int],
    *,
    now: dt.datetime,
) -> tuple[list[Item], list[tuple[Item, dt.datetime]]]:
    """Those that may leave now, in their order, and the others with when to look again."""
    accounts = sorted({account(item) for item in items})
    terms = terms_of(accounts)
    probed = _probed(accounts)
    buckets = _buckets(terms)
    going: list[Item] = []
    waiting: list[tuple[Item, dt.datetime]] = []
    for item in items:
        number = account(item)
        mine = buckets.get(number)
        if probed.get(number):
            waiting.append((item, now + BREAKER_REST))
        elif mine is not None and not mine.take(weight(item)):
            waiting.append((item, now + (mine.again() - mine.at)))
        else:
            going.append(item)
            probed = {**probed, number: True} if number in probed else probed
    _keep(buckets)
    return going, waiting


def _probed(accounts: Sequence[int]) -> dict[int, bool]:
    """The accounts whose rest is over and whose one probe falls to us: none of it sent so far."""
    given: dict[str, Any] = {"rest": BREAKER_REST, "accounts": list(accounts)}
    with connection.cursor() as cursor:
        cursor.execute(PROBE, given)
        return {row[0]: False for row in cursor.fetchall()}


def _buckets(terms: Mapping[int, Terms]) -> dict[int, Bucket]:
    """The buckets of these accounts, locked until the caller's transaction ends."""
    if not terms:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [list(terms)])
        cursor.execute(LOCK, [list(terms)])
        rows = cursor.fetchall()
    return {
        number: bucket(
            terms[number], tokens=tokens, filled_at=filled, day=day, day_count=count,
            now=now.astimezone(dt.UTC),
        )
        for number, tokens, filled, day, count, now in rows
    }  # fmt: skip


def _keep(buckets: Mapping[int, Bucket]) -> None:
    if not buckets:
        return
    kept = list(buckets.values())
    columns: list[list[Any]] = [
        list(buckets), [each.tokens for each in kept], [each.at for each in kept],
        [each.at.date() for each in kept], [each.day_count for each in kept],
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KEEP, columns)


def heard(outcomes: Mapping[int, Sequence[Outcome]]) -> None:
    """What accounts' providers answered just now: an account that mostly fails is given a rest."""
    for account, told in outcomes.items():
        bad = failures(told)
        given: dict[str, Any] = {
            "account": account, "calls": len(told), "failures": bad, "window": BREAKER_WINDOW,
            "rest": BREAKER_REST, "least": BREAKER_CALLS,
        }  # fmt: skip
        with connection.cursor() as cursor:
            for statement in (BROKEN, CLOSE) if bad else (WELL,):
                cursor.execute(statement, given)
