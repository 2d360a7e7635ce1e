"""The door through which journeys hand messages over: contents at publish, messages in sets.

A message is unique on (enrollment, step, visit): handing it over again changes nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from channels.core.message import Draft
from channels.core.mjml import compile_content
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
    channels, content_id, context, send_after, expires_at, created_at, channel, address, status,
    reason, provider, provider_id, fence, attempts)
SELECT d.customer_id, d.enrollment_id, d.journey, d.version, d.step, d.visit, d.arm, d.ghost,
    d.purpose, d.topic, d.priority, string_to_array(d.channels, ','), d.content_id,
    d.context::jsonb, d.send_after,
    COALESCE(d.expires_at, d.send_after + d.lives), %(now)s, '', '', 'queued',
    '', '', '', 0, 0
FROM unnest(
    %(customers)s::bigint[], %(enrollments)s::bigint[], %(journeys)s::text[], %(versions)s::int[],
    %(steps)s::text[], %(visits)s::int[], %(arms)s::text[], %(ghosts)s::text[],
    %(purposes)s::text[], %(topics)s::text[],
    %(priorities)s::smallint[], %(channels)s::text[], %(contents)s::bigint[],
    %(contexts)s::text[], %(afters)s::timestamptz[], %(expiries)s::timestamptz[],
    %(lives)s::interval[])
AS d(customer_id, enrollment_id, journey, version, step, visit, arm, ghost, purpose, topic,
    priority, channels, content_id, context, send_after, expires_at, lives)
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
)

LIVES: Mapping[str, dt.timedelta] = {"email": dt.timedelta(hours=24)}
"""How long a message is worth sending where its step does not say; other channels 4 hours."""
LIVES_OTHERWISE = dt.timedelta(hours=4)

_encode = msgspec.json.Encoder(order="sorted").encode


def store_content(bodies: Sequence[Mapping[str, Any]]) -> list[int]:
    """Prepare and keep contents; equal ones are kept once. Returns their ids in the order given.

    Raises channels.core.mjml.ContentProblem where MJML or styles cannot be prepared.
    """
    prepared = [_encode(compile_content(dict(body))) for body in bodies]
    hashes = [hashlib.sha256(body).hexdigest() for body in prepared]
    given = {"hashes": hashes, "bodies": [body.decode() for body in prepared]}
    with connection.cursor() as cursor:
        cursor.execute(STORE, given)
        ids = dict(cursor.fetchall())
    return [ids[name] for name in hashes]


def enqueue(drafts: Sequence[Draft], *, now: dt.datetime) -> list[int]:
    """Put messages in the outbox, in the caller's transaction. Returns the ids of the new ones."""
    if not drafts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, {**_columns(drafts), "now": now})
        return [row[0] for row in cursor.fetchall()]


def cancel(enrollment_ids: Sequence[int], *, reason: str, now: dt.datetime) -> int:
    """Skip what these enrollments still have queued. Returns how many messages that were."""
    if not enrollment_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(CANCEL, {"enrollments": list(enrollment_ids), "reason": reason})
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


def _columns(drafts: Sequence[Draft]) -> dict[str, list[Any]]:
    """The drafts turned on their side, one list a column."""
    contexts = msgspec.json.Encoder()
    return {
        "customers": [draft.customer_id for draft in drafts],
        "enrollments": [draft.enrollment_id for draft in drafts],
        "journeys": [draft.journey for draft in drafts],
        "versions": [draft.version for draft in drafts],
        "steps": [draft.step for draft in drafts],
        "visits": [draft.visit for draft in drafts],
        "arms": [draft.arm for draft in drafts],
        "ghosts": [draft.ghost for draft in drafts],
        "purposes": [draft.purpose for draft in drafts],
        "topics": [draft.topic for draft in drafts],
        "priorities": [draft.priority for draft in drafts],
        "channels": [",".join(draft.channels) for draft in drafts],
        "contents": [draft.content_id for draft in drafts],
        "contexts": [contexts.encode(draft.context).decode() for draft in drafts],
        "afters": [draft.send_after for draft in drafts],
        "expiries": [draft.expires_at for draft in drafts],
        "lives": [
            max(
                (LIVES.get(channel, LIVES_OTHERWISE) for channel in draft.channels),
                default=LIVES_OTHERWISE,
            )
            for draft in drafts
        ],
    }
