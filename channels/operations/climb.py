"""Where receipts take a message: up the ladder of statuses, and each of its instants to the
earliest that anyone reported. No database here.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from channels.core.message import PROVES, moved, strongest
from channels.core.receipt import Receipt
from channels.queries.standing import Standing


class Moved(msgspec.Struct, frozen=True):
    """What receipts can change of a message."""

    id: int
    status: str
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    opened_at: dt.datetime | None
    clicked_at: dt.datetime | None


IMPLIED: Mapping[str, Collection[str]] = {
    "sent_at": PROVES,
    "delivered_at": frozenset(
        {"delivered", "opened", "clicked", "complained", "unsubscribed", "replied"}
    ),
    "opened_at": frozenset({"opened", "clicked"}),
    "clicked_at": frozenset({"clicked"}),
}
"""Which receipts prove which fact: a click implies an open. Machines open and click nothing."""


def stands(row: Standing) -> Moved:
    """The message as it is."""
    return Moved(row.id, row.status, row.sent_at, row.delivered_at, row.opened_at, row.clicked_at)


def climbed(row: Standing, receipts: Sequence[Receipt]) -> Moved:
    """The message as these receipts of it make it."""
    kind = strongest(receipt.kind for receipt in receipts)
    status = moved(row.status, f"receipt.{kind}") or row.status
    stands_aside = row.status in {"skipped", "withheld"}
    proofs = [] if stands_aside else [receipt for receipt in receipts if receipt.kind in PROVES]
    human = [receipt for receipt in proofs if not receipt.machine]
    return Moved(
        row.id,
        status,
        _earliest(row.sent_at, proofs, IMPLIED["sent_at"]),
        _earliest(row.delivered_at, proofs, IMPLIED["delivered_at"]),
        _earliest(row.opened_at, human, IMPLIED["opened_at"]),
        _earliest(row.clicked_at, human, IMPLIED["clicked_at"]),
    )


def _earliest(
    known: dt.datetime | None, receipts: Iterable[Receipt], kinds: Collection[str]
) -> dt.datetime | None:
    for receipt in receipts:
        if receipt.kind in kinds and (known is None or receipt.at < known):
            known = receipt.at
    return known
