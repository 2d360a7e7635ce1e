"""What the gates need to know about messages, a statement for each kind of fact.

Rows that are due stay locked until the caller's transaction ends; those that another worker holds
are passed over. A message to a merged customer is judged as one to whoever they became.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from channels.queries.halts import Halted
from channels.queries.reach import UNDONE
from profiles.queries import workspace

MICROSECONDS = "(extract(epoch FROM k.at) * 1000000)::bigint"
"""When a consent `k` was said, as links name it."""

SUPPRESSED = f"""
(SELECT jsonb_object_agg(s.channel, s.reason)
 FROM (VALUES ('email', lower(c.email)), ('sms', c.phone), ('whatsapp', c.phone),
              ('inbox', c.id::text), ('webhook', c.id::text))
     AS own (channel, address)
 JOIN channels_suppression s USING (channel, address)
 WHERE NOT {UNDONE.format(customer="c.id")})
"""
SPOKEN = f"""
(SELECT jsonb_agg(jsonb_build_array(k.channel, k.topic, k.state, {MICROSECONDS}))
 FROM profiles_consent k
 WHERE k.customer_id = c.id AND k.channel = ANY(m.channels) AND k.topic IN ('', m.topic)),
(SELECT k.until FROM profiles_consent k
 WHERE k.customer_id = c.id AND k.channel = '*' AND k.topic = '' AND k.state = 'paused')
"""
CUSTOMER = f"c.email, c.phone, c.locale, c.timezone, c.attributes, {SUPPRESSED}, {SPOKEN}"
"""What is known of the customer `c` about the message `m`, in the order of `Candidate`."""

# Locked twice, so that the message is read as it stands once it is locked. With frequency caps a
# customer is in one hand at a time: what another worker has sent is to be counted.
DUE = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM channels_message
    WHERE status = 'queued' AND send_after <= %(now)s AND send_after >= %(settled)s
      AND (%(paused)s::text[] = '{{}}' OR NOT channels <@ %(paused)s::text[]
           OR expires_at <= %(now)s)
      AND journey <> ALL(%(halted)s::text[])
    ORDER BY send_after, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
SELECT m.id, m.uid, c.id, m.enrollment_id, m.journey, m.version, m.step, m.visit, m.arm, m.ghost,
       m.purpose, m.topic, m.priority, m.channels, m.content_id, m.context, m.expires_at, m.firm,
       m.on_cap, m.fence, m.attempts, {CUSTOMER}
FROM due JOIN channels_message m USING (id)
JOIN profiles_customer own ON own.id = m.customer_id
JOIN profiles_customer c ON c.id = COALESCE(own.merged_into_id, own.id)
WHERE NOT %(one_hand)s OR pg_try_advisory_xact_lock(%(space)s, (c.id %% %(hands)s)::int)
ORDER BY m.send_after, m.id FOR UPDATE OF m
"""

WOULD_BE = f"""
SELECT 0, NULL, c.id, NULL, '', 0, '', 0, '', '', m.purpose, m.topic, 0, m.channels, 0, '{{}}',
       NULL::timestamptz, false, 'skip', 0, 0, {CUSTOMER}
FROM profiles_customer c
CROSS JOIN (SELECT %(purpose)s AS purpose, %(topic)s AS topic, %(channels)s::text[] AS channels) m
WHERE c.id = ANY(%(customers)s) AND c.merged_into_id IS NULL ORDER BY c.id
"""

DEVICES = f"""
SELECT DISTINCT ON (d.customer_id, channel) d.customer_id,
    CASE d.kind WHEN 'telegram' THEN 'telegram' ELSE 'push' END AS channel, d.id, d.kind,
    d.endpoint, d.p256dh, d.auth, s.reason
FROM channels_device d
LEFT JOIN channels_suppression s
    ON s.channel = CASE d.kind WHEN 'telegram' THEN 'telegram' ELSE 'push' END
    AND s.address = d.endpoint AND NOT {UNDONE.format(customer="d.customer_id")}
WHERE d.customer_id = ANY(%s) AND d.removed_at IS NULL
    AND (%s::text[] = '{{}}' OR d.kind = ANY(%s::text[]))
ORDER BY d.customer_id, channel, d.last_seen_at DESC, d.id DESC
"""

ON_SITE = """
SELECT DISTINCT customer_id FROM profiles_identifier
WHERE customer_id = ANY(%s) AND kind IN ('user_id', 'anonymous_id')
"""

CONTENTS = "SELECT id, body FROM channels_content WHERE id = ANY(%s)"

ON_DEVICES = ("push", "telegram")
"""Channels that reach a customer on a device; the others by an address of the profile."""
_SPACE, _HANDS = 0x50C, 4096
"""Advisory locks: their space, and how many there are for all customers together."""


class Candidate(NamedTuple):
    """A due message with its customer's addresses. JSON columns are texts, None where empty."""

    id: int
    uid: Any
    customer_id: int
    enrollment_id: int | None
    journey: str
    version: int
    step: str
    visit: int
    arm: str
    ghost: str
    purpose: str
    topic: str
    priority: int
    channels: Sequence[str]
    content_id: int
    context: str
    expires_at: dt.datetime | None
    firm: bool
    on_cap: str
    fence: int
    attempts: int
    email: str
    phone: str
    locale: str
    timezone: str
    attributes: str
    suppressed: str | None
    consents: str | None
    paused_until: dt.datetime | None


class Target(NamedTuple):
    """The customer's live device that was seen last: a push or a chat goes to one device."""

    id: int
    kind: str
    endpoint: str
    p256dh: str
    auth: str
    suppressed: str | None


def due(
    *, now: dt.datetime, limit: int, paused: Sequence[str], halted: Halted, one_hand: bool
) -> list[Candidate]:
    """At most `limit` messages due at `now`, longest due first, locked.

    Those that could only leave by `paused` channels stay where they are until they expire. With
    `one_hand`, so do those whose customer another worker is writing to.
    """
    if halted.everything:
        return []
    given: dict[str, Any] = {
        "now": now, "settled": workspace.settled(), "limit": limit,
        "paused": [*paused, *halted.channels], "halted": list(halted.journeys),
        "one_hand": one_hand, "space": _SPACE, "hands": _HANDS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(DUE, given)
        return [Candidate(*row) for row in cursor.fetchall()]


def would_be(
    customers: Collection[int], *, channels: Sequence[str], topic: str, purpose: str
) -> list[Candidate]:
    """A message that nobody has written, to each of these customers."""
    given: dict[str, Any] = {
        "customers": list(customers), "channels": list(channels), "topic": topic,
        "purpose": purpose,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(WOULD_BE, given)
        return [Candidate(*row) for row in cursor.fetchall()]


def devices(customers: Collection[int], *, kinds: Collection[str]) -> dict[tuple[int, str], Target]:
    """Where these customers are reached, by (customer, channel); of these kinds, none is any."""
    if not customers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(DEVICES, [list(customers), list(kinds), list(kinds)])
        return {row[:2]: Target._make(row[2:]) for row in cursor.fetchall()}


def on_site(customers: Iterable[int]) -> set[int]:
    """Those of these customers whom a page of the shop can know."""
    asked = list(customers)
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(ON_SITE, [asked])
        return {row[0] for row in cursor.fetchall()}


def contents(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The bodies of these contents, as published."""
    with connection.cursor() as cursor:
        cursor.execute(CONTENTS, [list(ids)])
        return {row[0]: msgspec.json.decode(row[1]) for row in cursor.fetchall()}
