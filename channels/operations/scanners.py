"""Clicks of mail scanners are told from people's, also after the event.

A scanner's first click looks like anybody's. When its second one comes, or the report that the mail
was delivered only later, both are marked, and the message's instants are those of people again.
What the first one has set in motion is not taken back.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.db import connection

from channels.core.machine import Followed, hasty
from channels.core.receipt import Receipt
from channels.queries.standing import Standing

SEEN = """
SELECT r.message_id, r.id, r.key, r.kind, r.at, COALESCE(r.detail->>'url', ''), r.machine
FROM channels_receipt r
WHERE r.message_id = ANY(%s) AND r.kind IN ('delivered', 'opened', 'clicked')
"""
MARK = "UPDATE channels_receipt SET machine = true WHERE id = ANY(%s)"
CORRECT = """
UPDATE channels_message m SET opened_at = w.opened, clicked_at = w.clicked
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS w(id, opened, clicked)
WHERE m.id = w.id
"""

Pair = tuple[Receipt, Standing]


class _Seen(NamedTuple):
    message: int
    id: int
    key: str
    kind: str
    at: dt.datetime
    url: str
    machine: bool


def told_apart(pairs: Sequence[Pair]) -> list[Pair]:
    """The new receipts with their messages, of which scanners' clicks are marked as such.

    The receipts are stored already, and their messages locked. One that has come before its
    message is called by its number.
    """
    suspects = sorted({message.id for receipt, message in pairs if _is_suspect(receipt, message)})
    if not suspects:
        return list(pairs)
    by_message: dict[int, list[_Seen]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [suspects])
        for row in cursor.fetchall():
            by_message.setdefault(row[0], []).append(_Seen._make(row))
    marked = {number: _marked(seen) for number, seen in by_message.items()}
    marked = {number: ids for number, ids in marked.items() if ids}
    if not marked:
        return list(pairs)
    stand = {number: _by_people(by_message[number], ids) for number, ids in marked.items()}
    _write(marked, stand)
    keys = {
        (number, key)
        for number, ids in marked.items() for seen in by_message[number] if seen.id in ids
        for key in (seen.key, str(seen.id))
    }  # fmt: skip
    return [
        (_as_machine(receipt, (message.id, receipt.key) in keys), _as_stands(message, stand))
        for receipt, message in pairs
    ]


def _is_suspect(receipt: Receipt, message: Standing) -> bool:
    if message.channel != "email":
        return False
    is_click = receipt.kind == "clicked" and not receipt.machine
    return is_click or (receipt.kind == "delivered" and message.clicked_at is not None)


def _marked(seen: Sequence[_Seen]) -> set[int]:
    """The clicks to be marked that were not yet."""
    delivered = min((each.at for each in seen if each.kind == "delivered"), default=None)
    clicks = [each for each in seen if each.kind == "clicked"]
    found = hasty(
        (Followed(each.id, each.at, each.url) for each in clicks if each.url), delivered=delivered
    )
    return {each.id for each in clicks if each.id in found and not each.machine}


Instants = tuple[dt.datetime | None, dt.datetime | None]


def _by_people(seen: Sequence[_Seen], marked: set[int]) -> Instants:
    """When people opened it and clicked, as far as is known; a click implies an open."""
    human = [each for each in seen if not each.machine and each.id not in marked]
    opened = (each.at for each in human if each.kind in {"opened", "clicked"})
    clicked = (each.at for each in human if each.kind == "clicked")
    return min(opened, default=None), min(clicked, default=None)


def _write(marked: dict[int, set[int]], stand: dict[int, Instants]) -> None:
    opened, clicked = zip(*stand.values(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(MARK, [sorted(number for ids in marked.values() for number in ids)])
        cursor.execute(CORRECT, [list(stand), list(opened), list(clicked)])


def _as_machine(receipt: Receipt, machine: bool) -> Receipt:
    return msgspec.structs.replace(receipt, machine=True) if machine else receipt


def _as_stands(message: Standing, stand: dict[int, Instants]) -> Standing:
    if message.id not in stand:
        return message
    opened, clicked = stand[message.id]
    return message._replace(opened_at=opened, clicked_at=clicked)
