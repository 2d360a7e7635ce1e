"""Finds out what became of messages that nobody can vouch for. Never resends on a guess.

A worker that died leaves its lease behind: what it had not begun goes back to the queue, what it
had begun is unknown until the provider's list or a receipt proves it.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction

from channels.adapters import registry
from channels.core.message import AccountSettings, Outcome
from channels.operations import outcomes
from channels.operations.announce import Subject
from channels.operations.handover import in_parallel, pool_size
from channels.operations.outcomes import Attempt, Result
from channels.operations.receive_sql import FORGET
from channels.queries import accounts

LOOK_AGAIN = dt.timedelta(minutes=1)
LOOK_SELDOM = dt.timedelta(hours=6)
AUTOMATIC_RESENDS = 3
"""After so many proven losses something is wrong with the provider or with its list."""
FORGET_AFTER = dt.timedelta(days=3)

SWEEP = """
WITH late AS MATERIALIZED (
    SELECT id FROM channels_message
    WHERE status = 'sending' AND lease_until < clock_timestamp()
    ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), begun AS (
    UPDATE channels_attempt a
    SET finished_at = %(now)s, outcome = 'unknown', detail = 'The worker died or was held up.'
    FROM late WHERE a.message_id = late.id AND a.finished_at IS NULL
    RETURNING a.message_id
)
UPDATE channels_message m
SET status = CASE WHEN b.message_id IS NULL THEN 'queued' ELSE 'unknown' END,
    reason = CASE WHEN b.message_id IS NULL THEN '' ELSE 'worker_lost' END,
    attempts = m.attempts + (b.message_id IS NOT NULL)::int,
    send_after = CASE WHEN b.message_id IS NULL THEN m.send_after ELSE %(now)s END,
    lease_until = NULL
