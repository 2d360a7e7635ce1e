"""Browsers that agreed to push messages, and the key that they agree to."""

import base64
import datetime as dt
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection

from channels.queries.accounts import ways

SUBSCRIBE = """
INSERT INTO channels_device AS d
    (customer_id, kind, endpoint, p256dh, auth, user_agent, created_at, last_seen_at)
VALUES (%(customer)s, 'webpush', %(endpoint)s, %(p256dh)s, %(auth)s, %(agent)s, %(now)s, %(now)s)
ON CONFLICT (endpoint) DO UPDATE SET customer_id = EXCLUDED.customer_id, p256dh = EXCLUDED.p256dh,
    auth = EXCLUDED.auth, user_agent = EXCLUDED.user_agent, removed_at = NULL,
    last_seen_at = GREATEST(d.last_seen_at, EXCLUDED.last_seen_at)
"""


def subscribe(
    customer_id: int, *, endpoint: str, p256dh: str, auth: str, user_agent: str, now: dt.datetime
) -> None:
    """Push goes to this browser from now on. An endpoint belongs to whoever used it last."""
    given: dict[str, Any] = {
        "customer": customer_id,
        "endpoint": endpoint,
        "p256dh": p256dh,
        "auth": auth,
        "agent": user_agent[:300],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUBSCRIBE, given)


def push_key() -> str:
    """The public key that browsers subscribe with, as base64url; '' without a push account."""
    way = ways().open.get("push")
    if way is None or not way.settings.options.get("private_key"):
        return ""
    from channels.adapters.webpush.adapter import vapid_key

    public = vapid_key(way.settings.options["private_key"]).public_key
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
