"""Where this house keeps what is about one person: see profiles.queries.personal."""

from profiles.queries.personal import Place

OF_MESSAGE = (
    "t.message_id IN (SELECT m.id FROM channels_message m WHERE m.customer_id = ANY(%(customers)s))"
)
NAMED = (
    "t.hash = ANY(%(links)s)"
    " AND EXISTS (SELECT FROM unnest(%(values)s::text[]) v WHERE strpos(t.url, v) > 0)"
)
"""A link that says whose it is; what leads everybody to the same place is nobody's."""
ADDRESSED = "t.detail ->> 'address' = ANY(%(addresses)s)"

PLACES = (
    Place("message_texts", "channels_messagebody", OF_MESSAGE, order="t.message_id"),
    Place("attempts", "channels_attempt", OF_MESSAGE, "provider_id = '', detail = ''"),
    Place("receipts", "channels_receipt", OF_MESSAGE),
    Place("stray_receipts", "channels_receipt", f"t.message_id IS NULL AND {ADDRESSED}"),
    Place("links", "channels_link", NAMED),
    Place("link_checks", "channels_linkcheck", NAMED),
    Place(
        "messages",
        "channels_message",
        blank="address = '', context = '{}', provider_id = '', lease_until = NULL,"
        " reason = CASE WHEN status IN ('queued', 'unknown') THEN 'erased' ELSE reason END,"
        " status = CASE status WHEN 'queued' THEN 'skipped' WHEN 'unknown' THEN 'failed'"
        " ELSE status END",
        hidden=("lease_until", "fence"),
    ),
    Place(
        "calls",
        "channels_call",
        blank="url = '', headers = '{}', body = NULL, answer = NULL, error = '', told = true,"
        " lease_until = NULL, ended_at = COALESCE(ended_at, %(now)s),"
        " reason = CASE WHEN status = 'queued' THEN 'erased' ELSE reason END,"
        " status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END",
        hidden=("headers", "lease_until", "fence", "told"),
    ),
    Place("devices", "channels_device", hidden=("p256dh", "auth")),
    Place("suppressions", "channels_suppression", "t.address = ANY(%(addresses)s)"),
)
