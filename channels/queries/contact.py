"""How one customer is best reached: which channels are open, what closes the others, and by which
channel and at which hour they look at what they are sent.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from channels.models import Account
from channels.queries import hours
from channels.queries.hours import LOOKED_WITHIN, REMEMBERED
from profiles.core.conditions import Reachable
from profiles.core.timing import rates
from profiles.queries import consents
from profiles.queries.conditions import Ask, Subject, answers, known_channels

USUAL = ("email", "sms", "push")
"""Told of even where nothing can be sent."""

ADDRESSES = """
SELECT c.email <> '', c.phone <> '',
    EXISTS (SELECT FROM channels_device d WHERE d.customer_id = c.id AND d.removed_at IS NULL
            AND d.kind <> 'telegram'),
    EXISTS (SELECT FROM channels_device d WHERE d.customer_id = c.id AND d.removed_at IS NULL
            AND d.kind = 'telegram')
FROM profiles_customer c WHERE c.id = %s
"""
BY_CHANNEL = """
SELECT m.channel, count(*),
    count(*) FILTER (WHERE LEAST(m.opened_at, m.clicked_at) < m.sent_at + %(looked)s)
FROM channels_message m
WHERE m.customer_id = %(customer)s AND m.sent_at > %(since)s AND m.channel <> ''
GROUP BY m.channel
"""


class Way(NamedTuple):
    """A channel, and what closes it to the customer: a reason code, "" for nothing."""

    channel: str
    closed: str


class Looks(NamedTuple):
    """What the customer looked at: the channel that fares best, of how many `sent` by it how many
    were `seen`, and the hour on their own wall that fares best.
    """

    channel: str
    sent: int
    seen: int
    hour: int


def ways(customer_id: int, *, now: dt.datetime) -> list[Way]:
    """The usual channels and those that have an account; none for who is gone or merged."""
    accounts = set(Account.objects.values_list("channel", flat=True))
    channels = [*USUAL, *sorted((accounts & known_channels()) - {*USUAL, "webhook"})]
    asks = [Ask(Reachable(channel)) for channel in channels]
    known = answers(asks, [Subject(0, customer_id)], now=now).get(0)
    if known is None:
        return []
    shut = [channel for channel, opened in zip(channels, known, strict=True) if not opened]
    closed = _closed(customer_id, shut) if shut else {}
    return [Way(channel, closed.get(channel, "")) for channel in channels]


def _closed(customer_id: int, channels: Sequence[str]) -> dict[str, str]:
    """Why these cannot be used. Nothing else is left than a suppression for who has an address, has
    not paused and has agreed.
    """
    addressed = _addressed(customer_id)
    paused = consents.paused(customer_id) is not None
    refused = consents.blocked([(customer_id, channel, "") for channel in channels])
    found = {}
    for channel in channels:
        if not addressed.get(channel, True):
            found[channel] = "no_address"
        elif paused:
            found[channel] = "paused"
        else:
            found[channel] = refused.get((customer_id, channel, ""), "suppressed")
    return found


def _addressed(customer_id: int) -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(ADDRESSES, [customer_id])
        email, phone, push, telegram = cursor.fetchone()
    return {"email": email, "sms": phone, "whatsapp": phone, "push": push, "telegram": telegram}


def looks(customer_id: int, *, now: dt.datetime) -> Looks | None:
    """Judged by their own messages of the last half year; None for who looked at none."""
    given: dict[str, Any] = {
        "customer": customer_id, "looked": LOOKED_WITHIN, "since": now - REMEMBERED,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(BY_CHANNEL, given)
        counted = [row for row in cursor.fetchall() if row[2]]
    if not counted:
        return None
    channel, sent, seen = max(counted, key=lambda row: ((row[2] + 1) / (row[1] + 2), row[0]))
    own = hours.records([customer_id], now=now)[customer_id]
    known = rates(own, own)
    tried = [hour for hour, times in enumerate(own.seen) if times]
    return Looks(channel, sent, seen, max(tried, key=lambda hour: known[hour]))
