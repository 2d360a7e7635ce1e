"""Where messages stand that receipts speak of, locked until the caller's transaction ends."""

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from profiles.queries.cursor import bigints, quick_cursor, texts, uuids

STANDING = """
SELECT m.id, m.uid,
       COALESCE((SELECT merged_into_id FROM profiles_customer c WHERE c.id = m.customer_id),
                m.customer_id),
       m.enrollment_id, m.journey, m.version, m.step, m.visit, m.arm, m.channel, m.address,
       m.provider_id, m.status, m.sent_at, m.delivered_at, m.opened_at, m.clicked_at,
       m.segments, m.cost, m.currency,
       EXISTS (SELECT FROM profiles_customer c
               WHERE c.id = m.customer_id AND c.merged_into_id = c.id)
FROM channels_message m
WHERE m.uid = ANY(%s::uuid[]) OR (m.provider_id <> '' AND m.provider_id = ANY(%s::text[]))
    OR m.id = ANY(%s::bigint[])
ORDER BY m.id FOR UPDATE OF m
"""

LATEST = """
        SELECT w.key, m.id FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
            AS w(key, address, at)
        JOIN {whose}
        JOIN LATERAL (
            SELECT id, sent_at FROM channels_message m
            WHERE m.customer_id = c.id AND m.channel = '{channel}' AND m.sent_at <= w.at
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1
        ) m ON true ORDER BY w.key, m.sent_at, m.id"""
NUMBER = "CASE WHEN w.address ~ '^[0-9]{1,18}$' THEN w.address::bigint END"
BY_PHONE = "profiles_customer c ON c.phone = w.address AND c.phone <> ''"
ON_CHATS = "(SELECT customer_id AS id, endpoint FROM channels_device WHERE kind = 'telegram') c" \
    " ON c.endpoint = w.address"  # fmt: skip
WHOSE = {
    "email": "profiles_customer c ON c.email = w.address AND c.email <> ''",
    "sms": BY_PHONE,
    "whatsapp": BY_PHONE,
    "telegram": ON_CHATS,
    "webhook": f"profiles_customer c ON c.id = {NUMBER}",
}
ANSWERED = {
    channel: LATEST.format(whose=whose, channel=channel) for channel, whose in WHOSE.items()
}
"""The newest message to an address, per reply; of several customers with one address, the last."""

PHONES = """
        SELECT phone, id FROM profiles_customer
        WHERE phone <> '' AND phone = ANY(%s) AND merged_into_id IS NULL ORDER BY id"""
OWNERS = {
    "email": """
        SELECT email, id FROM profiles_customer
        WHERE email <> '' AND email = ANY(%s) AND merged_into_id IS NULL ORDER BY id""",
    "sms": PHONES,
    "whatsapp": PHONES,
    "telegram": """
        SELECT endpoint, customer_id FROM channels_device
        WHERE kind = 'telegram' AND endpoint = ANY(%s) ORDER BY id""",
    "webhook": f"""
        SELECT w.address, c.id FROM unnest(%s::text[]) AS w(address)
        JOIN profiles_customer c ON c.id = {NUMBER}
        WHERE c.merged_into_id IS NULL ORDER BY c.id""",
}


class Standing(NamedTuple):
    """A message and its place on the ladder. The customer is who they are after all merges."""

    id: int
    uid: UUID
    customer_id: int
    enrollment_id: int | None
    journey: str
    version: int
    step: str
    visit: int
    arm: str
    channel: str
    address: str
    provider_id: str
    status: str
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    opened_at: dt.datetime | None
    clicked_at: dt.datetime | None
    segments: int | None
    cost: Decimal | None
    currency: str
    erased: bool = False
    """Its customer is nobody any more: nothing more is written down about it."""


class Reply(NamedTuple):
    """Something that came back from an address; `key` names it in the answer."""

    key: str
    address: str
    at: dt.datetime


def standing(
    *, uids: Collection[UUID], provider_ids: Collection[str], ids: Collection[int] = ()
) -> list[Standing]:
    """The messages with any of these names, locked in the order of their ids."""
    with quick_cursor() as cursor:
        cursor.execute(STANDING, [uuids(uids), texts(provider_ids), bigints(ids)])
        return list(map(Standing._make, cursor.fetchall()))


def answered(replies: Sequence[Reply], *, channel: str) -> dict[str, int]:
    """Which message each reply answers: the newest that had gone to its address by then."""
    if not replies or channel not in ANSWERED:
        return {}
    columns = [[reply[place] for reply in replies] for place in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED[channel], columns)
        return dict(cursor.fetchall())


def owners(addresses: Collection[str], *, channel: str) -> dict[str, list[int]]:
    """The customers who have each of these addresses."""
    found: dict[str, list[int]] = {}
    if not addresses or channel not in OWNERS:
        return found
    with connection.cursor() as cursor:
        cursor.execute(OWNERS[channel], [list(addresses)])
        for address, customer in cursor.fetchall():
            found.setdefault(address, []).append(customer)
    return found
