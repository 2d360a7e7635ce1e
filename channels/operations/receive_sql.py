"""The statements of receiving, each for many receipts at once."""

STORE = """
INSERT INTO channels_receipt (source, key, message_id, kind, at, received_at, machine, detail)
SELECT %s, w.key, w.message_id, w.kind, w.at, %s, w.machine, w.detail
FROM json_to_recordset(%s::json)
    AS w(key text, message_id bigint, kind text, at timestamptz, machine bool, detail jsonb)
ON CONFLICT (source, key) DO NOTHING
RETURNING key
"""

MOVE = """
UPDATE channels_message m
SET status = w.status, sent_at = w.sent_at, delivered_at = w.delivered_at,
    opened_at = w.opened_at, clicked_at = w.clicked_at,
    lease_until = CASE WHEN w.status = 'sending' THEN m.lease_until END
FROM json_to_recordset(%s::json) AS w(id bigint, status text, sent_at timestamptz,
    delivered_at timestamptz, opened_at timestamptz, clicked_at timestamptz)
WHERE m.id = w.id
"""

ORPHANS = """
SELECT id, kind, at, machine, detail FROM channels_receipt
WHERE message_id IS NULL AND detail->>'provider_id' = ANY(%s)
ORDER BY id FOR UPDATE
"""

# Those of which the message is known by now: they and the outcome were written at the same time, so
# that neither saw the other.
OVERLOOKED = """
SELECT DISTINCT r.detail->>'provider_id' FROM channels_receipt r
WHERE r.message_id IS NULL AND r.received_at >= %s
  AND EXISTS (SELECT FROM channels_message m
              WHERE m.provider_id <> '' AND m.provider_id = r.detail->>'provider_id')
LIMIT %s
"""

ATTACH = """
UPDATE channels_receipt r
SET message_id = w.message_id, detail = r.detail - 'uid' - 'provider_id' - 'address'
FROM unnest(%s::bigint[], %s::bigint[]) AS w(id, message_id) WHERE r.id = w.id
"""

FORGET = """
DELETE FROM channels_receipt WHERE message_id IS NULL AND received_at < %s
"""
