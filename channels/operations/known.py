"""Which messages receipts speak of, and which receipts are nobody's any more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from channels.core.address import canonical
from channels.core.receipt import Receipt
from channels.queries.standing import Reply, Standing, answered, owners, standing
from profiles.queries.erased import erased

REPLIES = frozenset({"replied", "unsubscribed"})
"""Kinds that may name no message: then they answer the newest one sent to their address."""


class Known:
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
        self.receipts = receipts
        self.uids = uids
        self.messages: dict[str, Standing | None] = {
            receipt.key: by_uid.get(uids[receipt.key])
            or by_name.get(receipt.provider_id or "")
            or by_id.get(answers.get(receipt.key, 0))
            for receipt in receipts
        }

    def of(self, receipt: Receipt) -> Standing | None:
        return self.messages[receipt.key]

    def is_erased(self, receipt: Receipt) -> bool:
        message = self.of(receipt)
        return message is not None and message.erased

    def is_kept(self, receipt: Receipt) -> bool:
        """A stranger's receipt is kept if it may find its message yet, or speaks of an address."""
        named = self.uids[receipt.key] is not None or receipt.provider_id
        return self.of(receipt) is not None or bool(named or receipt.address)

    def detail(self, receipt: Receipt) -> dict[str, Any]:
        """What is kept of it; who it speaks of only while its message is not known."""
        if self.of(receipt) is not None and not receipt.bounce:
            return receipt.detail
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


def of_the_living(known: "Known", channel: str) -> list[Receipt]:
    """What does not speak of somebody who was erased: that is forgotten at once."""
    spelled = {
        receipt.key: (channel, canonical(channel, receipt.address))
        for receipt in known.receipts
        if receipt.address and known.of(receipt) is None
    }
    gone = erased(set(spelled.values()))
    back = owners([address for _, address in gone], channel=channel)
    return [
        receipt
        for receipt in known.receipts
        if not known.is_erased(receipt)
        and ((way := spelled.get(receipt.key)) not in gone or way[1] in back)
    ]


def _uuid(text: str | None) -> UUID | None:
    """Our id where the provider gave one back in our shape."""
    if not text or len(text) not in {32, 36}:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
