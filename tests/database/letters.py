"""Customers, contents and drafts for the tests of the hand-over: whole sets, few words."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from channels.core.message import Draft
from channels.models import Account, Message
from channels.operations import outbox

NOW = dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC)
MAIL = {
    "subject": "Hello {{ customer.firstName|default('there') }}",
    "html": '<p>{{ entry.cart }}</p><a href="https://shop.example/cart?a=1&amp;b=2">Go</a>',
}
SMS = {"text": "Hello {{ customer.firstName }}"}
PUSH = {"title": "Hello", "text": "Still thinking?", "url": "https://shop.example/"}


def customers(count: int, **columns: str) -> list[int]:
    """New customers with an e-mail address and a phone of their own, unless told otherwise."""
    given = {"email": "c%s@example.com", "phone": "+49151000%s", **columns}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_customer"
            " (attributes, email, phone, timezone, locale, identified, created_at, updated_at)"
            " SELECT jsonb_build_object('firstName', 'C' || n), replace(%s, '%%s', n::text),"
            " replace(%s, '%%s', (10000 + n)::text), '', %s, true, %s, %s"
            " FROM generate_series(1, %s) n RETURNING id",
            [given["email"], given["phone"], given.get("locale", ""), NOW, NOW, count],
        )
        return [row[0] for row in cursor.fetchall()]


def content(body: dict[str, Any] | None = None) -> int:
    return outbox.store_content([MAIL if body is None else body])[0]


def draft(customer: int, content_id: int, **fields: Any) -> Draft:
    given: dict[str, Any] = {
        "customer_id": customer,
        "enrollment_id": customer,
        "journey": "cart",
        "version": 1,
        "step": "mail",
        "visit": 1,
        "channels": ("email",),
        "content_id": content_id,
        "send_after": NOW,
        "context": {"entry": {"cart": "shoes"}, "context": {}},
    }
    return Draft(**{**given, **fields})


def enqueue(people: Sequence[int], body: dict[str, Any] | None = None, **fields: Any) -> list[int]:
    stored = content(body)
    return outbox.enqueue([draft(customer, stored, **fields) for customer in people], now=NOW)


def outbox_add(*drafts: Draft, now: dt.datetime) -> list[int]:
    """These very drafts, at their own time."""
    return outbox.enqueue(drafts, now=now)


def account(adapter: str, channel: str, slug: str = "", **options: str) -> Account:
    sender = "+15550001111" if channel == "sms" else "Shop <shop@example.com>"
    row = Account(
        slug=slug or adapter, adapter=adapter, channel=channel, sender=sender, created_at=NOW
    )
    row.options = options
    row.save()
    return row


def consent(customer: int, state: str, *, channel: str = "email", topic: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_consent (customer_id, channel, topic, state, source, proof, at)"
            " VALUES (%s, %s, %s, %s, 'test', '{}', %s)",
            [customer, channel, topic, state, NOW],
        )


def pause(customer: int, *, until: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_consent"
            " (customer_id, channel, topic, state, source, proof, at, until)"
            " VALUES (%s, '*', '', 'paused', 'test', '{}', %s, %s)",
            [customer, NOW, until],
        )


def device(customer: int, endpoint: str, *, p256dh: str = "k", auth: str = "a") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_device (customer_id, kind, endpoint, p256dh, auth, user_agent,"
            " created_at, last_seen_at) VALUES (%s, 'webpush', %s, %s, %s, '', %s, %s)"
            " RETURNING id",
            [customer, endpoint, p256dh, auth, NOW, NOW],
        )
        return int(cursor.fetchone()[0])


def statuses(**filters: Any) -> dict[str, int]:
    """How many messages stand at each status (with its reason, if any)."""
    found: dict[str, int] = {}
    for status, reason in Message.objects.filter(**filters).values_list("status", "reason"):
        name = f"{status}:{reason}" if reason else status
        found[name] = found.get(name, 0) + 1
    return found


def events(*names: str) -> list[tuple[int, str, dict[str, Any]]]:
    """(customer, name, properties) of the log's message events, in the order of writing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, name, properties::text FROM profiles_event"
            " WHERE name LIKE 'message.%%' AND (%s = '{}' OR name = ANY(%s)) ORDER BY id",
            [list(names), list(names)],
        )
        return [(row[0], row[1], json.loads(row[2])) for row in cursor.fetchall()]
