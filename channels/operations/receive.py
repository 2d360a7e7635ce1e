"""Receipts come in, in any order and any number of copies, and always end in the same state.

A receipt is stored once by (source, key); only a new one moves its message, up the ladder of
channels.core.message, and moves each of its instants to the earliest that anyone reported.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction

from channels.core import price
from channels.core.address import canonical
from channels.core.receipt import EVENTS, Receipt
from channels.operations import receive_sql as sql
from channels.operations import sunset
from channels.operations.announce import Subject, announce_at
from channels.operations.climb import Moved, climbed, stands
from channels.operations.known import Known, of_the_living
from channels.operations.scanners import told_apart
from channels.operations.wishes import heed
from channels.queries.standing import Standing, owners, standing
from profiles.queries.faultpoint import reached

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode

KEPT_IN_EVENTS = ("url", "action", "text", "intent", "reason", "error_code")


class Received(NamedTuple):
    """How many receipts were new, and how many of those belong to a message of ours."""

    new: int
    matched: int


def receive(
    receipts: Sequence[Receipt], *, source: str, now: dt.datetime, channel: str = ""
) -> Received:
    """Take in receipts that `source` (an account's slug, or OWN) reported about its `channel`."""
    unique = {receipt.key: receipt for receipt in receipts}
    if not unique:
        return Received(0, 0)
    with transaction.atomic():
        known = Known(list(unique.values()), channel)
        unique = {receipt.key: receipt for receipt in of_the_living(known, channel)}
        new = _store(unique, known, source=source, now=now)
        reached("mid_callback")
        pairs = [(receipt, known.of(receipt)) for receipt in new]
        strange = [receipt for receipt, message in pairs if message is None]
        matched = told_apart([(receipt, message) for receipt, message in pairs if message])
        _apply(matched, now=now)
        _hear(strange, channel, now=now)
        heed(pairs, source=source, channel=channel, now=now)
        sunset.heed([*matched, *((receipt, None) for receipt in strange)], channel=channel)
    return Received(len(new), len(matched))


def adopt(provider_ids: Iterable[str], *, now: dt.datetime) -> int:
    """Give receipts that came before their message's outcome to that message. Returns how many.

    If it fails, so does the transaction that it is called in.
    """
    named = sorted({name for name in provider_ids if name})
    if not named:
        return 0
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(sql.ORPHANS, [named])
            orphans = [_Orphan(*row) for row in cursor.fetchall()]
        if not orphans:
            return 0
        receipts = [orphan.receipt() for orphan in orphans]
        known = Known(receipts, "")
        pairs = [(receipt, known.of(receipt)) for receipt in receipts]
        _attach(orphans, pairs)
        matched = told_apart([(receipt, message) for receipt, message in pairs if message])
        _apply(matched, now=now)
    return len(matched)


def adopt_overlooked(*, now: dt.datetime, within: dt.timedelta, limit: int = 1000) -> int:
    """Give receipts that came in at the same instant as their message's outcome to that message,
    of those received `within` so long. Returns how many.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql.OVERLOOKED, [now - within, limit])
            named = [row[0] for row in cursor.fetchall()]
        if not named:
            return 0
        standing(uids=(), provider_ids=named)  # locked first, as whoever writes outcomes does
        return adopt(named, now=now)


class _Orphan(NamedTuple):
    id: int
    kind: Any
    at: dt.datetime
    machine: bool
    detail: str

    def receipt(self) -> Receipt:
        detail: dict[str, Any] = _decode(self.detail)
        return Receipt(
            key=str(self.id),
            kind=self.kind,
            at=self.at,
            machine=self.machine,
            message_uid=detail.pop("uid", None),
            provider_id=detail.pop("provider_id", None),
            bounce=detail.pop("bounce", ""),
            address=detail.pop("address", ""),
            detail=detail,
        )


def _store(
    unique: Mapping[str, Receipt], known: Known, *, source: str, now: dt.datetime
) -> list[Receipt]:
    """Insert what is worth keeping; returns the receipts that were not there before."""
    kept = [unique[key] for key in sorted(unique) if known.is_kept(unique[key])]
    rows = [
        {
            "key": receipt.key,
            "message_id": message.id if message else None,
            "kind": receipt.kind,
            "at": receipt.at,
            "machine": receipt.machine,
            "detail": known.detail(receipt),
        }
        for receipt, message in ((receipt, known.of(receipt)) for receipt in kept)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.STORE, [source, now, _encode(rows).decode()])
        return [unique[row[0]] for row in cursor.fetchall()]


def _attach(orphans: Sequence[_Orphan], pairs: Sequence[tuple[Receipt, Standing | None]]) -> None:
    found = [
        (orphan.id, message.id)
        for orphan, (_, message) in zip(orphans, pairs, strict=True)
        if message is not None
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.ATTACH, [[row[0] for row in found], [row[1] for row in found]])


def _apply(pairs: Sequence[tuple[Receipt, Standing]], *, now: dt.datetime) -> None:
    """Move the messages and tell the log, once for each new receipt."""
    if not pairs:
        return
    by_message: dict[int, list[Receipt]] = {}
    rows = {message.id: message for _, message in pairs}
    for receipt, message in pairs:
        by_message.setdefault(message.id, []).append(receipt)
    moves = {number: climbed(rows[number], by_message[number]) for number in sorted(rows)}
    _write([move for number, move in moves.items() if move != stands(rows[number])])
    sent = {number: move.sent_at for number, move in moves.items()}
    told: list[tuple[str, Subject, Mapping[str, Any], dt.datetime]] = [
        (
            "message.sent",
            subject(row),
            price.told(row.segments, row.cost, row.currency),
            sent[row.id] or now,
        )
        for row in rows.values()
        if row.sent_at is None and sent[row.id] is not None
    ]
    told += [
        (EVENTS[receipt.kind], subject(message), _facts(receipt), receipt.at)
        for receipt, message in pairs
        if receipt.kind in EVENTS and not receipt.machine
    ]
    announce_at(told, now=now)


def _hear(receipts: Iterable[Receipt], channel: str, *, now: dt.datetime) -> None:
    """Replies that answer no message of ours, told of whoever has the address."""
    replies = [receipt for receipt in receipts if receipt.kind == "replied" and receipt.address]
    if not replies:
        return
    spelled = {receipt.key: canonical(channel, receipt.address) for receipt in replies}
    known = owners(set(spelled.values()), channel=channel)
    told = [
        (EVENTS["replied"], _nobody(customer, channel), _facts(receipt), receipt.at)
        for receipt in replies
        for customer in known.get(spelled[receipt.key], [])
    ]
    announce_at(told, now=now)


def _nobody(customer: int, channel: str) -> Subject:
    return Subject(customer, None, None, "", 0, "", 0, "", channel)


def _write(moves: Sequence[Moved]) -> None:
    if moves:
        with connection.cursor() as cursor:
            cursor.execute(sql.MOVE, [_encode(moves).decode()])


def _facts(receipt: Receipt) -> dict[str, Any]:
    told = receipt.detail
    facts = {name: value for name in KEPT_IN_EVENTS if (value := told.get(name))}
    if receipt.bounce:
        facts["bounce"] = receipt.bounce
    return facts


def subject(row: Standing) -> Subject:
    """What an event says about a message."""
    return Subject(
        row.customer_id,
        row.uid,
        row.enrollment_id,
        row.journey,
        row.version,
        row.step,
        row.visit,
        row.arm,
        row.channel,
    )
