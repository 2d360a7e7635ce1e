"""The statements that move calls, all of them sets: queued → calling → answered or failed.

`fence` names the attempt: a worker that was held up until its lease was over changes nothing.
"""

ENQUEUE = """
INSERT INTO channels_call (customer_id, enrollment_id, journey, version, step, visit, method, url,
    headers, body, saves, timeout, retries, status, reason, error, attempts, call_after, fence,
    told, created_at, ended_at)
SELECT d.customer_id, d.enrollment_id, d.journey, d.version, d.step, d.visit, d.method, d.url,
    d.headers, d.body, d.saves, d.timeout, d.retries,
    CASE WHEN d.error = '' THEN 'queued' ELSE 'failed' END,
    CASE WHEN d.error = '' THEN '' ELSE 'content_error' END, d.error, 0, %(now)s, 0, false,
    %(now)s, CASE WHEN d.error = '' THEN NULL ELSE %(now)s END
FROM json_to_recordset(%(drafts)s::json) AS d(
    customer_id bigint, enrollment_id bigint, journey text, version int, step text, visit int,
    method text, url text, headers jsonb, body text, saves boolean, timeout smallint,
    retries smallint, error text)
ON CONFLICT (enrollment_id, step, visit) DO NOTHING
"""

CANCEL = """
WITH mine AS (
    SELECT id FROM channels_call
    WHERE enrollment_id = ANY(%(enrollments)s) AND status = 'queued' ORDER BY id FOR UPDATE
)
UPDATE channels_call c
SET status = 'cancelled', reason = %(reason)s, ended_at = %(now)s, told = true
FROM mine WHERE c.id = mine.id
"""

TELL = "UPDATE channels_call SET told = true WHERE id = ANY(%s::bigint[])"

# Counted when it is claimed: what a lost worker began counts too.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM channels_call WHERE status = 'queued' AND call_after <= %(now)s
    ORDER BY call_after, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE channels_call c
SET status = 'calling', attempts = c.attempts + 1, fence = c.fence + 1,
    lease_until = clock_timestamp() + %(lease)s
FROM due WHERE c.id = due.id
RETURNING c.id, c.uid::text, c.fence, c.attempts, c.retries, c.method, c.url, c.headers::text,
    c.body, c.saves, c.timeout
"""

FINISH = """
UPDATE channels_call c
SET status = w.status, reason = w.reason, error = w.error, http_status = w.http_status,
    answer = w.answer, call_after = COALESCE(w.call_after, c.call_after), ended_at = w.ended_at,
    lease_until = NULL
FROM json_to_recordset(%s::json) AS w(
    id bigint, fence int, status text, reason text, error text, http_status int, answer jsonb,
    call_after timestamptz, ended_at timestamptz)
WHERE c.id = w.id AND c.fence = w.fence AND c.status = 'calling'
"""

SWEEP = """
WITH late AS MATERIALIZED (
    SELECT id FROM channels_call WHERE status = 'calling' AND lease_until < clock_timestamp()
    ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE channels_call c
SET status = CASE WHEN c.attempts > c.retries THEN 'failed' ELSE 'queued' END,
    reason = 'worker_lost', error = %(error)s, call_after = %(now)s, lease_until = NULL,
    ended_at = CASE WHEN c.attempts > c.retries THEN %(now)s END
FROM late WHERE c.id = late.id
"""

# As a receiver would that says yes and nothing else; `answers` by step may say more, or null: no.
PRETEND = """
WITH due AS MATERIALIZED (
    SELECT id FROM channels_call WHERE status = 'queued' AND call_after <= %(now)s
    ORDER BY call_after, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), given AS (SELECT %(answers)s::jsonb AS answers)
UPDATE channels_call c
SET status = CASE WHEN answers -> c.step = 'null' THEN 'failed' ELSE 'answered' END,
    reason = 'sandbox', error = CASE WHEN answers -> c.step = 'null' THEN %(error)s ELSE '' END,
    answer = CASE WHEN answers -> c.step = 'null' THEN NULL
                  ELSE COALESCE(answers -> c.step, '{}') END,
    attempts = c.attempts + 1, ended_at = %(now)s
FROM due, given WHERE c.id = due.id
"""

REPOINT = (
    "UPDATE channels_call t SET customer_id = p.survivor"
    " FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[]) AS p(merged, survivor)"
    " WHERE t.customer_id = p.merged"
)
