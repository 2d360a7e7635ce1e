"""Messages as the API and the reports show them; when the outbox looks again; its health."""

import datetime as dt
from typing import Any

import pytest

from channels.core.receipt import Receipt
from channels.models import Message
from channels.operations import inbox
from channels.operations.dispatch import dispatch
from channels.operations.receive import receive
from channels.queries import messages
from channels.queries.health import health
from channels.queries.messages import NOTHING, Count, StepCounts
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


def page(**given: Any) -> messages.Page:
    return messages.page(
        **{"customer": None, "journey": "", "status": "", "before": None, "limit": 50, **given}
    )


def report(message: Message, kind: Any) -> None:
    at = NOW + dt.timedelta(minutes=1)
    receipt = Receipt(key=f"{message.uid}{kind}", kind=kind, at=at, message_uid=str(message.uid))
    receive([receipt], source="sendgrid", now=at)


def test_a_message_is_shown_whole() -> None:
    (customer,) = letters.customers(1)
    letters.enqueue([customer], arm="A")
    dispatch(now=NOW)
    report(Message.objects.get(), "delivered")
    ((shown,), following) = page()
    message = Message.objects.get()
    assert following is None
    assert shown["id"] == str(message.uid)
    assert shown["customer"] == customer
    assert (shown["journey"], shown["step"], shown["visit"], shown["arm"]) == (
        "cart",
        "mail",
        1,
        "A",
    )
    assert (shown["channel"], shown["to"], shown["status"]) == (
        "email",
        "c1@example.com",
        "delivered",
    )
    assert shown["subject"] == "Hello C1"
    assert "List-Unsubscribe" in shown["headers"]
    assert shown["created_at"] == shown["sent_at"] == "2026-12-01T10:00:00.000Z"
    assert shown["opened_at"] is None
    (attempt,) = shown["attempts"]
    assert (attempt["number"], attempt["outcome"]) == (1, "accepted")
    assert attempt["started_at"] == "2026-12-01T10:00:00.000Z"
    (receipt,) = shown["receipts"]
    assert (receipt["kind"], receipt["at"]) == ("delivered", "2026-12-01T10:01:00.000Z")
    assert messages.one(message.uid) == shown


def test_a_push_shows_where_it_leads() -> None:
    (customer,) = letters.customers(1)
    letters.device(customer, "https://push.example/1")
    letters.enqueue([customer], letters.PUSH, channels=("push",))
    dispatch(now=NOW)
    ((shown,), _) = page()
    assert (shown["subject"], shown["text"]) == ("Hello", "Still thinking?")
    assert "/c/" in shown["url"]


def test_pages_go_on_where_the_last_one_ended() -> None:
    letters.enqueue(letters.customers(5))
    seen, before = [], None
    while True:
        items, before = page(limit=2, before=before)
        seen += [item["customer"] for item in items]
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


def test_lists_are_narrowed_by_customer_journey_and_status() -> None:
    first, second = letters.customers(2)
    letters.enqueue([first, second])
    letters.enqueue([first], journey="other", step="x", send_after=NOW + dt.timedelta(days=1))
    dispatch(now=NOW)
    assert len(page(customer=first).items) == 2
    assert len(page(journey="cart").items) == 2
    assert len(page(status="queued").items) == 1
    assert page(customer=second, journey="other").items == []


def test_the_inbox_is_what_a_provider_would_have_got_oldest_first() -> None:
    people = letters.customers(3)
    letters.enqueue(people[:2])
    letters.enqueue(people[2:], ghost="holdout")
    dispatch(now=NOW)
    first = messages.inbox(after=0, limit=1)
    assert [item["customer"] for item in first.items] == people[:1]
    rest = messages.inbox(after=first.next or 0, limit=10)
    assert [item["customer"] for item in rest.items] == people[1:2]
    assert inbox.empty() == 2
    assert messages.inbox(after=0, limit=10).items == []
    assert messages.by_step("cart")["mail"].sent == 2
    letters.enqueue(people[:1], step="again")
    dispatch(now=NOW)
    assert len(messages.inbox(after=0, limit=10).items) == 1


def test_the_report_counts_every_message_once() -> None:
    people = letters.customers(7)
    letters.enqueue(people[:3], arm="A")
    letters.enqueue(people[3:4], ghost="holdout")
    letters.consent(people[4], "unsubscribed")
    letters.enqueue(people[4:5])
    letters.enqueue(people[5:6], expires_at=NOW)
    letters.enqueue(people[6:], {"subject": "x", "text": "{{ 1 / 0 }}"})
    dispatch(now=NOW)
    first, second, _ = Message.objects.filter(arm="A").order_by("id")
    report(first, "clicked")
    report(second, "delivered")
    counts = messages.report_counts("cart")
    assert sum(count.messages for count in counts) == 7
    assert Count("mail", "", "skipped", "no_consent", 1, 0, 0, 0, 0, 0) in counts
    assert messages.by_step("cart") == {
        "mail": StepCounts(
            sent=3, withheld=1, skipped={"no_consent": 1, "expired": 1}, delivered=2, opened=1,
            clicked=1, failed=1,
        )
    }  # fmt: skip
    assert messages.by_step("nothing") == {}
    assert NOTHING.sent == 0


def test_the_outbox_looks_again_when_the_earliest_message_is_due() -> None:
    assert messages.next_due() is None
    letters.enqueue(letters.customers(2), send_after=NOW + dt.timedelta(hours=2))
    letters.enqueue(letters.customers(1), send_after=NOW + dt.timedelta(hours=1))
    assert messages.next_due() == NOW + dt.timedelta(hours=1)
    dispatch(now=NOW + dt.timedelta(hours=3))
    assert messages.next_due() is None


def test_health_names_what_waits_and_what_is_stuck() -> None:
    people = letters.customers(4)
    letters.enqueue(people)
    letters.account("smtp", "email", url="smtp://x")
    ids = list(Message.objects.order_by("id").values_list("id", flat=True))
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    Message.objects.filter(pk=ids[0]).update(status="sending", lease_until=past)
    Message.objects.filter(pk=ids[1]).update(status="unknown")
    stranger = Receipt(key="1", kind="delivered", at=NOW, provider_id="x")
    receive([stranger], source="sendgrid", now=NOW)
    found = health(now=NOW)
    assert (found.due, found.oldest_due) == (2, NOW)
    assert (found.sending, found.stuck, found.unknown, found.orphans) == (1, 1, 1, 1)
    assert found.paused_accounts == []
    from channels.models import Account

    Account.objects.update(state="paused")
    assert health(now=NOW).paused_accounts == ["smtp"]
