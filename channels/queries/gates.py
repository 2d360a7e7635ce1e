"""What the gates need to know about the messages that are due, in one statement.

The rows stay locked until the caller's transaction ends; rows that another worker holds are passed
over. A message to a merged customer is judged as one to whoever they became.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from channels.queries.reach import UNDONE

# Locked twice, so that the message is read as it stands once it is locked.
DUE = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM channels_message
    WHERE status = 'queued' AND send_after <= %(now)s
      AND (%(paused)s::text[] = '{{}}' OR NOT channels <@ %(paused)s::text[]
           OR expires_at <= %(now)s)
    ORDER BY send_after, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
SELECT m.id, m.uid, c.id, m.enrollment_id, m.journey, m.version, m.step, m.visit, m.arm, m.ghost,
       m.purpose, m.topic, m.channels, m.content_id, m.context, m.expires_at, m.fence, m.attempts,
       c.email, c.phone, c.locale, c.attributes, d.id, d.endpoint, d.p256dh, d.auth,
       (SELECT jsonb_object_agg(s.channel, s.reason)
        FROM (VALUES ('email', lower(c.email)), ('sms', c.phone), ('push', d.endpoint))
            AS own (channel, address)
        JOIN channels_suppression s USING (channel, address)
        WHERE NOT {UNDONE.format(customer="c.id")}),
       (SELECT jsonb_agg(jsonb_build_array(k.channel, k.topic, k.state))
        FROM profiles_consent k
        WHERE k.customer_id = c.id AND k.channel = ANY(m.channels) AND k.topic IN ('', m.topic))
FROM due JOIN channels_message m USING (id)
JOIN profiles_customer own ON own.id = m.customer_id
JOIN profiles_customer c ON c.id = COALESCE(own.merged_into_id, own.id)
LEFT JOIN LATERAL (
    SELECT * FROM channels_device d
    WHERE d.customer_id = c.id AND d.removed_at IS NULL AND 'push' = ANY(m.channels)
    ORDER BY d.last_seen_at DESC, d.id DESC LIMIT 1
) d ON true
ORDER BY m.send_after, m.id FOR UPDATE OF m
"""

CONTENTS = "SELECT id, body FROM channels_content WHERE id = ANY(%s)"


class Candidate(NamedTuple):
    """A due message with its customer's addresses. JSON columns are texts, None where empty.

    The device is the customer's live one that was seen last: a push goes to one device.
    """

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
    channels: Sequence[str]
    content_id: int
    context: str
    expires_at: dt.datetime | None
    fence: int
    attempts: int
    email: str
    phone: str
    locale: str
    attributes: str
    device_id: int | None
    endpoint: str | None
    p256dh: str | None
    auth: str | None
    suppressed: str | None
    consents: str | None


def due(*, now: dt.datetime, limit: int, paused: Sequence[str]) -> list[Candidate]:
    """At most `limit` messages due at `now`, longest due first, locked.

    Those that could only leave by `paused` channels stay where they are until they expire.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "limit": limit, "paused": list(paused)})
        return [Candidate(*row) for row in cursor.fetchall()]


def contents(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The bodies of these contents, as published."""
    with connection.cursor() as cursor:
        cursor.execute(CONTENTS, [list(ids)])
        return {row[0]: msgspec.json.decode(row[1]) for row in cursor.fetchall()}
