"""Writes what becomes of messages, in sets: texts, refusals, leases, attempts and their outcomes.

Every move is conditional on the row's fence, so a worker that slept past its lease changes nothing.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from django.db import connection

from channels.core import retry
from channels.core.archive import digest
from channels.core.message import Outcome, moved
from channels.core.price import Bill, told
from channels.operations import outcomes_sql as sql
from channels.operations.announce import Announcement, Subject, announce
from channels.operations.prepare import Held, Ready, Refused
from channels.operations.suppression import Word, suppress

LEASE = dt.timedelta(seconds=60)
START_WITHIN = dt.timedelta(seconds=20)
"""How long after the claim an attempt may still begin; a call takes 20 s at most."""
HELD = dt.timedelta(seconds=60)

SUPPRESSING = {"unsubscribed": "unsubscribed", "invalid_address": "invalid"}
"""Codes of a permanent failure that speak of the address, and the reason they leave with it."""

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class Attempt(NamedTuple):
    """One hand-over of one message; `spent` counts it and the earlier ones that counted."""

    id: int
    spent: int
    message_id: int
    fence: int
    subject: Subject
    address: str
    account_id: int | None


class Result(NamedTuple):
    """How an attempt ended; None: it was not begun, which is proven."""

    attempt: Attempt
    outcome: Outcome | None


def write_texts(ready: Sequence[Ready], refused: Sequence[Refused]) -> None:
    """Keep what is about to be handed over, why a text could not be made, and the counted links."""
    rows = [_text(row) for row in ready]
    rows += [_problem(row) for row in refused if row.reason == "content_error"]
    counted = {name: url for row in ready for name, url in row.rendered.links.items()}
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(sql.TEXTS, [_encode(rows).decode()])
        if counted:
            names = sorted(counted)
            cursor.execute(sql.LINKS, [names, [counted[name] for name in names]])


def close_refused(refused: Sequence[Refused], *, now: dt.datetime) -> None:
    """Give refused messages their last status, and tell the log why."""
    if not refused:
        return
    rows = [
        {name: getattr(row, name) for name in ("id", "status", "reason", "channel", "address")}
        for row in refused
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.REFUSE, [_encode(rows).decode()])
    announce([_refusal(row) for row in refused], now=now)


def hold(held: Sequence[Held], *, now: dt.datetime) -> None:
    """Look at these again when they said, or in a minute, and say meanwhile what they wait for.

    Waiting for quiet hours or a cap costs no life, unless the step says when it expires.
    """
    if held:
        rows = [
            {"id": row.id, "reason": row.reason, "until": row.until or now + HELD} for row in held
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql.HOLD, {"now": now, "rows": _encode(rows).decode()})


def lease(
    ready: Sequence[Ready],
    *,
    provider: Mapping[int | None, str],
    bills: Mapping[int, Bill],
) -> list[Ready]:
    """Mark the messages as in hand until the lease ends, with what some of them cost. Returns them
    with their new fence.
    """
    if not ready:
        return []
    rows = [
        {
            "id": row.id,
            "channel": row.channel,
            "address": row.address,
            "account_id": row.account_id,
            "provider": provider[row.account_id],
            **(bills[row.id]._asdict() if row.id in bills else {}),
        }
        for row in ready
    ]
    given: list[Any] = [LEASE, _encode(rows).decode()]
    with connection.cursor() as cursor:
        cursor.execute(sql.LEASE, given)
        fences = dict(cursor.fetchall())
    return [row._replace(fence=fences[row.id]) for row in ready]


def open_attempts(
    ready: Sequence[Ready], *, now: dt.datetime, pulse: dt.timedelta | None = None
) -> dict[int, Attempt]:
    """Write an attempt for each message still in hand and not suppressed since; by message id.

    Commit before the first network call: what is open here and never closed may have been sent.
    `pulse` is how long after the last one an attempt may have begun at most; None is any time.
    """
    if not ready:
        return {}
    by_id = {row.id: row for row in ready}
    ids, fences = [row.id for row in ready], [row.fence for row in ready]
    columns: list[Any] = [ids, fences, LEASE - START_WITHIN, now, pulse]
    with connection.cursor() as cursor:
        cursor.execute(sql.OPEN, columns)
        found = cursor.fetchall()
    return {message: _attempt(attempt, by_id[message]) for attempt, message in found}


def release(ready: Sequence[Ready]) -> None:
    """Back into the queue, for no attempt was begun."""
    if ready:
        columns = ([row.id for row in ready], [row.fence for row in ready])
        with connection.cursor() as cursor:
            cursor.execute(sql.RELEASE, columns)


def finish(results: Sequence[Result], *, now: dt.datetime) -> Counter[str]:
    """Close attempts and move their messages. Returns how many messages took which status."""
    if not results:
        return Counter()
    moves = [_move(result, now) for result in results]
    with connection.cursor() as cursor:
        cursor.execute(sql.FINISH, [_encode(moves).decode(), now])
        rows = cursor.fetchall()
    subjects = {result.attempt.message_id: result.attempt.subject for result in results}
    reasons = {move.id: move.reason for move in moves}
    announce(list(_announcements(rows, subjects, reasons)), now=now)
    _heed_addresses(results, now)
    _pause_accounts(results)
    return Counter(row[2] for row in rows)


class _Move(msgspec.Struct, frozen=True):
    """Where the message goes, and how its attempt ends; `released` was not begun."""

    id: int
    fence: int
    status: str
    attempt: int
    outcome: str
    reason: str = ""
    send_after: dt.datetime | None = None
    spent: int = 0
    provider_id: str = ""
    sent_at: dt.datetime | None = None
    http_status: int | None = None
    detail: str = ""


def _move(result: Result, now: dt.datetime) -> _Move:
    """Where the outcome takes the message, by the table of moves."""
    attempt, outcome = result
    if outcome is None:
        return _Move(
            attempt.message_id, attempt.fence, "queued", attempt.id, "released", detail="not_begun"
        )
    cause = "exhausted" if _is_exhausted(attempt, outcome) else outcome.kind
    status = moved("sending", cause) or "unknown"
    wait = dt.timedelta()
    if outcome.kind == "retry":
        wait = retry.delay(str(attempt.subject.uid), attempt.spent, retry_after=outcome.retry_after)
    return _Move(
        id=attempt.message_id,
        fence=attempt.fence,
        status=status,
        attempt=attempt.id,
        outcome=outcome.kind,
        reason="" if status == "sent" else "exhausted" if cause == "exhausted" else outcome.code,
        send_after=now + wait if status in {"queued", "unknown"} else None,
        spent=int(outcome.kind != "account_broken"),
        provider_id=outcome.provider_id,
        sent_at=now if status == "sent" else None,
        http_status=outcome.http_status,
        detail=": ".join(filter(None, (outcome.code, outcome.detail))),
    )


def _is_exhausted(attempt: Attempt, outcome: Outcome) -> bool:
    return outcome.kind == "retry" and attempt.spent >= retry.MAX_ATTEMPTS


def _announcements(
    rows: Iterable[tuple[Any, ...]],
    subjects: Mapping[int, Subject],
    reasons: Mapping[int, str],
) -> Iterable[Announcement]:
    for message, before, status, newly_sent, *billed in rows:
        if newly_sent:
            yield "message.sent", subjects[message], told(*billed)
        if status == "failed" and before != "failed":
            yield "message.failed", subjects[message], {"reason": reasons[message]}


def _heed_addresses(results: Sequence[Result], now: dt.datetime) -> None:
    """What a permanent failure says about the address itself."""
    told = [
        (result.attempt, result.outcome.code)
        for result in results
        if result.outcome is not None and result.outcome.kind == "permanent"
    ]
    suppress(
        Word(attempt.subject.channel, attempt.address, SUPPRESSING[code], "provider", now)
        for attempt, code in told
        if code in SUPPRESSING
    )
    gone = [attempt.address for attempt, code in told if code == "subscription_gone"]
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(sql.REMOVE_DEVICES, [now, gone])


def _pause_accounts(results: Sequence[Result]) -> None:
    broken = {
        result.attempt.account_id: result.outcome.detail or result.outcome.code
        for result in results
        if result.outcome is not None and result.outcome.kind == "account_broken"
    }
    if broken:
        with connection.cursor() as cursor:
            cursor.execute(sql.PAUSE_ACCOUNTS, [list(broken), list(broken.values())])
            for slug, reason in cursor.fetchall():
                log.error("account_paused", account=slug, reason=reason)


def _attempt(number: int, row: Ready) -> Attempt:
    return Attempt(
        id=number,
        spent=row.attempts + 1,
        message_id=row.id,
        fence=row.fence,
        subject=row.subject,
        address=row.address,
        account_id=row.account_id,
    )


def _text(row: Ready) -> dict[str, Any]:
    """The text as it is kept: a push's title stands as subject and its body as text."""
    text = row.rendered
    payload = {"url": text.url, "image": text.image, "data": text.data}
    subject, said = text.subject or text.title, text.text or text.body
    return {
        "message_id": row.id,
        "subject": subject,
        "html": text.html,
        "text": said,
        "digest": digest(subject, text.html, said),
        "headers": text.headers,
        "payload": {name: value for name, value in payload.items() if value},
    }


def _problem(row: Refused) -> dict[str, Any]:
    return {
        "message_id": row.id, "subject": "", "html": "", "text": "", "headers": {}, "digest": "",
        "payload": {"problem": row.inputs["error"]},
    }  # fmt: skip


def _refusal(row: Refused) -> Announcement:
    names = {"withheld": "message.withheld", "failed": "message.failed"}
    facts = {"reason": row.reason, "inputs": row.inputs}
    return names.get(row.status, "message.skipped"), row.subject, facts
