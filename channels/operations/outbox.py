"""The door through which journeys hand over: contents at publish, messages and calls in sets.

Both are unique on (enrollment, step, visit): handing them over again changes nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from channels.core.call import CallDraft
from channels.core.message import Draft
from channels.core.mjml import compile_content
from channels.operations import calls_sql
from channels.operations.announce import Subject, announce

STORE = """
WITH given AS (
    SELECT hash, body FROM unnest(%(hashes)s::text[], %(bodies)s::jsonb[]) AS g(hash, body)
), added AS (
    INSERT INTO channels_content (hash, body)
    SELECT DISTINCT ON (hash) hash, body FROM given ORDER BY hash
    ON CONFLICT (hash) DO NOTHING RETURNING id, hash
)
SELECT hash, id FROM added
UNION SELECT c.hash, c.id FROM channels_content c JOIN given g USING (hash)
"""

ENQUEUE = """
INSERT INTO channels_message (
    customer_id, enrollment_id, journey, version, step, visit, arm, ghost, purpose, topic, priority,
    channels, content_id, context, send_after, expires_at, firm, on_cap, created_at, channel,
    address, status, reason, provider, provider_id, fence, attempts)
SELECT d.customer_id, d.enrollment_id, d.journey, d.version, d.step, d.visit, d.arm, d.ghost,
    d.purpose, d.topic, d.priority, d.channels, d.content_id, d.context, d.send_after,
    COALESCE(d.expires_at, d.send_after
        + CASE WHEN 'email' = ANY(d.channels) THEN %(mail_lives)s ELSE %(others_live)s END),
    d.expires_at IS NOT NULL, d.on_cap, %(now)s, '', '', 'queued', '', '', '', 0, 0
FROM json_to_recordset(%(drafts)s::json) AS d(
    customer_id bigint, enrollment_id bigint, journey text, version int, step text, visit int,
    arm text, ghost text, purpose text, topic text, priority smallint, channels text[],
    content_id bigint, context jsonb, send_after timestamptz, expires_at timestamptz,
    on_cap text)
ON CONFLICT (enrollment_id, step, visit) DO NOTHING
RETURNING id
"""

CANCEL = """
WITH mine AS (
    SELECT id FROM channels_message
    WHERE enrollment_id = ANY(%(enrollments)s) AND status = 'queued' ORDER BY id FOR UPDATE
)
UPDATE channels_message m SET status = 'skipped', reason = %(reason)s FROM mine
WHERE m.id = mine.id
RETURNING m.customer_id, m.uid, m.enrollment_id, m.journey, m.version, m.step, m.visit, m.arm,
    m.channel
"""

REPOINT = (
    "UPDATE channels_message t SET customer_id = p.survivor"
    " FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[]) AS p(merged, survivor)"
    " WHERE t.customer_id = p.merged",
    "UPDATE channels_device t SET customer_id = p.survivor"
    " FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[]) AS p(merged, survivor)"
    " WHERE t.customer_id = p.merged",
    calls_sql.REPOINT,
)

MAIL_LIVES = dt.timedelta(hours=24)
OTHERS_LIVE = dt.timedelta(hours=4)
"""How long a message is worth sending where its step does not say."""

_encode = msgspec.json.Encoder(order="sorted").encode


def store_content(bodies: Sequence[Mapping[str, Any]]) -> list[int]:
    """Prepare and keep contents; equal ones are kept once. Returns their ids in the order given.

    Raises channels.core.mjml.ContentProblem where MJML or styles cannot be prepared.
    """
    prepared = _prepared(bodies)
    names = list(map(_hash, prepared))
    given = {"hashes": names, "bodies": [body.decode() for body in prepared]}
    with connection.cursor() as cursor:
        cursor.execute(STORE, given)
        ids = dict(cursor.fetchall())
    return [ids[name] for name in names]


def hashes(bodies: Sequence[Mapping[str, Any]]) -> list[str]:
    """By what the contents would be known once they are kept. Raises like `store_content`."""
    return list(map(_hash, _prepared(bodies)))


def hashes_of(ids: Sequence[int], *, besides: str) -> dict[int, str]:
    """By what kept contents would be known without the key `besides`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, (body - %s)::text FROM channels_content WHERE id = ANY(%s)",
            [besides, list(ids)],
        )
        rows = cursor.fetchall()
    return {number: _hash(_encode(msgspec.json.decode(body))) for number, body in rows}


def _prepared(bodies: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [_encode(compile_content(dict(body))) for body in bodies]


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def enqueue(drafts: Sequence[Draft], *, now: dt.datetime) -> list[int]:
    """Put messages in the outbox, in the caller's transaction. Returns the ids of the new ones."""
    if not drafts:
        return []
    given: dict[str, Any] = {
        "drafts": _encode(drafts).decode(),
        "mail_lives": MAIL_LIVES,
        "others_live": OTHERS_LIVE,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, given)
        return [row[0] for row in cursor.fetchall()]


def call(drafts: Sequence[CallDraft], *, now: dt.datetime) -> None:
    """Put calls in the outbox, in the caller's transaction."""
    if not drafts:
        return
    with connection.cursor() as cursor:
        cursor.execute(calls_sql.ENQUEUE, {"drafts": _encode(drafts).decode(), "now": now})


def told(calls: Sequence[int]) -> None:
    """The journeys know how these calls ended."""
    if calls:
        with connection.cursor() as cursor:
            cursor.execute(calls_sql.TELL, [list(calls)])


def cancel(enrollment_ids: Sequence[int], *, reason: str, now: dt.datetime) -> int:
    """Skip what these enrollments still have queued. Returns how many messages that were."""
    if not enrollment_ids:
        return 0
    given: dict[str, Any] = {"enrollments": list(enrollment_ids), "reason": reason, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(calls_sql.CANCEL, given)
        cursor.execute(CANCEL, given)
        rows = cursor.fetchall()
    facts = {"reason": reason, "inputs": {}}
    announce([("message.skipped", Subject(*row), facts) for row in rows], now=now)
    return len(rows)


def repoint(pairs: Iterable[tuple[int, int]]) -> None:
    """Give the messages and devices of merged customers to their survivors: (merged, survivor)."""
    listed = list(pairs)
    if not listed:
        return
    given = {"merged": [pair[0] for pair in listed], "survivors": [pair[1] for pair in listed]}
    with connection.cursor() as cursor:
        for statement in REPOINT:
            cursor.execute(statement, given)
