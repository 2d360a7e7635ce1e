"""Receipts come in, in any order and any number of copies, and always end in the same state.

A receipt is stored once by (source, key); only a new one moves its message, up the ladder of
channels.core.message, and moves each of its instants to the earliest that anyone reported.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection, transaction

from channels.core.address import canonical
from channels.core.message import PROVES, moved, strongest
from channels.core.receipt import EVENTS, Receipt
from channels.operations import receive_sql as sql
from channels.operations.announce import Subject, announce_at
from channels.operations.wishes import heed
from channels.queries.standing import Reply, Standing, answered, owners, standing

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode

OWN = "sojourn"
"""The source of receipts from our own pixels, links and pages."""
REPLIES = frozenset({"replied", "unsubscribed"})
"""Kinds that may name no message: then they answer the newest one sent to their address."""
KEPT_IN_EVENTS = ("url", "text", "intent", "reason", "error_code")


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
        known = _Known(list(unique.values()), channel)
        new = _store(unique, known, source=source, now=now)
        pairs = [(receipt, known.of(receipt)) for receipt in new]
        matched = [(receipt, message) for receipt, message in pairs if message is not None]
        _apply(matched, now=now)
        _hear([receipt for receipt, message in pairs if message is None], channel, now=now)
        heed(pairs, source=source, channel=channel, now=now)
    return Received(len(new), len(matched))


def adopt(provider_ids: Iterable[str], *, now: dt.datetime) -> int:
    """Give receipts that came before their message's outcome to that message. Returns how many."""
    named = sorted({name for name in provider_ids if name})
    if not named:
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql.ORPHANS, [named])
            orphans = [_Orphan(*row) for row in cursor.fetchall()]
        if not orphans:
            return 0
        receipts = [orphan.receipt() for orphan in orphans]
        known = _Known(receipts, "")
        pairs = [(receipt, known.of(receipt)) for receipt in receipts]
        matched = [(receipt, message) for receipt, message in pairs if message is not None]
        _attach(orphans, pairs)
        _apply(matched, now=now)
    return len(matched)


class _Known:
    """The messages that receipts speak of, locked: by our own id, by the provider's, by address."""

    def __init__(self, receipts: Sequence[Receipt], channel: str) -> None:
        uids = {receipt.key: _uuid(receipt.message_uid) for receipt in receipts}
        names = [receipt.provider_id for receipt in receipts if receipt.provider_id]
        replies = [
            Reply(receipt.key, canonical(channel, receipt.address), receipt.at)
            for receipt in receipts
            if receipt.kind in REPLIES and not receipt.message_uid and receipt.address
        ]
        answers = answered(replies, channel=channel)
        own = {uid for uid in uids.values() if uid}
        rows = standing(uids=own, provider_ids=names, ids=answers.values())
        by_id = {row.id: row for row in rows}
        by_uid: dict[UUID | None, Standing] = {row.uid: row for row in rows}
        by_name = {row.provider_id: row for row in rows if row.provider_id}
        self.uids = uids
        self.messages: dict[str, Standing | None] = {
            receipt.key: by_uid.get(uids[receipt.key])
            or by_name.get(receipt.provider_id or "")
            or by_id.get(answers.get(receipt.key, 0))
            for receipt in receipts
        }

    def of(self, receipt: Receipt) -> Standing | None:
        return self.messages[receipt.key]

    def is_kept(self, receipt: Receipt) -> bool:
        """A stranger's receipt is kept if it may find its message yet, or speaks of an address."""
        named = self.uids[receipt.key] is not None or receipt.provider_id
        return self.of(receipt) is not None or bool(named or receipt.address)

    def detail(self, receipt: Receipt) -> dict[str, Any]:
        """What is kept of it; who it speaks of only while its message is not known."""
        detail = dict(receipt.detail)
        if receipt.bounce:
            detail["bounce"] = receipt.bounce
        if self.of(receipt) is None:
            names = (
                ("uid", str(self.uids[receipt.key] or "")),
                ("provider_id", receipt.provider_id),
                ("address", receipt.address),
            )
            detail |= {name: value for name, value in names if value}
        return detail


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
    unique: Mapping[str, Receipt], known: _Known, *, source: str, now: dt.datetime
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
    moves = {number: _moved(rows[number], by_message[number]) for number in sorted(rows)}
    _write([move for number, move in moves.items() if move != _standing(rows[number])])
    sent = {number: move.sent_at for number, move in moves.items()}
    told: list[tuple[str, Subject, Mapping[str, Any], dt.datetime]] = [
        ("message.sent", subject(row), {}, sent[row.id] or now)
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


class _Moved(msgspec.Struct, frozen=True):
    id: int
    status: str
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    opened_at: dt.datetime | None
    clicked_at: dt.datetime | None


IMPLIED: Mapping[str, tuple[str, ...]] = {
    "delivered_at": ("delivered", "opened", "clicked", "complained", "unsubscribed", "replied"),
    "opened_at": ("opened", "clicked"),
    "clicked_at": ("clicked",),
}
"""Which receipts prove which fact: a click implies an open. Machines open and click nothing."""


def _standing(row: Standing) -> _Moved:
    return _Moved(row.id, row.status, row.sent_at, row.delivered_at, row.opened_at, row.clicked_at)


def _write(moves: Sequence[_Moved]) -> None:
    if moves:
        with connection.cursor() as cursor:
            cursor.execute(sql.MOVE, [_encode(moves).decode()])


def _moved(row: Standing, receipts: Sequence[Receipt]) -> _Moved:
    kind = strongest(receipt.kind for receipt in receipts)
    status = moved(row.status, f"receipt.{kind}") or row.status
    stands_aside = row.status in {"skipped", "withheld"}
    proofs = [] if stands_aside else [receipt for receipt in receipts if receipt.kind in PROVES]
    human = [receipt for receipt in proofs if not receipt.machine]
    return _Moved(
        row.id,
        status,
        _earliest(row.sent_at, proofs, tuple(PROVES)),
        _earliest(row.delivered_at, proofs, IMPLIED["delivered_at"]),
        _earliest(row.opened_at, human, IMPLIED["opened_at"]),
        _earliest(row.clicked_at, human, IMPLIED["clicked_at"]),
    )


def _earliest(
    known: dt.datetime | None, receipts: Iterable[Receipt], kinds: tuple[str, ...]
) -> dt.datetime | None:
    told = [receipt.at for receipt in receipts if receipt.kind in kinds]
    return min([*told, *([known] if known else [])], default=None)


def _facts(receipt: Receipt) -> dict[str, Any]:
    facts = {name: receipt.detail[name] for name in KEPT_IN_EVENTS if receipt.detail.get(name)}
    return {**facts, **({"bounce": receipt.bounce} if receipt.bounce else {})}


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


def _uuid(text: str | None) -> UUID | None:
    """Our id where the provider gave one back in our shape."""
    if not text or len(text) not in {32, 36}:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
