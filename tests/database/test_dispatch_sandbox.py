"""One round in the sandbox: gates in order, reasons in the log, texts as they would have left."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import Attempt, Link, Message, MessageBody, Suppression
from channels.operations.dispatch import Dispatched, dispatch
from profiles.operations import partitions
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


def suppress(channel: str, address: str, reason: str = "bounced") -> None:
    Suppression.objects.create(
        channel=channel, address=address, reason=reason, source="test", at=NOW
    )


def test_due_messages_are_sent_with_their_text_and_told_to_the_log() -> None:
    people = letters.customers(2)
    letters.enqueue(people)
    assert dispatch(now=NOW) == Dispatched(claimed=2, sent=2)
    message = Message.objects.order_by("id").first()
    assert message is not None
    assert (message.status, message.channel, message.provider) == ("sent", "email", "sandbox")
    assert message.address == "c1@example.com"
    assert message.provider_id == f"sandbox-{message.uid}"
    assert message.sent_at == NOW
    body = MessageBody.objects.get(pk=message.pk)
    assert body.subject == "Hello C1"
    assert "shoes" in body.html
    assert "shoes" in body.text
    assert body.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Link.objects.get().url == "https://shop.example/cart?a=1&b=2"
    assert [row[:2] for row in letters.events()] == [
        (people[0], "message.sent"),
        (people[1], "message.sent"),
    ]
    assert letters.events()[0][2]["message"] == str(message.uid)
    assert letters.events()[0][2]["enrollment"] == people[0]
    assert Attempt.objects.filter(outcome="accepted", finished_at=NOW).count() == 2


def test_what_is_not_due_yet_stays() -> None:
    letters.enqueue(letters.customers(1), send_after=NOW + dt.timedelta(seconds=1))
    assert dispatch(now=NOW) == Dispatched()
    assert dispatch(now=NOW + dt.timedelta(seconds=1)).sent == 1


def test_a_round_takes_no_more_than_its_limit_longest_due_first() -> None:
    late, early = letters.customers(2)
    letters.enqueue([late])
    letters.enqueue([early], send_after=NOW - dt.timedelta(hours=1))
    assert dispatch(now=NOW, limit=1) == Dispatched(claimed=1, sent=1)
    assert Message.objects.get(status="sent").customer_id == early


def test_an_expired_message_is_not_sent() -> None:
    letters.enqueue(letters.customers(1), expires_at=NOW)
    assert dispatch(now=NOW) == Dispatched(claimed=1, expired=1)
    assert letters.statuses() == {"expired:expired": 1}
    ((_, name, facts),) = letters.events()
    assert (name, facts["reason"]) == ("message.skipped", "expired")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"email": ""}, "no_address"), ({"email": "not an address"}, "invalid_address")],
)
def test_without_a_usable_address_it_is_skipped(columns: dict[str, str], reason: str) -> None:
    letters.enqueue(letters.customers(1, **columns))
    dispatch(now=NOW)
    assert letters.statuses() == {f"skipped:{reason}": 1}


def test_a_suppressed_address_is_never_written_to_whatever_its_case() -> None:
    letters.enqueue(letters.customers(1, email="Ann@Example.com"), purpose="transactional")
    suppress("email", "ann@example.com", "complained")
    dispatch(now=NOW)
    assert letters.statuses() == {"skipped:suppressed": 1}
    ((_, _, facts),) = letters.events()
    assert facts["inputs"] == {"email": {"reason": "suppressed", "because": "complained"}}


def test_a_suppression_of_another_channel_does_not_count() -> None:
    (customer,) = letters.customers(1)
    letters.enqueue([customer])
    suppress("sms", "c1@example.com")
    assert dispatch(now=NOW).sent == 1


def test_an_unsubscribed_address_opens_again_when_its_customer_subscribes_anew() -> None:
    (customer,) = letters.customers(1)
    Suppression.objects.create(
        channel="email", address="c1@example.com", reason="unsubscribed", source="test",
        at=NOW - dt.timedelta(days=1),
    )  # fmt: skip
    letters.consent(customer, "subscribed")
    letters.enqueue([customer])
    assert dispatch(now=NOW).sent == 1


@pytest.mark.parametrize(
    ("state", "topic", "asked", "purpose", "policy", "status"),
    [
        ("unsubscribed", "", "", "marketing", "opt_out", "skipped:no_consent"),
        ("unsubscribed", "", "", "transactional", "opt_out", "skipped:no_consent"),
        ("unsubscribed", "news", "news", "marketing", "opt_out", "skipped:no_consent"),
        ("unsubscribed", "news", "offers", "marketing", "opt_out", "sent"),
        ("pending", "", "", "marketing", "opt_out", "skipped:no_consent"),
        ("pending", "", "", "transactional", "opt_out", "sent"),
        ("subscribed", "news", "news", "marketing", "opt_in", "sent"),
        ("subscribed", "news", "offers", "marketing", "opt_in", "skipped:no_consent"),
        ("subscribed", "news", "offers", "transactional", "opt_in", "sent"),
    ],
)
def test_consent_decides(
    state: str, topic: str, asked: str, purpose: str, policy: str, status: str, settings: Any
) -> None:
    settings.SOJOURN_CONSENT = policy
    (customer,) = letters.customers(1)
    letters.consent(customer, state, topic=topic)
    letters.enqueue([customer], topic=asked, purpose=purpose)
    dispatch(now=NOW)
    assert letters.statuses() == {status: 1}


def test_a_ghost_meets_the_same_gates_and_is_withheld_without_a_text() -> None:
    reachable, unreachable = letters.customers(2)
    letters.consent(unreachable, "unsubscribed")
    letters.enqueue([reachable, unreachable], ghost="holdout")
    assert dispatch(now=NOW) == Dispatched(claimed=2, withheld=1, skipped=1)
    assert letters.statuses() == {"withheld:holdout": 1, "skipped:no_consent": 1}
    assert not MessageBody.objects.exists()
    assert not Attempt.objects.exists()
    (withheld,) = letters.events("message.withheld")
    assert withheld[0] == reachable
    assert (withheld[2]["channel"], withheld[2]["reason"]) == ("email", "holdout")


def test_the_first_channel_that_reaches_the_customer_is_taken() -> None:
    both, phone_only, nobody = letters.customers(3)
    letters.device(both, "https://push.example/1")
    letters.consent(nobody, "unsubscribed", channel="sms")
    letters.enqueue(
        [both, phone_only, nobody], {**letters.SMS, **letters.PUSH}, channels=("push", "sms")
    )
    assert dispatch(now=NOW) == Dispatched(claimed=3, sent=2, skipped=1)
    assert list(Message.objects.order_by("id").values_list("customer_id", "channel", "reason")) == [
        (both, "push", ""),
        (phone_only, "sms", ""),
        (nobody, "", "no_consent"),
    ]
    inputs = letters.events("message.skipped")[0][2]["inputs"]
    assert inputs["push"] == {"reason": "no_address"}
    assert inputs["sms"]["because"] == "unsubscribed"


def test_a_push_goes_to_the_live_device_that_was_seen_last() -> None:
    (customer,) = letters.customers(1)
    for number in (1, 2, 3):
        letters.device(customer, f"https://push.example/{number}")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_device SET last_seen_at = last_seen_at + interval '1 day'"
            " WHERE endpoint LIKE '%%2' OR endpoint LIKE '%%3'"
        )
        cursor.execute("UPDATE channels_device SET removed_at = now() WHERE endpoint LIKE '%%3'")
    letters.enqueue([customer], letters.PUSH, channels=("push",))
    dispatch(now=NOW)
    assert Message.objects.get().address == "https://push.example/2"


def test_a_message_to_a_merged_customer_reaches_the_survivor() -> None:
    survivor, merged = letters.customers(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_customer SET merged_into_id = %s, email = '' WHERE id = %s",
            [survivor, merged],
        )
    letters.enqueue([merged])
    dispatch(now=NOW)
    assert Message.objects.get().address == "c1@example.com"
    assert letters.events()[0][0] == survivor


def test_a_template_that_fails_takes_nobody_else_with_it() -> None:
    first, second = letters.customers(2)
    body = {"subject": "Hi", "text": "{% if customer.firstName == 'C1' %}\n{{ 1 / 0 }}{% endif %}"}
    letters.enqueue([first, second], body)
    assert dispatch(now=NOW) == Dispatched(claimed=2, sent=1, failed=1)
    assert Message.objects.get(customer_id=first).reason == "content_error"
    ((_, _, facts),) = letters.events("message.failed")
    assert facts["inputs"] == {"error": "text, line 2: division by zero"}
    problem = MessageBody.objects.get(message__customer_id=first).payload["problem"]
    assert problem == "text, line 2: division by zero"


def test_a_bomb_ends_its_own_message_and_no_other() -> None:
    loops = "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}"
    people = letters.customers(5)
    body = {"subject": "Hi", "text": f"{{% if customer.firstName == 'C3' %}}{loops}{{% endif %}}"}
    letters.enqueue(people, body)
    assert dispatch(now=NOW) == Dispatched(claimed=5, sent=4, failed=1)
    assert Message.objects.get(status="failed").customer_id == people[2]


@pytest.mark.parametrize("channel", ["webhook", "inbox"])
def test_a_closed_number_of_a_customer_is_refused_and_not_held_for_ever(channel: str) -> None:
    first, second = letters.customers(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_identifier (customer_id, kind, value, created_at)"
            " SELECT id, 'user_id', id::text, now() FROM profiles_customer"
        )
    suppress(channel, str(first))
    letters.enqueue([first, second], {"text": "x"}, channels=(channel,))
    dispatch(now=NOW)
    assert Message.objects.get(customer_id=first).reason == "suppressed"
    assert letters.statuses() == {"skipped:suppressed": 1, "sent": 1}


def test_a_line_break_in_an_attribute_cannot_forge_a_header() -> None:
    (customer,) = letters.customers(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_customer SET attributes = %s",
            ['{"firstName": "A\\r\\nBcc: x@y.example"}'],
        )
    letters.enqueue([customer])
    dispatch(now=NOW)
    assert letters.statuses() == {"failed:content_error": 1}


def test_the_number_of_queries_does_not_grow_with_the_batch() -> None:
    people = letters.customers(61)
    letters.enqueue(people)
    partitions.ensure([NOW])
    counts = []
    for limit in (1, 60):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert dispatch(now=NOW, limit=limit).sent == limit
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_two_runs_leave_the_same_messages() -> None:
    people = letters.customers(20)
    letters.enqueue(people[:10])
    letters.enqueue(people[10:], step="other")
    dispatch(now=NOW, limit=7)
    dispatch(now=NOW, limit=7)
    dispatch(now=NOW)
    assert letters.statuses() == {"sent": 20}
    assert [row[0] for row in letters.events()] == people
