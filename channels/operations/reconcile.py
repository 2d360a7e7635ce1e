"""Finds out what became of messages that nobody can vouch for. Never resends on a guess, but for
transactional messages where the deployment says so.

A worker that died leaves its lease behind: what it had not begun goes back to the queue, what it
had begun is unknown until the provider's list or a receipt proves it.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import connection, transaction

from channels.adapters import registry
from channels.core.message import AccountSettings, Outcome
from channels.operations import outcomes
from channels.operations.announce import Subject
from channels.operations.handover import in_parallel
from channels.operations.outcomes import Attempt, Result
from channels.operations.receive import adopt, adopt_overlooked
from channels.operations.receive_sql import FORGET
from channels.queries import accounts

LOOKS = 16
"""How many questions a round asks at the same time."""
LOOK_AGAIN = dt.timedelta(minutes=1)
LOOK_SELDOM = dt.timedelta(hours=6)
AUTOMATIC_RESENDS = 3
"""After so many proven losses something is wrong with the provider or with its list."""
FORGET_AFTER = dt.timedelta(days=3)
JUST_NOW = dt.timedelta(minutes=5)
"""Longer than any transaction takes."""

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
     WHERE a.message_id = m.id AND a.detail ~ '^(absent|repeatable)'),
    m.purpose = 'transactional' AND NOT EXISTS (
        SELECT FROM channels_attempt a
        WHERE a.message_id = m.id AND a.detail ~ '^presumed_lost'),
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

    @property
    def is_full(self) -> bool:
        """Whether there may be more to ask about."""
        return self.found + self.resent + self.open >= LOOKS


class _Doubt(NamedTuple):
    id: int
    fence: int
    attempts: int
    account_id: int | None
    address: str
    attempt_id: int | None
    started_at: dt.datetime | None
    absent: int
    pressing: bool
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
    adopt_overlooked(now=now, within=JUST_NOW)
    found, resent, still = _look_up(now=now)
    return Reconciled(
        released=swept.count("queued"),
        orphaned=swept.count("unknown"),
        found=found,
        resent=resent,
        open=still,
    )


def adopt_late(*, now: dt.datetime) -> int:
    """Receipts that still wait although their message is known: nobody looked for a while."""
    return adopt_overlooked(now=now, within=FORGET_AFTER)


def _look_up(*, now: dt.datetime) -> tuple[int, int, int]:
    """One pool of lookups: how many were found, queued again, and are as doubtful as before."""
    doubts = _claim(now)
    if not doubts:
        return 0, 0, 0
    found = accounts.by_ids([doubt.account_id for doubt in doubts if doubt.account_id])
    known = {number: way.settings for number, way in found.items()}
    ripe = [doubt for doubt in doubts if _asks_at(doubt, known) <= now]
    answers = in_parallel([_question(doubt, known) for doubt in ripe]) if ripe else []
    heard = {doubt.id: answer for doubt, answer in zip(ripe, answers, strict=True)}
    decided = [(doubt, heard.get(doubt.id) or _presumed(doubt, known, now)) for doubt in doubts]
    told = [(doubt, answer) for doubt, answer in decided if answer]
    results = [Result(doubt.attempt(), answer) for doubt, answer in told if _counts(doubt, answer)]
    settled = {result.attempt.message_id for result in results}
    with transaction.atomic():
        counts = outcomes.finish(results, now=now)
        adopt([result.outcome.provider_id for result in results if result.outcome], now=now)
        _wait(
            [(doubt, _next_look(doubt, known, now)) for doubt in doubts if doubt.id not in settled]
        )
    return counts["sent"], counts["queued"], len(doubts) - len(settled)


REPEATABLE = Outcome(kind="retry", code="repeatable")
"""Nobody can tell, and where it arrived a second one takes the place of the first."""
PRESUMED_LOST = Outcome(kind="retry", code="presumed_lost")
"""Nobody can tell; the deployment would rather send a transactional message twice than never."""


def _claim(now: dt.datetime) -> list[_Doubt]:
    given: dict[str, Any] = {"now": now, "again": now + LOOK_AGAIN, "limit": LOOKS}
    with connection.cursor() as cursor:
        cursor.execute(DOUBTFUL, given)
        return [_Doubt._make((*row[:10], Subject(*row[10:]))) for row in cursor.fetchall()]


def _counts(doubt: _Doubt, answer: Outcome) -> bool:
    """What is provably absent is sent again by itself, a few times; then an operator decides."""
    return answer is PRESUMED_LOST or answer.kind != "retry" or doubt.absent < AUTOMATIC_RESENDS


def _question(doubt: _Doubt, known: dict[int, AccountSettings]) -> Callable[[], Outcome | None]:
    account = known.get(doubt.account_id or 0)

    def ask() -> Outcome | None:
        if account is None or doubt.started_at is None:
            return None
        try:
            sender = registry.sender(account)
        except (registry.UnknownAdapter, ValueError):
            return None
        told = sender.lookup(
            uid=str(doubt.subject.uid), to=doubt.address, since=doubt.started_at, body=doubt.text
        )
        return told or (REPEATABLE if sender.repeatable else None)

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


def _presumed(doubt: _Doubt, known: dict[int, AccountSettings], now: dt.datetime) -> Outcome | None:
    """A transactional message is taken for lost once, when its window is over."""
    return PRESUMED_LOST if _presumed_at(doubt, known) <= now else None


def _presumed_at(doubt: _Doubt, known: dict[int, AccountSettings]) -> dt.datetime:
    """When the window is over: never before the provider's list could be asked."""
    minutes = settings.SOJOURN_RESEND_TRANSACTIONAL_AFTER
    if not (minutes and doubt.pressing and doubt.started_at):
        return dt.datetime.max.replace(tzinfo=dt.UTC)
    over = doubt.started_at + dt.timedelta(minutes=minutes)
    return max(over, _asks_at(doubt, known)) if doubt.account_id in known else over


def _next_look(doubt: _Doubt, known: dict[int, AccountSettings], now: dt.datetime) -> dt.datetime:
    """First when the list has settled, then ever more seldom, and when its window is over."""
    first = _asks_at(doubt, known)
    if now < first and doubt.account_id in known:
        return first
    waited = now - doubt.started_at if doubt.started_at else LOOK_SELDOM
    usual = now + min(max(waited, LOOK_AGAIN), LOOK_SELDOM)
    over = _presumed_at(doubt, known)
    return min(usual, over) if over > now else usual


def _wait(looks: Sequence[tuple[_Doubt, dt.datetime]]) -> None:
    if looks:
        with connection.cursor() as cursor:
            cursor.execute(WAIT, [[doubt.id for doubt, _ in looks], [at for _, at in looks]])
