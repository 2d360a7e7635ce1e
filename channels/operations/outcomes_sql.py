"""The statements that move messages, all of them sets; channels.core.message has their law."""

from channels.queries.halts import NOT_HALTED
from channels.queries.reach import suppressed

CLOSED = suppressed(
    channel="m.channel", address="m.address", customer="m.customer_id",
    marketing="m.purpose <> 'transactional'",
)  # fmt: skip

TEXTS = """
INSERT INTO channels_messagebody AS b (message_id, subject, html, text, headers, payload, digest)
SELECT message_id, subject, html, text, headers, payload, digest FROM json_to_recordset(%s::json)
    AS r(message_id bigint, subject text, html text, text text, headers jsonb, payload jsonb,
         digest text)
ON CONFLICT (message_id) DO UPDATE SET subject = EXCLUDED.subject, html = EXCLUDED.html,
    text = EXCLUDED.text, headers = EXCLUDED.headers, payload = EXCLUDED.payload,
    digest = EXCLUDED.digest
"""

LINKS = """
INSERT INTO channels_link (hash, url)
SELECT w.hash, w.url FROM unnest(%s::text[], %s::text[]) AS w(hash, url)
WHERE NOT EXISTS (SELECT FROM channels_link l WHERE l.hash = w.hash)
ORDER BY w.hash
ON CONFLICT (hash) DO NOTHING
"""

REFUSE = """
UPDATE channels_message m
SET status = w.status, reason = w.reason, channel = w.channel, address = w.address
FROM json_to_recordset(%s::json)
    AS w(id bigint, status text, reason text, channel text, address text)
WHERE m.id = w.id
"""

HOLD = """
UPDATE channels_message m
SET send_after = w.until, reason = w.reason,
    expires_at = CASE WHEN m.firm OR w.reason NOT IN ('quiet_hours', 'frequency_cap', 'priority')
                      THEN m.expires_at
                      ELSE GREATEST(m.expires_at, m.expires_at + (w.until - %(now)s)) END
FROM json_to_recordset(%(rows)s::json) AS w(id bigint, reason text, until timestamptz)
WHERE m.id = w.id
"""

LEASE = """
UPDATE channels_message m
SET status = 'sending', reason = '', fence = m.fence + 1, lease_until = clock_timestamp() + %s,
    channel = w.channel, address = w.address, account_id = w.account_id, provider = w.provider,
    segments = w.segments, cost = w.cost, currency = COALESCE(w.currency, '')
FROM json_to_recordset(%s::json)
    AS w(id bigint, channel text, address text, account_id bigint, provider text,
         segments smallint, cost numeric, currency text)
WHERE m.id = w.id
RETURNING m.id, m.fence
"""

# A clock that was set back in the middle of a round does not date attempts into the future: they
# begin at most so long after the last pulse (NULL: whenever they are said to).
OPEN = f"""
WITH mine AS MATERIALIZED (
    SELECT m.id, m.account_id FROM channels_message m
    JOIN unnest(%s::bigint[], %s::int[]) AS w(id, fence) ON w.id = m.id AND w.fence = m.fence
    WHERE m.status = 'sending' AND m.lease_until > clock_timestamp() + %s
      AND NOT {CLOSED}
      AND {NOT_HALTED.format(journey="m.journey", channels="ARRAY[m.channel]")}
)
INSERT INTO channels_attempt
    (message_id, number, account_id, started_at, outcome, provider_id, detail)
SELECT c.id,
    1 + COALESCE((SELECT max(a.number) FROM channels_attempt a WHERE a.message_id = c.id), 0),
    c.account_id, LEAST(%s, (SELECT p.at + %s::interval FROM channels_pulse p)), '', '', ''
FROM mine c
RETURNING id, message_id
"""

RELEASE = """
UPDATE channels_message m SET status = 'queued', lease_until = NULL
FROM unnest(%s::bigint[], %s::int[]) AS w(id, fence)
WHERE m.id = w.id AND m.fence = w.fence AND m.status = 'sending'
"""

# Closes the attempts and moves their messages. A receipt may have moved one already; then only what
# the provider said is added. One that was queued again while its worker was late, and was taken
# after all, need not leave again.
FINISH = """
WITH given AS (
    SELECT * FROM json_to_recordset(%s::json) AS w(
        id bigint, fence int, status text, reason text, send_after timestamptz, spent int,
        provider_id text, sent_at timestamptz,
        attempt bigint, outcome text, http_status int, detail text)
), closed AS (
    UPDATE channels_attempt a
    SET finished_at = %s, outcome = w.outcome, http_status = w.http_status,
        provider_id = w.provider_id, detail = w.detail
    FROM given w WHERE a.id = w.attempt
), was AS MATERIALIZED (
    SELECT m.id, m.status, m.sent_at,
        m.status IN ('sending', 'unknown') OR (m.status = 'queued' AND w.status = 'sent') AS open
    FROM channels_message m JOIN given w ON w.id = m.id AND w.fence = m.fence
    ORDER BY m.id FOR UPDATE OF m
)
UPDATE channels_message m
SET status = CASE WHEN was.open THEN w.status ELSE m.status END,
    reason = CASE WHEN was.open THEN w.reason ELSE m.reason END,
    send_after = CASE WHEN was.open THEN COALESCE(w.send_after, m.send_after) ELSE m.send_after END,
    attempts = m.attempts + CASE WHEN was.status = 'unknown' THEN 0 ELSE w.spent END,
    provider_id = COALESCE(NULLIF(w.provider_id, ''), m.provider_id),
    sent_at = LEAST(m.sent_at, w.sent_at),
    lease_until = NULL
FROM was JOIN given w ON w.id = was.id
WHERE m.id = was.id
RETURNING m.id, was.status, m.status, was.sent_at IS NULL AND m.sent_at IS NOT NULL,
    m.segments, m.cost, m.currency
"""

REMOVE_DEVICES = """
UPDATE channels_device SET removed_at = %s WHERE endpoint = ANY(%s) AND removed_at IS NULL
"""

PAUSE_ACCOUNTS = """
UPDATE channels_account a SET state = 'paused', paused_reason = w.reason
FROM unnest(%s::bigint[], %s::text[]) AS w(id, reason)
WHERE a.id = w.id AND a.state = 'active'
RETURNING a.slug, a.paused_reason
"""
