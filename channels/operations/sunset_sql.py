"""The statements of the sunset: page by page over customers and over marks, each one a set."""

SIGN = """(life.name IN ('message.opened', 'message.clicked', 'message.replied')
        OR life.source <> 'system' AND life.name NOT IN ('identify', 'group', 'alias'))"""
"""Whether the event `life` is the customer's own doing. Machines write no opens and clicks, and
what only says who somebody is comes from other systems about everybody."""

CUSTOMERS = """
SELECT max(id) FROM (
    SELECT id FROM profiles_customer WHERE id > %(after)s ORDER BY id LIMIT %(size)s) page
"""
MARKS = """
SELECT max(id) FROM (
    SELECT id FROM channels_suppression WHERE reason = 'sunset' AND id > %(after)s
    ORDER BY id LIMIT %(size)s) page
"""

# `nth` is the last message but so many: whoever has given no sign since then was silent for that
# many. `first` is the last message that is old enough. Where both hold, the earlier one decides.
# LATERAL and LIMIT keep to the customers of the page: an index each, and never the whole log.
MARK = f"""
WITH page AS MATERIALIZED (
    SELECT c.id, lower(c.email) AS email, c.phone,
        ARRAY(SELECT o.id FROM profiles_customer o
              WHERE o.email = c.email AND o.email <> '' AND o.id <> c.id) AS mail_mates,
        ARRAY(SELECT o.id FROM profiles_customer o
              WHERE o.phone = c.phone AND o.phone <> '' AND o.id <> c.id) AS phone_mates
    FROM profiles_customer c
    WHERE c.id > %(after)s AND c.id <= %(upto)s AND c.merged_into_id IS NULL
), people AS MATERIALIZED (
    SELECT p.*, p.id || p.mail_mates || p.phone_mates || ARRAY(
        SELECT gone.id FROM profiles_customer gone
        WHERE gone.merged_into_id = ANY(p.id || p.mail_mates || p.phone_mates)) AS everybody
    FROM page p
), told AS MATERIALIZED (
    SELECT p.id, w.channel, w.address, LEAST(w.nth, w.first) AS since,
        p.id || CASE w.channel WHEN 'email' THEN p.mail_mates
                WHEN 'sms' THEN p.phone_mates WHEN 'whatsapp' THEN p.phone_mates
                ELSE '{{}}' END AS holders
    FROM people p CROSS JOIN LATERAL (
        SELECT m.channel, CASE m.channel WHEN 'email' THEN lower(m.address) ELSE m.address END
                AS address,
            (array_agg(m.sent_at ORDER BY m.sent_at DESC))[%(messages)s] AS nth,
            max(m.sent_at) FILTER (WHERE m.sent_at <= %(now)s - %(silence)s::interval) AS first
        FROM channels_message m
        WHERE m.customer_id = ANY(p.everybody) AND m.purpose <> 'transactional'
          AND m.sent_at IS NOT NULL
          AND CASE WHEN m.channel = 'email' THEN lower(m.address) = p.email
                   WHEN m.channel IN ('sms', 'whatsapp') THEN m.address = p.phone
                   WHEN m.channel IN ('inbox', 'webhook') THEN m.address = p.id::text
                   ELSE EXISTS (SELECT FROM channels_device d
                                WHERE d.endpoint = m.address AND d.customer_id = p.id
                                  AND d.removed_at IS NULL) END
        GROUP BY 1, 2
        HAVING count(*) >= %(messages)s AND min(m.sent_at) <= %(now)s - %(silence)s::interval
    ) w
    WHERE (SELECT true FROM channels_suppression s
           WHERE s.channel = w.channel AND s.address = w.address LIMIT 1) IS NULL
)
INSERT INTO channels_suppression (channel, address, reason, source, at)
SELECT DISTINCT t.channel, t.address, 'sunset', %(source)s, %(now)s::timestamptz FROM told t
WHERE (SELECT true FROM profiles_consent again
       WHERE again.customer_id = ANY(t.holders) AND again.channel = t.channel
         AND again.state = 'subscribed' AND again.at >= t.since LIMIT 1) IS NULL
  AND (SELECT true FROM profiles_event life
       WHERE life.customer_id = ANY(t.holders) AND life.at >= t.since AND {SIGN} LIMIT 1) IS NULL
ORDER BY t.channel, t.address
ON CONFLICT (channel, address) DO NOTHING
"""

LIFT = f"""
WITH page AS MATERIALIZED (
    SELECT s.id, s.channel, s.at - %(silence)s::interval AS since, ARRAY(
        SELECT c.id FROM profiles_customer c
        WHERE s.channel = 'email' AND c.email = s.address AND c.email <> ''
        UNION ALL
        SELECT c.id FROM profiles_customer c
        WHERE s.channel IN ('sms', 'whatsapp') AND c.phone = s.address AND c.phone <> ''
        UNION ALL
        SELECT c.id FROM profiles_customer c
        WHERE s.channel IN ('inbox', 'webhook')
          AND c.id = CASE WHEN s.address ~ '^[0-9]{{1,18}}$' THEN s.address::bigint END
        UNION ALL
        SELECT d.customer_id FROM channels_device d
        WHERE s.channel IN ('push', 'telegram') AND d.endpoint = s.address) AS holders
    FROM channels_suppression s
    WHERE s.reason = 'sunset' AND s.id > %(after)s AND s.id <= %(upto)s
)
DELETE FROM channels_suppression s USING page
WHERE s.id = page.id AND s.reason = 'sunset' AND (
    (SELECT true FROM profiles_consent again
     WHERE again.customer_id = ANY(page.holders) AND again.channel = page.channel
       AND again.state = 'subscribed' AND again.at >= page.since LIMIT 1)
    OR (SELECT true FROM profiles_event life
        WHERE life.customer_id = ANY(page.holders) AND life.at >= page.since AND {SIGN} LIMIT 1))
"""

REOPEN = """
DELETE FROM channels_suppression s USING (
    SELECT channel, address FROM unnest(%(channels)s::text[], %(addresses)s::text[])
        AS w(channel, address)
    UNION SELECT own.channel, own.address FROM profiles_customer c CROSS JOIN LATERAL (VALUES
        ('email', lower(c.email)), ('sms', c.phone), ('whatsapp', c.phone),
        ('inbox', c.id::text), ('webhook', c.id::text)) AS own(channel, address)
    WHERE c.id = ANY(%(customers)s)
    UNION SELECT CASE d.kind WHEN 'telegram' THEN 'telegram' ELSE 'push' END, d.endpoint
    FROM channels_device d WHERE d.customer_id = ANY(%(customers)s) AND d.removed_at IS NULL
) open
WHERE s.channel = open.channel AND s.address = open.address AND s.reason = 'sunset'
"""

FORGET = "DELETE FROM channels_suppression WHERE reason = 'sunset'"
