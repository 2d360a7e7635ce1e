"""Chats and whose they are: a link that its customer was given leads to them, `/start` alone to
whoever has the chat already, or to somebody new.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from channels.core.receipt import Receipt
from channels.operations.devices import subscribe
from channels.operations.suppression import reopen
from channels.queries.accounts import ways
from channels.queries.public import signer
from channels.queries.standing import owners
from profiles.core.answers import Refused
from profiles.core.events import Incoming
from profiles.operations.ingest import ingest
from profiles.queries import customers

LIVING = "SELECT COALESCE(merged_into_id, id) FROM profiles_customer WHERE id = %s"


def begin(receipts: Sequence[Receipt], *, channel: str, source: str, now: dt.datetime) -> None:
    """Give the chats that were started to their customers. Repeating it changes nothing."""
    started = [each for each in receipts if each.detail.get("intent") == "start" and each.address]
    for receipt in started if channel == "telegram" else ():
        customer = _whose(receipt, source, now)
        if customer is not None:
            subscribe(customer, kind=channel, endpoint=receipt.address, now=now)
            reopen(channel, receipt.address)


def link(customer: int) -> dict[str, str]:
    """The address by which this customer opens the bot's chat; Refused without a bot's name."""
    way = ways().open.get("telegram")
    bot = way.settings.options.get("bot", "") if way else ""
    payload = signer().chat(customer)
    if not bot:
        message = "Give the Telegram account its bot's name first."
        raise Refused("no_account", message, status=409, facts={"payload": payload})
    return {"url": f"https://t.me/{bot.removeprefix('@')}?start={payload}", "payload": payload}


def _whose(receipt: Receipt, source: str, now: dt.datetime) -> int | None:
    """The customer whom the link names, who has the chat, or who is new with it."""
    named = signer().read_chat(str(receipt.detail.get("start", "")))
    if named is not None:
        with connection.cursor() as cursor:
            cursor.execute(LIVING, [named])
            row = cursor.fetchone()
        if row:
            return int(row[0])
    known = owners({receipt.address}, channel="telegram").get(receipt.address)
    if known:
        return known[-1]
    visitor = f"telegram:{receipt.address}"
    call = Incoming(call="identify", name="identify", at=receipt.at, anonymous_id=visitor)
    ingest([call], source=source, now=now)
    return customers.find(f"anonymous_id:{visitor}")
