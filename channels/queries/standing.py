"""Where messages stand that receipts speak of, locked until the caller's transaction ends."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

STANDING = """
WITH named AS (
    SELECT id FROM channels_message WHERE uid = ANY(%s)
    UNION SELECT id FROM channels_message WHERE provider_id <> '' AND provider_id = ANY(%s)
    UNION SELECT unnest(%s::bigint[])
)
SELECT m.id, m.uid, COALESCE(c.merged_into_id, c.id), m.enrollment_id, m.journey, m.version, m.step,
       m.visit, m.arm, m.channel, m.address, m.provider_id, m.status, m.sent_at, m.delivered_at,
       m.opened_at, m.clicked_at
FROM named JOIN channels_message m USING (id) JOIN profiles_customer c ON c.id = m.customer_id
ORDER BY m.id FOR UPDATE OF m
"""

ANSWERED = {
    "email": """
        SELECT w.key, m.id FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
            AS w(key, address, at)
        JOIN profiles_customer c ON c.email = w.address AND c.email <> ''
        JOIN LATERAL (
            SELECT id, sent_at FROM channels_message m
            WHERE m.customer_id = c.id AND m.channel = 'email' AND m.sent_at <= w.at
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1
        ) m ON true ORDER BY w.key, m.sent_at, m.id""",
    "sms": """
        SELECT w.key, m.id FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
            AS w(key, address, at)
        JOIN profiles_customer c ON c.phone = w.address AND c.phone <> ''
        JOIN LATERAL (
            SELECT id, sent_at FROM channels_message m
            WHERE m.customer_id = c.id AND m.channel = 'sms' AND m.sent_at <= w.at
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1
        ) m ON true ORDER BY w.key, m.sent_at, m.id""",
}
"""The newest message to an address, per reply; of several customers with one address, the last."""

OWNERS = {
    "email": """
        SELECT email, id FROM profiles_customer
        WHERE email <> '' AND email = ANY(%s) AND merged_into_id IS NULL ORDER BY id""",
    "sms": """
        SELECT phone, id FROM profiles_customer
        WHERE phone <> '' AND phone = ANY(%s) AND merged_into_id IS NULL ORDER BY id""",
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


class Reply(NamedTuple):
    """Something that came back from an address; `key` names it in the answer."""

    key: str
    address: str
    at: dt.datetime


def standing(
    *, uids: Collection[UUID], provider_ids: Collection[str], ids: Collection[int] = ()
) -> list[Standing]:
    """The messages with any of these names, locked in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(uids), list(provider_ids), list(ids)])
        return [Standing(*row) for row in cursor.fetchall()]


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
