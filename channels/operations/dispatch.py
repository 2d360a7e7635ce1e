"""One round of the outbox: due messages pass the gates, are rendered and handed over.

In the sandbox everything happens in one transaction and no provider is called.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.db import transaction

from channels.adapters import registry
from channels.core import sms
from channels.core.message import AccountSettings
from channels.core.price import UNKNOWN, Bill, bill
from channels.operations import handover, outcomes, pacing, prepare
from channels.operations.outcomes import Result
from channels.operations.prepare import Batch, Held, Ready
from channels.queries.accounts import Ways, ways
from profiles.queries.faultpoint import reached

SANDBOX = "sandbox"
SANDBOX_LIMIT = 1000
LIMIT = 256
"""At most so many a round: what the gates said is acted on within seconds."""


class Dispatched(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages one round claimed, and what they have become so far.

    `queued` wait for another try, `held` for their account, `unknown` are in doubt.
    """

    claimed: int = 0
    sent: int = 0
    withheld: int = 0
    skipped: int = 0
    expired: int = 0
    failed: int = 0
    queued: int = 0
    unknown: int = 0
    held: int = 0


def _never() -> bool:
    return False


def dispatch(
    *, now: dt.datetime, limit: int | None = None, stopping: handover.Told = _never
) -> Dispatched:
    """Work off what is due at `now`, at most `limit` messages. Any number of workers may do so.

    Outside the sandbox it commits on its own and must not be called inside a transaction; once
    `stopping` says so, it begins no more calls and gives back what it has claimed.
    """
    if settings.SOJOURN_SANDBOX:
        return rehearse(now=now, limit=limit or SANDBOX_LIMIT)
    return _providers(now=now, limit=limit or LIMIT, stopping=stopping)


def rehearse(*, now: dt.datetime, limit: int = SANDBOX_LIMIT) -> Dispatched:
    """One round as in the sandbox, wherever: in one transaction, and no provider is called."""
    sender = registry.sender(AccountSettings(slug=SANDBOX, adapter=SANDBOX))
    with transaction.atomic():
        batch = _claim(now=now, limit=limit, ways=None)
        attempts = outcomes.open_attempts(batch.ready, now=now)
        results = [
            Result(attempts[row.id], sender.send(row.outgoing))
            for row in batch.ready
            if row.id in attempts
        ]
        counts = outcomes.finish(results, now=now)
    return _dispatched(batch, counts)


def _providers(*, now: dt.datetime, limit: int, stopping: handover.Told) -> Dispatched:
    accounts = ways(resting=handover.resting())
    with transaction.atomic(durable=True):
        batch = _claim(now=now, limit=limit, ways=accounts)
    reached("after_claim")
    known = {number: way.settings for number, way in accounts.accounts().items()}
    counts = handover.hand_over(batch.ready, accounts=known, now=now, stopping=stopping)
    return _dispatched(batch, counts)


def _claim(*, now: dt.datetime, limit: int, ways: Ways | None) -> Batch:
    """Decide about what is due; what may leave, at its account's pace, is leased to this worker."""
    batch = prepare.batch(now=now, limit=limit, ways=ways)
    adapters: dict[int | None, str] = {None: SANDBOX}
    if ways is not None and batch.ready:
        adapters |= {way.id: way.settings.adapter for way in ways.accounts().values()}
        going, waiting = pacing.allow(batch.ready, _account, _weight, now=now)
        held = [Held(row.id, "rate", until) for row, until in waiting]
        batch = batch._replace(ready=going, held=[*batch.held, *held])
    outcomes.write_texts(batch.ready, batch.refused)
    outcomes.close_refused(batch.refused, now=now)
    outcomes.hold(batch.held, now=now)
    leased = outcomes.lease(batch.ready, provider=adapters, bills=_bills(batch.ready, ways))
    return batch._replace(ready=leased)


def _bills(rows: Sequence[Ready], ways: Ways | None) -> dict[int, Bill]:
    """What is billed by segments, by the prices of the account that hands it over."""
    lists = {number: way.prices for number, way in ways.accounts().items()} if ways else {}
    found = {
        row.id: bill(
            lists.get(row.account_id or 0, UNKNOWN),
            channel=row.channel, address=row.address, text=row.outgoing.text,
        )
        for row in rows
    }  # fmt: skip
    return {number: billed for number, billed in found.items() if billed is not None}


def _account(row: Ready) -> int:
    return row.account_id or 0


def _weight(row: Ready) -> int:
    """An SMS weighs its segments, anything else one."""
    return sms.segments(row.outgoing.text).count if row.channel == "sms" else 1


def _dispatched(batch: Batch, counts: Counter[str]) -> Dispatched:
    total = counts + Counter(row.status for row in batch.refused)
    fields = {name: total[name] for name in Dispatched.__struct_fields__ if name in total}
    return Dispatched(claimed=batch.claimed, held=len(batch.held), **fields)
