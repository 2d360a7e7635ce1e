"""The outbox: contents kept once, messages in sets, unique, cancelled and handed on."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from channels.models import Content, Message
from channels.operations import outbox
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db


def test_equal_contents_are_kept_once_and_ids_come_in_the_order_given() -> None:
    first, second, again = outbox.store_content([letters.MAIL, letters.SMS, dict(letters.MAIL)])
    assert first == again != second
    assert outbox.store_content([letters.SMS]) == [second]
    assert Content.objects.count() == 2


def test_a_content_is_kept_ready_to_render() -> None:
    body = {"subject": "Hi", "mjml": "<mjml><mj-body><mj-text>Hi</mj-text></mj-body></mjml>"}
    stored = Content.objects.get(pk=letters.content(body)).body
    assert "mjml" not in stored
    assert "<body" in stored["html"]
    assert stored["text"].strip() == "Hi"


def test_the_same_step_of_the_same_visit_is_one_message() -> None:
    people = letters.customers(3)
    assert len(letters.enqueue(people)) == 3
    assert letters.enqueue(people) == []
    assert len(letters.enqueue(people, visit=2)) == 3
    assert Message.objects.count() == 6


def test_messages_without_an_enrollment_are_never_taken_for_each_other() -> None:
    (customer,) = letters.customers(1)
    assert len(letters.enqueue([customer, customer], enrollment_id=None)) == 2


def test_nothing_to_hand_over_asks_the_database_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert outbox.enqueue([], now=NOW) == []
        assert outbox.cancel([], reason="left", now=NOW) == 0
        outbox.repoint([])


@pytest.mark.parametrize(("channels", "hours"), [(("email",), 24), (("push", "sms"), 4)])
def test_a_message_expires_after_its_channels_life(channels: tuple[str, ...], hours: int) -> None:
    letters.enqueue(letters.customers(1), channels=channels)
    assert Message.objects.get().expires_at == NOW + dt.timedelta(hours=hours)


def test_the_steps_own_expiry_goes_before() -> None:
    letters.enqueue(letters.customers(1), expires_at=NOW + dt.timedelta(minutes=5))
    assert Message.objects.get().expires_at == NOW + dt.timedelta(minutes=5)


def test_the_number_of_queries_does_not_grow_with_the_batch(django_assert_num_queries: Any) -> None:
    people = letters.customers(200)
    stored = letters.content()
    for batch in (people[:1], people[1:]):
        drafts = [letters.draft(customer, stored) for customer in batch]
        with django_assert_num_queries(1):
            assert len(outbox.enqueue(drafts, now=NOW)) == len(batch)


def test_cancelling_skips_what_is_queued_and_says_why() -> None:
    people = letters.customers(3)
    letters.enqueue(people)
    Message.objects.filter(customer_id=people[2]).update(status="sent")
    assert outbox.cancel(people, reason="left", now=NOW) == 2
    assert letters.statuses() == {"skipped:left": 2, "sent": 1}
    told = letters.events("message.skipped")
    assert [row[0] for row in told] == people[:2]
    assert told[0][2] | {"message": ""} == {
        "message": "", "enrollment": people[0], "journey": "cart", "version": 1, "step": "mail",
        "visit": 1, "arm": "", "channel": "", "reason": "left", "inputs": {},
    }  # fmt: skip


def test_merged_customers_leave_messages_and_devices_to_the_survivor() -> None:
    survivor, merged = letters.customers(2)
    letters.enqueue([merged])
    letters.device(merged, "https://push.example/1")
    outbox.repoint([(merged, survivor)])
    assert Message.objects.get().customer_id == survivor
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id FROM channels_device")
        assert cursor.fetchone() == (survivor,)


@pytest.mark.django_db(transaction=True)
def test_twenty_workers_that_enqueue_the_same_step_make_one_message() -> None:
    people = letters.customers(5)
    stored = letters.content()
    drafts = [letters.draft(customer, stored) for customer in people]

    def enqueue(_: int) -> int:
        try:
            return len(outbox.enqueue(drafts, now=NOW))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(enqueue, range(20))) == 5
    assert Message.objects.count() == 5
