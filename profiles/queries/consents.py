"""What customers agreed to, for the gates and for whoever looks at a customer."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from profiles.core.answers import instant_text
from profiles.core.consent import EVERY, WHOLE, refusal

Wish = tuple[int, str, str]
"""A customer, a channel and a topic ("" where the message has none)."""


def blocked(wishes: Collection[Wish]) -> dict[Wish, str]:
    """The wishes that consent refuses, each with its reason code; one query for all of them.

    Codes: `unsubscribed`, `topic_unsubscribed`, `consent_pending`, `no_consent`.
    """
    states = _states(wishes)
    policy: str = settings.SOJOURN_CONSENT
    refused = {}
    for customer_id, channel, topic in wishes:
        whole = states.get((customer_id, channel, WHOLE), "")
        part = states.get((customer_id, channel, topic), "") if topic else ""
        if reason := refusal(channel=whole, topic=part, policy=policy):
            refused[customer_id, channel, topic] = reason
    return refused


def _states(wishes: Collection[Wish]) -> dict[Wish, str]:
    """The states on record for the customers and channels of these wishes."""
    if not wishes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, channel, topic, state FROM profiles_consent "
            "WHERE customer_id = ANY(%s) AND channel = ANY(%s)",
            [
                sorted({customer_id for customer_id, _, _ in wishes}),
                sorted({channel for _, channel, _ in wishes}),
            ],
        )
        return {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}


def paused(customer_id: int) -> dt.datetime | None:
    """Until when the customer has paused everything; None where they have not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT until FROM profiles_consent WHERE customer_id = %s AND channel = %s"
            " AND topic = '' AND state = 'paused'",
            [customer_id, EVERY],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def next_due() -> dt.datetime | None:
    """When the next pause ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(until) FROM profiles_consent WHERE state = 'paused'")
        found: dt.datetime | None = cursor.fetchone()[0]
    return found


def of(customer_ids: Collection[int]) -> Mapping[int, list[dict[str, Any]]]:
    """Every consent on record of these customers, by channel and topic."""
    found: dict[int, list[dict[str, Any]]] = {customer_id: [] for customer_id in customer_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, channel, topic, state, source, proof::text, at, until "
            "FROM profiles_consent WHERE customer_id = ANY(%s) ORDER BY channel, topic",
            [list(customer_ids)],
        )
        for customer_id, channel, topic, state, source, proof, at, until in cursor.fetchall():
            found[customer_id].append(
                {
                    "channel": channel,
                    "topic": topic,
                    "state": state,
                    "source": source,
                    "proof": msgspec.json.decode(proof),
                    "at": instant_text(at),
                    **({"until": instant_text(until)} if until else {}),
                }
            )
    return found
