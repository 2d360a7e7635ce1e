"""Makes the calls that journeys have put into the outbox: claimed, signed, made, written down.

Unlike a message, an attempt whose outcome nobody knows is repeated: the receiver knows the call by
its id. In the sandbox nobody is called, and everybody has answered `{}`.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import connection, transaction

from channels.adapters import caller
from channels.adapters.caller import Ringing
from channels.core import retry
from channels.core.call import CallResult
from channels.operations import calls_sql as sql
from channels.operations.handover import in_parallel, pool_size
from channels.queries.accounts import on_trial

LEASE = dt.timedelta(seconds=60)
"""More than an attempt can take: 20 seconds to answer, and those to connect."""
LIMIT = 256
PRETENDED = 5000
SWEPT = 1000
LOST = "The worker died or was held up."
REFUSED = "The test lets this call fail."

_encode = msgspec.json.Encoder().encode


class _Claim(NamedTuple):
    """A call in hand, in the order of CLAIM's columns."""

    id: int
    uid: str
    fence: int
    attempts: int
    retries: int
    method: str
    url: str
    headers: str
    body: str | None
    saves: bool
    timeout: int


def _never() -> bool:
    return False


def make(
    *, now: dt.datetime, limit: int | None = None, stopping: Callable[[], bool] = _never
) -> int:
    """Make what is due, at most `limit` calls, a pool at a time. Returns how many were made.

    Outside the sandbox it commits on its own and must not be called inside a transaction.
    """
    if settings.SOJOURN_SANDBOX:
        return pretend(now=now, limit=limit or PRETENDED)
    made = 0
    while made < (limit or LIMIT) and not stopping():
        with transaction.atomic(durable=True):
            claims = _claim(now, min(pool_size(), (limit or LIMIT) - made))
        if not claims:
            break
        results = in_parallel([_job(claim, now) for claim in claims])
        _finish(list(zip(claims, results, strict=True)), now)
        made += len(claims)
    return made


def pretend(
    *, now: dt.datetime, limit: int = PRETENDED, answers: Mapping[str, Any] | None = None
) -> int:
    """Answer what is due without calling anybody: `{}`, or what `answers` says for the step, where
    None is a failure. Returns how many.
    """
    given: dict[str, Any] = {
        "now": now, "limit": limit, "answers": _encode(answers or {}).decode(), "error": REFUSED,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql.PRETEND, given)
        return int(cursor.rowcount)


def sweep(*, now: dt.datetime) -> int:
    """Take back what lost workers had in hand. Returns how many calls that were."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SWEEP, {"now": now, "limit": SWEPT, "error": LOST})
        return int(cursor.rowcount)


def _claim(now: dt.datetime, limit: int) -> list[_Claim]:
    given: dict[str, Any] = {"now": now, "limit": limit, "lease": LEASE}
    with connection.cursor() as cursor:
        cursor.execute(sql.CLAIM, given)
        return [_Claim._make(row) for row in cursor.fetchall()]


def _job(claim: _Claim, now: dt.datetime) -> Callable[[], CallResult]:
    call = Ringing(
        uid=claim.uid,
        method=claim.method,
        url=claim.url,
        headers=msgspec.json.decode(claim.headers),
        body=claim.body,
        saves=claim.saves,
        timeout=claim.timeout,
        timestamp=int(now.timestamp()),
        secrets=settings.SOJOURN_CALL_SECRETS,
        guarded=not on_trial(),
    )
    return partial(caller.attempt, call)


def _finish(results: Sequence[tuple[_Claim, CallResult]], now: dt.datetime) -> None:
    rows = [_row(claim, result, now) for claim, result in results]
    with connection.cursor() as cursor:
        cursor.execute(sql.FINISH, [_encode(rows).decode()])


def _row(claim: _Claim, result: CallResult, now: dt.datetime) -> dict[str, Any]:
    """Where the result takes the call: it ends, or is queued again while there are retries left."""
    again = result.kind == "retry" and claim.attempts <= claim.retries
    wait = retry.delay(claim.uid, claim.attempts, retry_after=result.retry_after)
    return {
        "id": claim.id,
        "fence": claim.fence,
        "status": "queued" if again else "answered" if result.kind == "answered" else "failed",
        "reason": result.code,
        "error": result.error,
        "http_status": result.http_status,
        "answer": msgspec.Raw(result.answer.encode()) if result.answer else None,
        "call_after": now + wait if again else None,
        "ended_at": None if again else now,
    }
