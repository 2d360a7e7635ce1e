"""What a customer's browser shows: the newest messages that are neither over nor put away."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from channels.core import webhook
from channels.core.onsite import PLACEMENTS
from channels.models import Account
from channels.queries.accounts import settings_of
from profiles.core.answers import instant_text

MOST = 50
KEPT = dt.timedelta(days=30)
"""How long a message is shown whose step does not say when it expires."""
DISMISSED = "dismiss:"
"""How the receipt of a message that was put away is called, before the message's id."""

FEED = """
SELECT m.uid, b.subject, b.text, b.payload, m.sent_at, m.opened_at IS NOT NULL
FROM channels_message m JOIN channels_messagebody b ON b.message_id = m.id
WHERE m.customer_id = %(customer)s AND m.channel = 'inbox' AND m.status IN ('sent', 'delivered')
  AND CASE WHEN m.firm THEN m.expires_at > %(now)s ELSE m.sent_at > %(now)s - %(kept)s END
  AND NOT EXISTS (
      SELECT FROM channels_receipt r
      WHERE r.source = 'sojourn' AND r.key = %(dismissed)s || m.uid::text)
ORDER BY m.sent_at DESC, m.id DESC LIMIT %(most)s
"""

OWN = """
SELECT uid FROM channels_message
WHERE uid = ANY(%s) AND customer_id = %s AND channel = 'inbox' AND status IN ('sent', 'delivered')
"""


USER = """
SELECT value FROM profiles_identifier
WHERE customer_id = %s AND kind = 'user_id' ORDER BY id LIMIT 1
"""


NAMED = """
SELECT EXISTS (SELECT FROM profiles_identifier WHERE customer_id = %s AND kind <> 'anonymous_id')
"""


class Item(NamedTuple):
    """A message as a page shows it; texts of people, never mark-up."""

    id: str
    title: str
    text: str
    url: str
    image: str
    placement: str
    button: str
    dismiss: str
    sent_at: str
    read: bool


def feed(customer_id: int, *, now: dt.datetime) -> list[Item]:
    """Newest first, at most MOST."""
    given: dict[str, Any] = {
        "customer": customer_id, "now": now, "kept": KEPT, "dismissed": DISMISSED, "most": MOST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FEED, given)
        return [_item(row) for row in cursor.fetchall()]


def own(customer_id: int, uids: Collection[UUID]) -> set[UUID]:
    """Those of these messages that the customer has been shown or could have been."""
    with connection.cursor() as cursor:
        cursor.execute(OWN, [list(uids), customer_id])
        return {row[0] for row in cursor.fetchall()}


def is_named(customer_id: int) -> bool:
    """Does anything but the ids of nameless visitors lead to the customer?"""
    with connection.cursor() as cursor:
        cursor.execute(NAMED, [customer_id])
        return bool(cursor.fetchone()[0])


def user_of(customer_id: int) -> str:
    """The name that the shop's own users have; the first of several, '' for a visitor."""
    with connection.cursor() as cursor:
        cursor.execute(USER, [customer_id])
        row = cursor.fetchone()
    return row[0] if row else ""


def secrets() -> list[str]:
    """What the shop's server signs its users with; empty where nobody can."""
    found = (settings_of(row) for row in Account.objects.filter(adapter="onsite").order_by("id"))
    return [
        secret
        for account in found
        if account is not None
        for secret in webhook.secrets(account.options.get("secret", ""))
    ]


def _item(row: Sequence[Any]) -> Item:
    uid, title, text, payload, sent_at, read = row
    said: dict[str, Any] = msgspec.json.decode(payload)
    data = said.get("data") or {}
    return Item(
        id=str(uid),
        title=title,
        text=text,
        url=said.get("url", ""),
        image=said.get("image", ""),
        placement=data.get("placement") or PLACEMENTS[0],
        button=str(data.get("button") or ""),
        dismiss=str(data.get("dismiss") or ""),
        sent_at=instant_text(sent_at),
        read=read,
    )
