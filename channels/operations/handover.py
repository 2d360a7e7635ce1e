"""Hands messages to providers: attempts committed first, calls on a thread pool, outcomes after.

A killed worker leaves at most one pool of attempts in doubt; whatever it had not begun goes back to
the queue. No database work happens in the threads.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from os import getpid
from time import monotonic
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction

from channels.adapters import registry
from channels.adapters.base import Sender, Together
from channels.adapters.transport import leaving_before
from channels.core.message import AccountSettings, Outcome, Outgoing
from channels.operations import outcomes, pacing
from channels.operations.lifetime import ended_after
from channels.operations.outcomes import LEASE, START_WITHIN, Attempt, Result
from channels.operations.prepare import Ready
from channels.operations.pulse import JUMP
from channels.operations.receive import adopt
from profiles.queries.faultpoint import reached

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")
Told = Callable[[], bool]
Accounts = Mapping[int, AccountSettings]

HOLD_SECONDS = (LEASE - START_WITHIN).total_seconds() - 0.5
"""What `open_attempts` finds of a lease at least, and a moment less: then another may send."""

_resting: dict[int, float] = {}


def hand_over(
    ready: Sequence[Ready], *, accounts: Accounts, now: dt.datetime, stopping: Told
) -> Counter[str]:
    """Send leased messages, a pool at a time. Returns how many took which status.

    Each pool is one transaction: the outcomes of the last pool and the attempts of this one.
    Once `stopping` says so, no more pools begin; what is left goes back into the queue.
    """
    counts: Counter[str] = Counter()
    finished: list[Result] = []
    left: list[Ready] = []
    for pool in _pools(ready):
        over = stopping()
        going = [row for row in pool if not (over or row.account_id in _resting)]
        left += [row for row in pool if over or row.account_id in _resting]
        deadline = monotonic() + START_WITHIN.total_seconds()
        with ended_after(HOLD_SECONDS):
            with transaction.atomic(durable=True):
                counts += _settle(finished, now=now)
                reached("mid_batch")
                attempts = outcomes.open_attempts(going, now=now, pulse=JUMP)
            left += [row for row in going if row.id not in attempts]
            finished = _send(going, attempts, accounts, deadline=deadline)
        _rest(finished)
    with transaction.atomic(durable=True):
        counts += _settle(finished, now=now)
        outcomes.release(left)
    return counts


def resting() -> list[int]:
    """Accounts whose provider asked this process to wait, or refused it; they are left alone."""
    for account in [account for account, until in _resting.items() if until < monotonic()]:
        del _resting[account]
    return list(_resting)


def in_parallel(jobs: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """The answers of network calls made at the same time, in order."""
    if len(jobs) == 1:
        return [jobs[0]()]
    return list(_executor(getpid()).map(lambda job: job(), jobs))


def pool_size() -> int:
    """How many calls this process has under way at most."""
    return settings.SOJOURN_SEND_THREADS


def _settle(results: Sequence[Result], *, now: dt.datetime) -> Counter[str]:
    """Outcomes into the tables, and receipts that came before them to their messages."""
    counts = outcomes.finish(results, now=now)
    adopt([result.outcome.provider_id for result in results if result.outcome], now=now)
    told: dict[int, list[Outcome]] = {}
    for attempt, outcome in results:
        if outcome is not None and attempt.account_id is not None:
            told.setdefault(attempt.account_id, []).append(outcome)
    pacing.heard(told)
    return counts


def _send(
    rows: Sequence[Ready],
    attempts: Mapping[int, Attempt],
    accounts: Mapping[int, AccountSettings],
    *,
    deadline: float,
) -> list[Result]:
    begun = [row for row in rows if row.id in attempts and row.account_id is not None]
    groups = _groups(begun, accounts)
    jobs = [
        _job(accounts[group[0].account_id or 0], [row.outgoing for row in group], deadline)
        for group in groups
    ]
    answers = in_parallel(jobs) if jobs else []
    return [
        Result(attempts[row.id], outcome)
        for group, outcomes in zip(groups, answers, strict=True)
        for row, outcome in zip(group, outcomes, strict=True)
    ]


def _groups(rows: Sequence[Ready], accounts: Accounts) -> list[list[Ready]]:
    """What goes out in one call: a message, or those of one text where the provider takes them."""
    together = {number: registry.takes_together(each.adapter) for number, each in accounts.items()}
    groups: dict[object, list[Ready]] = {}
    for row in rows:
        account = row.account_id or 0
        key = (account, row.outgoing.letter()) if together[account] else row.id
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _job(
    account: AccountSettings, messages: Sequence[Outgoing], deadline: float
) -> Callable[[], Sequence[Outcome | None]]:
    """One call, or none at all (None) where the worker was held up until its lease may be over."""

    def every(outcome: Outcome | None) -> list[Outcome | None]:
        return [outcome] * len(messages)

    def job() -> Sequence[Outcome | None]:
        try:
            sender = registry.sender(account)
        except (registry.UnknownAdapter, ValueError) as error:
            return every(Outcome(kind="account_broken", code="unusable_account", detail=str(error)))
        if monotonic() >= deadline:
            return every(None)
        try:
            with leaving_before(deadline):
                reached("before_http")
                outcomes = _sent(sender, messages)
            reached("after_http")
            return outcomes
        except Exception as error:
            log.exception("adapter_failed", adapter=account.adapter)
            detail = type(error).__name__
            return every(Outcome(kind="unknown", code="adapter_failed", detail=detail))

    return job


def _sent(sender: Sender, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
    if len(messages) > 1 and isinstance(sender, Together):
        return sender.send_together(messages)
    return [sender.send(message) for message in messages]


def _rest(results: Sequence[Result]) -> None:
    """Remember whom to leave alone: for as long as the provider said, or while paused."""
    for attempt, outcome in results:
        if outcome is None or attempt.account_id is None:
            continue
        wait = outcome.retry_after or 0.0
        if outcome.kind == "account_broken":
            wait = 1.0
        if wait:
            _resting[attempt.account_id] = monotonic() + wait


def _pools(rows: Sequence[Ready]) -> list[Sequence[Ready]]:
    size = pool_size()
    return [rows[start : start + size] for start in range(0, len(rows), size)]


@lru_cache(maxsize=1)
def _executor(process: int) -> ThreadPoolExecutor:
    """One pool of threads a process: threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=pool_size(), thread_name_prefix="send")
