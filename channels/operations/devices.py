"""Browsers, apps and chats that agreed to messages, and the key that browsers agree to."""

import base64
import datetime as dt
import hmac
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction

from channels.queries.accounts import ways

SUBSCRIBE = """
INSERT INTO channels_device AS d
    (customer_id, kind, endpoint, p256dh, auth, user_agent, created_at, last_seen_at)
VALUES (%(customer)s, %(kind)s, %(endpoint)s, %(p256dh)s, %(auth)s, %(agent)s, %(now)s, %(now)s)
ON CONFLICT (endpoint) DO UPDATE SET customer_id = EXCLUDED.customer_id, kind = EXCLUDED.kind,
    p256dh = EXCLUDED.p256dh, auth = EXCLUDED.auth,
    user_agent = EXCLUDED.user_agent, removed_at = NULL,
    last_seen_at = GREATEST(d.last_seen_at, EXCLUDED.last_seen_at)
"""

BROWSERS = """
SELECT endpoint, customer_id, auth, removed_at IS NULL FROM channels_device
WHERE kind = 'webpush' AND endpoint IN (%s, %s) ORDER BY endpoint FOR UPDATE
"""
RETIRE = "UPDATE channels_device SET removed_at = %s WHERE endpoint = %s AND removed_at IS NULL"
# Whoever wanted no more at the old address wants no more at the new one.
CARRY = """
INSERT INTO channels_suppression (channel, address, reason, source, at)
SELECT channel, %s, reason, source, at FROM channels_suppression
WHERE channel = 'push' AND address = %s
ON CONFLICT (channel, address) DO NOTHING
"""


class _Browser(NamedTuple):
    customer: int
    auth: str
    live: bool

    def is_proven(self, auth: str) -> bool:
        """Whether this is its secret, which only the browser and we know."""
        own, given = self.auth.rstrip("=").encode(), auth.rstrip("=").encode()
        return hmac.compare_digest(own, given) and bool(own)


NOBODY = _Browser(0, "", live=False)


def subscribe(
    customer_id: int,
    *,
    endpoint: str,
    now: dt.datetime,
    kind: str = "webpush",
    p256dh: str = "",
    auth: str = "",
    user_agent: str = "",
) -> None:
    """Messages go to this browser, app or chat from now on: an endpoint is whose who used it last.

    `kind` is the adapter that reaches it; only browsers have keys.
    """
    given: dict[str, Any] = {
        "customer": customer_id,
        "kind": kind,
        "endpoint": endpoint,
        "p256dh": p256dh,
        "auth": auth,
        "agent": user_agent[:300],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUBSCRIBE, given)


def renew(
    old: str,
    *,
    proof: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: dt.datetime,
    user_agent: str = "",
) -> bool:
    """The browser took another subscription in place of `old`: it stays its customer's. Repeating
    it changes nothing. False where `proof` is not the secret of a live subscription.
    """
    with transaction.atomic():
        before, after = _locked(old, endpoint)
        taken = old != endpoint and after is not NOBODY and not after.is_proven(auth)
        if not before.is_proven(proof) or taken:
            return False
        if not before.live:
            return after.live and after.customer == before.customer
        if not after.live or old == endpoint:
            subscribe(
                before.customer, endpoint=endpoint, now=now, p256dh=p256dh, auth=auth,
                user_agent=user_agent,
            )  # fmt: skip
        if old != endpoint:
            _retire(old, endpoint, now)
    return True


def _locked(*endpoints: str) -> list[_Browser]:
    with connection.cursor() as cursor:
        cursor.execute(BROWSERS, endpoints)
        known = {row[0]: _Browser(*row[1:]) for row in cursor.fetchall()}
    return [known.get(each, NOBODY) for each in endpoints]


def _retire(old: str, endpoint: str, now: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RETIRE, [now, old])
        cursor.execute(CARRY, [endpoint, old])


def push_key() -> str:
    """The public key that browsers subscribe with, as base64url; '' without a push account."""
    way = ways().kinds.get("webpush")
    if way is None or not way.settings.options.get("private_key"):
        return ""
    from channels.adapters.webpush.adapter import vapid_key

    public = vapid_key(way.settings.options["private_key"]).public_key
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