FROM late LEFT JOIN begun b ON b.message_id = late.id
WHERE m.id = late.id
RETURNING m.status
"""

# `send_after` of an unknown message is when to look for it again; here it also keeps others away.
DOUBTFUL = """
WITH mine AS MATERIALIZED (
    SELECT id FROM channels_message WHERE status = 'unknown' AND send_after <= %(now)s
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE channels_message m SET send_after = %(again)s
FROM mine JOIN channels_message o USING (id)
LEFT JOIN channels_messagebody b ON b.message_id = o.id
LEFT JOIN LATERAL (
    SELECT id, started_at FROM channels_attempt a WHERE a.message_id = o.id
    ORDER BY a.number DESC LIMIT 1
) last ON true
WHERE m.id = mine.id
RETURNING m.id, m.fence, m.attempts, m.account_id, m.address, last.id, last.started_at,
    (SELECT count(*) FROM channels_attempt a
     WHERE a.message_id = m.id AND a.detail LIKE 'absent%%'),
    COALESCE(b.text, ''), m.customer_id, m.uid, m.enrollment_id, m.journey, m.version, m.step,
    m.visit, m.arm, m.channel
"""

WAIT = """
UPDATE channels_message m SET send_after = w.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS w(id, at)
WHERE m.id = w.id AND m.status = 'unknown'
"""


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What one round found: `released` were never begun, `orphaned` became unknown, `found` had
    been taken by the provider, `resent` are queued again because they provably had not.
    """

    released: int = 0
    orphaned: int = 0
    found: int = 0
    resent: int = 0
    open: int = 0


class _Doubt(NamedTuple):
    id: int
    fence: int
    attempts: int
    account_id: int | None
    address: str
    attempt_id: int | None
    started_at: dt.datetime | None
    absent: int
    text: str
    subject: Subject

    def attempt(self) -> Attempt:
        return Attempt(
            id=self.attempt_id or 0,
            spent=self.attempts,
            message_id=self.id,
            fence=self.fence,
            subject=self.subject,
            address=self.address,
            account_id=self.account_id,
        )


def reconcile(*, now: dt.datetime, limit: int = 1000) -> Reconciled:
    """Take back expired leases, then ask the providers about the unproven. Commits on its own."""
    with connection.cursor() as cursor:
        cursor.execute(SWEEP, {"now": now, "limit": limit})
        swept = [row[0] for row in cursor.fetchall()]
        cursor.execute(FORGET, [now - FORGET_AFTER])
    found, resent, still = _look_up(now=now)
    return Reconciled(
        released=swept.count("queued"),
        orphaned=swept.count("unknown"),
        found=found,
        resent=resent,
        open=still,
    )


def _look_up(*, now: dt.datetime) -> tuple[int, int, int]:
    """One pool of lookups: how many were found, queued again, and are as doubtful as before."""
    doubts = _claim(now)
    if not doubts:
        return 0, 0, 0
    settings = accounts.by_ids([doubt.account_id for doubt in doubts if doubt.account_id])
    known = {number: way.settings for number, way in settings.items()}
    ripe = [doubt for doubt in doubts if _asks_at(doubt, known) <= now]
    answers = in_parallel([_question(doubt, known) for doubt in ripe]) if ripe else []
    told = [(doubt, answer) for doubt, answer in zip(ripe, answers, strict=True) if answer]
    results = [Result(doubt.attempt(), answer) for doubt, answer in told if _counts(doubt, answer)]
    settled = {result.attempt.message_id for result in results}
    with transaction.atomic():
        counts = outcomes.finish(results, now=now)
        _wait(
            [(doubt, _next_look(doubt, known, now)) for doubt in doubts if doubt.id not in settled]
        )
    return counts["sent"], counts["queued"], len(doubts) - len(settled)


def _claim(now: dt.datetime) -> list[_Doubt]:
    given: dict[str, Any] = {"now": now, "again": now + LOOK_AGAIN, "limit": pool_size()}
    with connection.cursor() as cursor:
        cursor.execute(DOUBTFUL, given)
        return [_Doubt._make((*row[:9], Subject(*row[9:]))) for row in cursor.fetchall()]


def _counts(doubt: _Doubt, answer: Outcome) -> bool:
    """What is provably absent is sent again by itself, a few times; then an operator decides."""
    return answer.kind != "retry" or doubt.absent < AUTOMATIC_RESENDS


def _question(doubt: _Doubt, known: dict[int, AccountSettings]) -> Callable[[], Outcome | None]:
    account = known.get(doubt.account_id or 0)

    def ask() -> Outcome | None:
        if account is None or doubt.started_at is None:
            return None
        try:
            sender = registry.sender(account)
        except (registry.UnknownAdapter, ValueError):
            return None
        return sender.lookup(
            uid=str(doubt.subject.uid), to=doubt.address, since=doubt.started_at, body=doubt.text
        )

    return ask


def _asks_at(doubt: _Doubt, known: dict[int, AccountSettings]) -> dt.datetime:
    """From when on the provider's list can be trusted to contain the message."""
    account = known.get(doubt.account_id or 0)
    if account is None or doubt.started_at is None:
        return dt.datetime.max.replace(tzinfo=dt.UTC)
    try:
        settled = registry.sender(account).settle_seconds
    except (registry.UnknownAdapter, ValueError):
        settled = 0
    seconds = float(account.options.get("reconcile_after") or settled or LOOK_AGAIN.total_seconds())
    return doubt.started_at + dt.timedelta(seconds=seconds)


def _next_look(doubt: _Doubt, known: dict[int, AccountSettings], now: dt.datetime) -> dt.datetime:
    """First when the list has settled, then ever more seldom."""
    first = _asks_at(doubt, known)
    if now < first and doubt.account_id in known:
        return first
    waited = now - doubt.started_at if doubt.started_at else LOOK_SELDOM
    return now + min(max(waited, LOOK_AGAIN), LOOK_SELDOM)


def _wait(looks: Sequence[tuple[_Doubt, dt.datetime]]) -> None:
    if looks:
        with connection.cursor() as cursor:
            cursor.execute(WAIT, [[doubt.id for doubt, _ in looks], [at for _, at in looks]])
