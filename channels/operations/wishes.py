"""What receipts say about addresses and consents: bounces, complaints, STOP and START."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from channels.core.address import canonical
from channels.core.receipt import Receipt
from channels.operations.suppression import Word, lift, suppress
from channels.queries.standing import Standing, owners
from profiles.core.consent import ConsentChange
from profiles.operations.ingest import ProfileUpdate, update_profiles

Pair = tuple[Receipt, Standing | None]

SINCE = """
SELECT w.channel, w.address FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
    AS w(channel, address, customer, at)
JOIN profiles_consent k ON k.customer_id = w.customer AND k.channel = w.channel AND k.topic = ''
    AND k.state = 'subscribed' AND k.at > w.at
"""


class _Wish(NamedTuple):
    """A receipt's word on an address, with everybody who has that address."""

    receipt: Receipt
    channel: str
    address: str
    customers: tuple[int, ...]

    @property
    def topic(self) -> str:
        return str(self.receipt.detail.get("topic", ""))


def heed(pairs: Sequence[Pair], *, source: str, channel: str, now: dt.datetime) -> None:
    """Suppress and unsubscribe as these new receipts ask, or open again what START opens."""
    wishes = _wishes([pair for pair in pairs if _speaks_of_address(pair[0])], channel)
    if not wishes:
        return
    stops = [wish for wish in wishes if wish.receipt.kind == "unsubscribed"]
    undone = _undone([wish for wish in stops if not wish.topic])
    suppress(
        word
        for wish in wishes
        if (word := _word(wish, source)) and (word.channel, word.address) not in undone
    )
    starts = [wish for wish in wishes if wish.receipt.kind == "replied"]
    lift(Word(wish.channel, wish.address, "", source, wish.receipt.at) for wish in starts)
    changes = [
        *_consents(stops, "unsubscribed", source),
        *_consents(starts, "subscribed", source),
    ]
    if changes:
        update_profiles(_updates(changes), now=now)


def _speaks_of_address(receipt: Receipt) -> bool:
    if receipt.kind == "replied":
        return receipt.detail.get("intent") == "start"
    return receipt.kind in {"unsubscribed", "complained"} or receipt.bounce == "hard"


def _wishes(pairs: Sequence[Pair], channel: str) -> list[_Wish]:
    spoken = []
    for receipt, message in pairs:
        through = message.channel if message else channel
        address = receipt.address or (message.address if message else "")
        spoken.append((receipt, message, through, canonical(through, address)))
    by_channel: dict[str, set[str]] = {}
    for _, _, through, address in spoken:
        by_channel.setdefault(through, set()).add(address)
    known = {through: owners(found, channel=through) for through, found in by_channel.items()}
    return [
        _Wish(receipt, through, address, _people(message, known[through].get(address, [])))
        for receipt, message, through, address in spoken
    ]


def _people(message: Standing | None, owning: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({*owning, *([message.customer_id] if message else [])}))


def _word(wish: _Wish, source: str) -> Word | None:
    """The suppression that a receipt asks for; refusing one topic closes no address."""
    if wish.receipt.kind == "replied" or (wish.receipt.kind == "unsubscribed" and wish.topic):
        return None
    reason = "bounced" if wish.receipt.bounce == "hard" else wish.receipt.kind
    return Word(wish.channel, wish.address, reason, source, wish.receipt.at)


def _undone(stops: Sequence[_Wish]) -> set[tuple[str, str]]:
    """The addresses whose customers have subscribed again since: an old STOP that came late."""
    rows = [
        (stop.channel, stop.address, customer, stop.receipt.at)
        for stop in stops
        for customer in stop.customers
    ]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(SINCE, [[row[place] for row in rows] for place in range(4)])
        return {(channel, address) for channel, address in cursor.fetchall()}


def _consents(wishes: Iterable[_Wish], state: str, source: str) -> list[ConsentChange]:
    return [
        ConsentChange(
            customer_id=customer,
            channel=wish.channel,
            topic=wish.topic,
            state=state,
            source=source,
            proof={"receipt": wish.receipt.key, **_said(wish.receipt)},
            at=wish.receipt.at,
        )
        for wish in wishes
        for customer in wish.customers
    ]


def _said(receipt: Receipt) -> dict[str, str]:
    text = str(receipt.detail.get("text", ""))
    return {"text": text} if text else {}


def _updates(changes: Iterable[ConsentChange]) -> list[ProfileUpdate]:
    """In the order things were said, so that the last word counts."""
    ordered = sorted(changes, key=lambda change: (change.at, change.customer_id, change.channel))
    return [ProfileUpdate(customer_id=change.customer_id, consents=(change,)) for change in ordered]
