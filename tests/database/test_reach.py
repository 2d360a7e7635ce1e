"""`{reachable: CHANNEL}` says of each customer what the gates would say."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from channels.models import Message, Suppression
from channels.operations.dispatch import dispatch
from channels.queries import reach
from channels.queries.outlook import Post, outlook
from profiles.queries.conditions import Binder, known_channels
from profiles.queries.conditions.reach import reach_sql
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db


def reachable(channel: str) -> set[int]:
    bind = Binder()
    condition = reach_sql(channel, "c", bind)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id FROM profiles_customer c WHERE {condition}", bind.params)
        return {row[0] for row in cursor.fetchall()}


def suppress(channel: str, address: str, reason: str) -> None:
    Suppression.objects.create(
        channel=channel, address=address, reason=reason, source="test",
        at=NOW - dt.timedelta(days=1),
    )  # fmt: skip


@pytest.fixture
def people() -> list[int]:
    """One without any hindrance, then one with each."""
    found = letters.customers(8)
    for number, customer in enumerate(found):
        letters.device(customer, f"https://push.example/{number}")
    for channel in ("email", "sms", "push", "inbox"):
        letters.consent(found[1], "unsubscribed", channel=channel)
        letters.consent(found[2], "pending", channel=channel)
        letters.consent(found[3], "subscribed", channel=channel)
        letters.consent(found[4], "unsubscribed", channel=channel, topic="news")
    for number, reason in ((5, "bounced"), (3, "unsubscribed")):
        suppress("email", f"c{number + 1}@example.com", reason)
        suppress("sms", f"+49151000{10001 + number}", reason)
        suppress("push", f"https://push.example/{number}", reason)
        suppress("inbox", str(found[number]), reason)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_identifier (customer_id, kind, value, created_at)"
            " SELECT id, 'user_id', id::text, %s FROM profiles_customer WHERE id <> %s",
            [NOW, found[6]],
        )
        cursor.execute(
            "UPDATE profiles_customer SET email = '', phone = '' WHERE id = %s", [found[6]]
        )
        cursor.execute(
            "UPDATE channels_device SET removed_at = now() WHERE customer_id = %s", [found[6]]
        )
    letters.pause(found[7], until=NOW + dt.timedelta(days=7))
    return found


@pytest.mark.parametrize("channel", ["email", "sms", "push", "inbox"])
@pytest.mark.parametrize(("policy", "expected"), [("opt_out", {0, 3, 4}), ("opt_in", {3})])
def test_conditions_and_gates_agree(
    people: list[int], channel: str, policy: str, expected: set[int], settings: Any
) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_CONSENT = policy
    assert reachable(channel) == {people[number] for number in expected}
    letters.enqueue(people, {"subject": "x", "text": "x"}, channels=(channel,))
    dispatch(now=NOW)
    sent = Message.objects.filter(status="sent").values_list("customer_id", flat=True)
    assert set(sent) == reachable(channel)


@pytest.mark.parametrize("sandbox", [True, False])
@pytest.mark.parametrize("policy", ["opt_out", "opt_in"])
@pytest.mark.parametrize(
    ("channels", "topic", "purpose"),
    [
        (("email",), "", "marketing"),
        (("email",), "news", "marketing"),
        (("email",), "", "transactional"),
        (("sms", "email"), "", "marketing"),
        (("push", "inbox"), "news", "marketing"),
        (("telegram",), "", "marketing"),
    ],
)
def test_the_outlook_is_what_the_gates_say_then(
    people: list[int], channels: tuple[str, ...], topic: str, purpose: str, policy: str,
    sandbox: bool, settings: Any,
) -> None:  # fmt: skip
    settings.SOJOURN_SANDBOX = sandbox
    settings.SOJOURN_CONSENT = policy
    found = outlook(people, Post(channels, topic, purpose), now=NOW)
    letters.enqueue(
        people, {"subject": "x", "text": "x"}, channels=channels, topic=topic, purpose=purpose
    )
    dispatch(now=NOW)
    rows = Message.objects.values_list("status", "reason")
    assert found == Counter("" if status == "sent" else reason for status, reason in rows)
    assert found.total() == len(people)
    if not sandbox:
        assert not found[""]


def test_unknown_channels_reach_nobody(people: list[int]) -> None:
    assert reachable("pigeon") == set()


def test_the_channels_are_known_to_conditions() -> None:
    reach.register()
    assert {"email", "sms", "push", "inbox"} <= known_channels()
