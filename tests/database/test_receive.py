"""Receipts: once each, in any order, before or after our own commit, always to the same end."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from channels.core.receipt import Receipt
from channels.models import Message, Suppression
from channels.models import Receipt as Row
from channels.operations.dispatch import dispatch
from channels.operations.receive import Received, adopt, receive
from profiles.models import Consent
from tests.database import letters
from tests.database.letters import NOW
from tests.hurry import UNHURRIED

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


def sent(count: int = 1, **fields: Any) -> list[Message]:
    """Messages as the provider took them."""
    letters.enqueue(letters.customers(count), **fields)
    dispatch(now=NOW)
    return list(Message.objects.order_by("id"))


def report(message: Message, kind: Any, *, after: int = 1, **fields: Any) -> Receipt:
    key = f"{message.uid}:{kind}:{after}:{fields.get('machine', False)}"
    given = {"key": key, "message_uid": str(message.uid), "at": NOW + after * MINUTE, **fields}
    return Receipt(kind=kind, **given)


def take(*receipts: Receipt, source: str = "sendgrid", channel: str = "email") -> Received:
    return receive(receipts, source=source, channel=channel, now=NOW + 60 * MINUTE)


def test_a_receipt_moves_its_message_and_tells_the_log() -> None:
    (message,) = sent(arm="B")
    assert take(report(message, "delivered")) == Received(1, 1)
    message.refresh_from_db()
    assert (message.status, message.delivered_at) == ("delivered", NOW + MINUTE)
    ((customer, _, facts),) = letters.events("message.delivered")
    assert (customer, facts["message"]) == (message.customer_id, str(message.uid))
    assert (facts["journey"], facts["step"], facts["arm"]) == ("cart", "mail", "B")


def test_a_repeated_receipt_changes_nothing() -> None:
    (message,) = sent()
    assert take(*[report(message, "opened")] * 5) == Received(1, 1)
    assert take(report(message, "opened")) == Received(0, 0)
    assert Row.objects.count() == 1
    assert len(letters.events("message.opened")) == 1


KINDS = (("queued", {}), ("delivered", {}), ("opened", {}), ("clicked", {"detail": {"url": "u"}}))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_order_of_the_same_receipts_ends_the_same(order: tuple[int, ...]) -> None:
    (message,) = sent()
    receipts = [report(message, kind, after=n, **rest) for n, (kind, rest) in enumerate(KINDS, 1)]
    for number in order:
        take(receipts[number])
        take(receipts[number])
    message.refresh_from_db()
    assert message.status == "delivered"
    assert message.sent_at == NOW
    assert message.delivered_at == NOW + 2 * MINUTE
    assert message.opened_at == NOW + 3 * MINUTE
    assert message.clicked_at == NOW + 4 * MINUTE
    assert {name for _, name, _ in letters.events()} == {
        "message.sent", "message.delivered", "message.opened", "message.clicked",
    }  # fmt: skip


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["queued", "sent", "delivered", "deferred", "opened", "clicked",
                         "bounced", "complained", "unsubscribed", "failed"]),
        st.integers(1, 5),
        st.booleans(),
    ),
    max_size=7, unique=True,
)  # fmt: skip


@with_settings(max_examples=40, suppress_health_check=UNHURRIED)
@given(happenings=HAPPENINGS, random=st.randoms(use_true_random=False))
def test_shuffled_and_repeated_receipts_end_as_if_in_order(happenings: Any, random: Any) -> None:
    in_order = told(happenings, lambda receipts: receipts)
    shuffled = told(happenings, lambda receipts: random.sample(receipts * 5, 5 * len(receipts)))
    assert in_order == shuffled


def told(happenings: Any, arranged: Any) -> Any:
    """The state that these receipts, one call each, leave behind; nothing of it is kept."""
    with transaction.atomic():
        (message,) = sent()
        receipts = [
            report(
                message, kind, after=after, machine=machine and kind in {"opened", "clicked"},
                bounce="hard" if kind == "bounced" else "",
            )
            for kind, after, machine in happenings
        ]  # fmt: skip
        for receipt in arranged(receipts):
            take(receipt)
        message.refresh_from_db()
        end = (
            message.status, message.sent_at, message.delivered_at, message.opened_at,
            message.clicked_at, sorted(name for _, name, _ in letters.events()),
            sorted(Suppression.objects.values_list("channel", "reason", "at")),
            sorted(Consent.objects.values_list("channel", "topic", "state")),
        )  # fmt: skip
        transaction.set_rollback(True)
    return end


def test_a_receipt_that_comes_before_our_own_outcome_is_not_lost() -> None:
    """The row is there as soon as the call begins; the receipt moves it, the outcome only adds."""
    (message,) = sent()
    Message.objects.update(status="sending", sent_at=None, provider_id="")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE profiles_event")
    take(report(message, "delivered"))
    message.refresh_from_db()
    assert (message.status, message.sent_at) == ("delivered", NOW + MINUTE)
    assert [row[1] for row in letters.events()] == ["message.sent", "message.delivered"]


def test_an_unknown_message_is_proven_by_its_receipt() -> None:
    (message,) = sent()
    Message.objects.update(status="unknown", sent_at=None)
    take(report(message, "queued"))
    message.refresh_from_db()
    assert (message.status, message.sent_at) == ("sent", NOW + MINUTE)


def test_a_receipt_by_the_providers_id_waits_for_its_message() -> None:
    (message,) = sent()
    Message.objects.update(status="sending", sent_at=None, provider_id="")
    stray = Receipt(key="1", kind="bounced", bounce="hard", at=NOW + MINUTE, provider_id="SG1",
                    address="c1@example.com")  # fmt: skip
    assert take(stray) == Received(1, 0)
    assert Suppression.objects.get().reason == "bounced"
    Message.objects.update(provider_id="SG1")
    assert adopt(["SG1", ""], now=NOW) == 1
    assert adopt(["SG1"], now=NOW) == 0
    message.refresh_from_db()
    assert message.status == "bounced"
    assert Row.objects.get().message_id == message.pk
    assert letters.events("message.bounced")[0][2]["bounce"] == "hard"


def test_a_strangers_receipt_without_any_name_is_not_kept() -> None:
    assert take(Receipt(key="1", kind="delivered", at=NOW)) == Received(0, 0)
    assert take(Receipt(key="2", kind="delivered", at=NOW, message_uid="'; DROP TABLE")).new == 0


def test_machines_open_nothing_but_prove_the_delivery() -> None:
    (message,) = sent()
    take(report(message, "opened", machine=True), report(message, "clicked", machine=True))
    message.refresh_from_db()
    assert message.status == "delivered"
    assert (message.opened_at, message.clicked_at) == (None, None)
    assert message.delivered_at == NOW + MINUTE
    assert letters.events("message.opened", "message.clicked") == []
    assert Row.objects.filter(machine=True).count() == 2


def test_a_click_implies_an_open() -> None:
    (message,) = sent()
    take(report(message, "clicked"))
    message.refresh_from_db()
    assert message.opened_at == message.clicked_at == NOW + MINUTE


@pytest.mark.parametrize(
    ("kind", "bounce", "reason"),
    [("bounced", "hard", "bounced"), ("complained", "", "complained"),
     ("unsubscribed", "", "unsubscribed"), ("failed", "hard", "bounced")],
)  # fmt: skip
def test_dead_and_unwilling_addresses_are_suppressed(kind: Any, bounce: Any, reason: str) -> None:
    (message,) = sent()
    take(report(message, kind, bounce=bounce))
    suppression = Suppression.objects.get()
    assert (suppression.address, suppression.reason) == ("c1@example.com", reason)
    assert suppression.source == "sendgrid"


def test_a_soft_bounce_suppresses_nobody() -> None:
    (message,) = sent()
    take(report(message, "bounced", bounce="soft"))
    assert not Suppression.objects.exists()


def test_the_gravest_reason_stays_in_either_order() -> None:
    first, second = sent(2)
    take(report(first, "unsubscribed"), report(first, "complained"))
    take(report(second, "complained"))
    take(report(second, "unsubscribed", after=2))
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"complained"}


def test_reports_of_one_call_count_like_reports_of_many() -> None:
    first, second = sent(2)
    kinds = (("complained", 1), ("unsubscribed", 3), ("complained", 2))
    take(*[report(first, kind, after=after) for kind, after in kinds])
    for kind, after in kinds:
        take(report(second, kind, after=after))
    assert set(Suppression.objects.values_list("reason", "at")) == {
        ("complained", NOW + 3 * MINUTE)
    }


def test_the_provider_may_write_the_address_in_another_case() -> None:
    (message,) = sent()
    take(report(message, "bounced", bounce="hard", address="C1@Example.COM"))
    assert Suppression.objects.get().address == "c1@example.com"


def test_unsubscribing_is_written_to_the_consents() -> None:
    (message,) = sent()
    take(report(message, "unsubscribed"))
    consent = Consent.objects.get()
    assert (consent.customer_id, consent.channel, consent.topic) == (
        message.customer_id,
        "email",
        "",
    )
    assert (consent.state, consent.source) == ("unsubscribed", "sendgrid")
    assert consent.at == NOW + MINUTE


def test_receipts_do_not_wake_what_never_left() -> None:
    (customer,) = letters.customers(1)
    letters.enqueue([customer], ghost="holdout")
    dispatch(now=NOW)
    message = Message.objects.get()
    take(report(message, "opened"))
    message.refresh_from_db()
    assert (message.status, message.sent_at, message.opened_at) == ("withheld", None, None)


def sms(text: str, intent: str, *, after: int, sid: str) -> list[Receipt]:
    """What an inbound SMS is read as: a reply, and for STOP a wish as well."""
    reply = Receipt(
        key=f"{sid}:reply", kind="replied", at=NOW + after * MINUTE, provider_id=sid,
        address="+4915110001", detail={"text": text, "intent": intent},
    )  # fmt: skip
    wish = Receipt(
        key=f"{sid}:reply:unsubscribed", kind="unsubscribed", at=reply.at, provider_id=sid,
        address="+4915110001", detail=reply.detail,
    )  # fmt: skip
    return [reply, wish] if intent == "stop" else [reply]


STOP = sms("STOP", "stop", after=1, sid="SM1")
START = sms("Start", "start", after=2, sid="SM2")


def test_stop_silences_the_number_and_everybody_who_has_it() -> None:
    first, second = letters.customers(2, phone="+4915110001")
    letters.enqueue([first], letters.SMS, channels=("sms",))
    dispatch(now=NOW)
    take(*STOP, source="twilio", channel="sms")
    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.address) == ("sms", "+4915110001")
    assert set(Consent.objects.values_list("customer_id", "channel", "state")) == {
        (first, "sms", "unsubscribed"), (second, "sms", "unsubscribed"),
    }  # fmt: skip
    ((customer, _, facts),) = letters.events("message.replied")
    assert (customer, facts["text"], facts["intent"]) == (first, "STOP", "stop")
    assert facts["step"] == "mail"
    letters.enqueue([first, second], letters.SMS, channels=("sms",), visit=2)
    assert dispatch(now=NOW + 5 * MINUTE).skipped == 2


@pytest.mark.parametrize("order", [(STOP, START), (START, STOP)])
def test_start_after_stop_opens_the_number_again_in_either_order(order: Any) -> None:
    (customer,) = letters.customers(1, phone="+4915110001")
    for receipts in order:
        take(*receipts, source="twilio", channel="sms")
    assert not Suppression.objects.exists()
    letters.enqueue([customer], letters.SMS, channels=("sms",), send_after=NOW + 5 * MINUTE)
    assert dispatch(now=NOW + 5 * MINUTE).sent == 1


def test_start_does_not_revive_a_dead_number() -> None:
    letters.customers(1, phone="+4915110001")
    Suppression.objects.create(
        channel="sms", address="+4915110001", reason="bounced", source="x", at=NOW
    )
    take(*START, source="twilio", channel="sms")
    assert Suppression.objects.get().reason == "bounced"


def test_a_reply_to_no_message_is_told_of_whoever_has_the_number() -> None:
    (customer,) = letters.customers(1, phone="+4915110001")
    take(*sms("Hello?", "", after=1, sid="SM3"), source="twilio", channel="sms")
    ((who, name, facts),) = letters.events()
    assert (who, name) == (customer, "message.replied")
    assert (facts["text"], facts["message"], facts["channel"]) == ("Hello?", "", "sms")


def test_a_reply_from_nobody_is_kept_and_harms_nothing() -> None:
    assert take(*STOP, source="twilio", channel="sms") == Received(2, 0)
    assert Suppression.objects.get().address == "+4915110001"


def test_the_number_of_queries_does_not_grow_with_the_batch() -> None:
    messages = sent(60)
    kinds = ("delivered", "opened", "unsubscribed")
    counts = []
    take(report(messages[0], "unsubscribed"))
    for batch in (messages[1:2], messages[2:]):
        with CaptureQueriesContext(connection) as queries:
            take(*[report(message, kind) for message in batch for kind in kinds])
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_the_same_callback_fifty_times_at_once_has_one_effect() -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    messages = sent(5)
    receipts = [report(message, "opened") for message in messages]

    def deliver(number: int) -> int:
        shuffled = receipts[number % 5 :] + receipts[: number % 5]
        try:
            return take(*shuffled).new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(deliver, range(50))) == 5
    assert len(letters.events("message.opened")) == 5
