"""Real adapters against providers on loopback: every kind of outcome, and what follows from it."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from channels.models import Account, Attempt, Device, Message, Suppression
from channels.operations import handover
from channels.operations.dispatch import Dispatched, dispatch
from tests.channels.providers import VAPID
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.push import Push
from tests.emulators.sendgrid import SendGrid
from tests.emulators.twilio import Twilio

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]
LATER = NOW + dt.timedelta(minutes=11)


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio() as emulator:
        letters.account(
            "twilio", "sms", account_sid=emulator.account_sid, auth_token=emulator.auth_token,
            base_url=emulator.url,
        )  # fmt: skip
        yield emulator


def test_everybody_gets_one_mail_with_their_own_text(sendgrid: SendGrid) -> None:
    people = letters.customers(40)
    letters.enqueue(people)
    assert dispatch(now=NOW) == Dispatched(claimed=40, sent=40)
    assert set(sendgrid.uids.values()) == {1}
    assert {item["subject"] for item in sendgrid.accepted} == {f"Hello C{n + 1}" for n in range(40)}
    assert "List-Unsubscribe" in sendgrid.accepted[0]["headers"]
    assert sorted(Message.objects.values_list("provider_id", flat=True)) == sorted(
        item["id"] for item in sendgrid.accepted
    )
    assert Attempt.objects.filter(outcome="accepted", http_status=202, number=1).count() == 40
    assert len(letters.events("message.sent")) == 40


ALIKE = {"subject": "We are closed today", "text": "Until tomorrow.", "track": False}


def test_mails_of_one_text_leave_in_one_call_each_with_its_own_id(sendgrid: SendGrid) -> None:
    everybody = letters.customers(12)
    letters.enqueue(everybody, ALIKE, purpose="transactional")
    assert dispatch(now=NOW) == Dispatched(claimed=12, sent=12)
    assert sendgrid.requests == 1
    uids = {str(uid) for uid in Message.objects.values_list("uid", flat=True)}
    assert sendgrid.uids == dict.fromkeys(uids, 1)
    assert {item["to"] for item in sendgrid.accepted} == {
        f"c{number + 1}@example.com" for number in range(12)
    }
    assert Attempt.objects.filter(outcome="accepted", http_status=202).count() == 12


def test_a_call_of_many_that_gets_no_answer_leaves_each_in_doubt(sendgrid: SendGrid) -> None:
    sendgrid.fail("drop", accept=True, times=1)
    letters.enqueue(letters.customers(3), ALIKE, purpose="transactional")
    assert dispatch(now=NOW) == Dispatched(claimed=3, unknown=3)
    assert (sendgrid.requests, letters.statuses()) == (1, {"unknown:connection_lost": 3})


def test_workers_side_by_side_send_each_message_once(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(200))

    def work(_: int) -> int:
        sent = 0
        try:
            while (done := dispatch(now=NOW, limit=20)).claimed:
                sent += done.sent
        finally:
            connections.close_all()
        return sent

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 200
    assert set(sendgrid.uids.values()) == {1}
    assert len(sendgrid.accepted) == 200


def test_a_worker_told_to_stop_finishes_its_calls_and_gives_back_the_rest(
    sendgrid: SendGrid,
) -> None:
    letters.enqueue(letters.customers(40))
    told = iter([False, True, True])
    assert dispatch(now=NOW, stopping=lambda: next(told)) == Dispatched(claimed=40, sent=16)
    assert letters.statuses() == {"sent": 16, "queued": 24}
    assert dispatch(now=NOW).sent == 24
    assert set(sendgrid.uids.values()) == {1}


def test_the_number_of_queries_does_not_grow_with_the_pool(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(18))
    dispatch(now=NOW, limit=1)  # makes the log's month, if no other test has
    counts = []
    for limit in (1, 16):
        with CaptureQueriesContext(connection) as queries:
            assert dispatch(now=NOW, limit=limit).sent == limit
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_refused_and_control_customers_cost_no_call(sendgrid: SendGrid) -> None:
    ghost, refused = letters.customers(2)
    letters.enqueue([ghost], ghost="holdout")
    letters.consent(refused, "unsubscribed")
    letters.enqueue([refused])
    assert dispatch(now=NOW) == Dispatched(claimed=2, withheld=1, skipped=1)
    assert sendgrid.requests == 0


def test_no_account_for_the_channel_is_a_reason() -> None:
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    assert letters.statuses() == {"skipped:no_account": 1}


def test_not_accepted_goes_back_to_the_queue_and_waits_as_long_as_asked(sendgrid: SendGrid) -> None:
    sendgrid.fail("status", status=429, headers={"Retry-After": "90"}, times=1)
    letters.enqueue(letters.customers(1))
    assert dispatch(now=NOW) == Dispatched(claimed=1, queued=1)
    message = Message.objects.get()
    assert (message.status, message.attempts, message.reason) == ("queued", 1, "http_429")
    assert message.send_after == NOW + dt.timedelta(seconds=90)
    assert handover.resting() == [Account.objects.get().pk]
    handover._resting.clear()
    assert dispatch(now=NOW + dt.timedelta(seconds=89)).claimed == 0
    assert dispatch(now=NOW + dt.timedelta(seconds=90)).sent == 1
    assert Message.objects.get().reason == ""
    assert list(Attempt.objects.order_by("number").values_list("number", "outcome")) == [
        (1, "retry"), (2, "accepted"),
    ]  # fmt: skip


def test_while_a_provider_wants_rest_nobody_else_is_tried(sendgrid: SendGrid) -> None:
    sendgrid.fail("status", status=429, headers={"Retry-After": "60"})
    letters.enqueue(letters.customers(60))
    dispatch(now=NOW)
    assert sendgrid.requests == handover.pool_size()
    assert dispatch(now=NOW).claimed == 0


def test_a_connection_that_was_never_made_is_tried_again_with_jitter() -> None:
    letters.account("sendgrid", "email", api_key="k", base_url="http://127.0.0.1:9")
    for number, message in enumerate(letters.enqueue(letters.customers(20))):
        Message.objects.filter(pk=message).update(uid=UUID(int=number))  # jitter is drawn by it
    assert dispatch(now=NOW).queued == 20
    waits = {message.send_after - NOW for message in Message.objects.all()}
    assert len(waits) == 20
    assert max(waits) <= dt.timedelta(seconds=10)


def test_after_twelve_attempts_it_has_failed(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(1), expires_at=NOW + dt.timedelta(days=30))
    sendgrid.fail("status", status=503, headers={"Retry-After": "0"})
    for _ in range(12):
        handover._resting.clear()
        dispatch(now=Message.objects.get().send_after)
    assert letters.statuses() == {"failed:exhausted": 1}
    assert sendgrid.requests == 12
    assert letters.events()[-1][1] == "message.failed"


def test_what_cannot_be_sent_in_time_expires(sendgrid: SendGrid) -> None:
    sendgrid.fail("status", status=429, headers={"Retry-After": "90000"}, times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    handover._resting.clear()
    assert dispatch(now=Message.objects.get().send_after) == Dispatched(claimed=1, expired=1)


def test_a_permanent_refusal_fails_this_message_alone(sendgrid: SendGrid) -> None:
    sendgrid.fail("status", status=400, body='{"errors": [{"message": "bad"}]}', times=1)
    letters.enqueue(letters.customers(3))
    assert dispatch(now=NOW) == Dispatched(claimed=3, sent=2, failed=1)
    assert letters.events("message.failed")[0][2]["reason"] == "http_400"


def test_a_broken_account_is_paused_and_loses_no_message(sendgrid: SendGrid) -> None:
    sendgrid.api_key = "another"
    letters.enqueue(letters.customers(40))
    with capture_logs() as said:
        assert dispatch(now=NOW).failed == 0
    account = Account.objects.get()
    assert account.state == "paused"
    assert "invalid" in account.paused_reason
    alarm = {"log_level": "error", "account": "sendgrid", "reason": account.paused_reason}
    assert [line for line in said if line["event"] == "account_paused"] == [
        {"event": "account_paused", **alarm}
    ]
    assert sendgrid.requests <= handover.pool_size()
    assert set(Message.objects.values_list("status", "attempts")) == {("queued", 0)}
    handover._resting.clear()
    assert dispatch(now=NOW).claimed == 0
    sendgrid.api_key = "k"
    Account.objects.update(state="active")
    assert dispatch(now=NOW).sent == 40


def test_while_its_account_is_paused_a_message_can_still_expire(sendgrid: SendGrid) -> None:
    Account.objects.update(state="paused")
    letters.enqueue(letters.customers(1))
    assert dispatch(now=NOW + dt.timedelta(hours=1)).claimed == 0
    assert dispatch(now=NOW + dt.timedelta(hours=24)).expired == 1


def test_where_only_a_paused_channel_is_left_the_message_waits_for_it(sendgrid: SendGrid) -> None:
    letters.account("smtp", "sms", state="x")
    Account.objects.filter(slug="smtp").update(state="paused")
    (customer,) = letters.customers(1)
    letters.consent(customer, "unsubscribed")
    letters.enqueue([customer], {**letters.MAIL, **letters.SMS}, channels=("email", "sms"))
    assert dispatch(now=NOW) == Dispatched(claimed=1, held=1)
    message = Message.objects.get()
    assert (message.status, message.send_after) == ("queued", NOW + dt.timedelta(minutes=1))


@pytest.mark.parametrize(
    ("adapter", "options"), [("pigeon", {}), ("sendgrid", {"connect_seconds": "soon"})]
)
def test_an_account_that_cannot_be_opened_is_paused(adapter: str, options: dict[str, str]) -> None:
    letters.account(adapter, "email", **options)
    letters.enqueue(letters.customers(1))
    assert dispatch(now=NOW) == Dispatched(claimed=1, queued=1)
    assert Account.objects.get().state == "paused"
    assert Message.objects.get().attempts == 0


def test_a_second_account_takes_over_while_the_first_is_paused(sendgrid: SendGrid) -> None:
    with SendGrid() as second:
        letters.account("sendgrid", "email", "spare", api_key="k", base_url=second.url)
        Account.objects.filter(slug="sendgrid").update(state="paused")
        letters.enqueue(letters.customers(1))
        dispatch(now=NOW)
        assert len(second.accepted) == 1


def test_an_opted_out_number_is_suppressed(twilio: Twilio) -> None:
    (customer,) = letters.customers(1, phone="+4915112345678")
    twilio.opted_out.add("+4915112345678")
    letters.enqueue([customer], letters.SMS, channels=("sms",))
    assert dispatch(now=NOW) == Dispatched(claimed=1, failed=1)
    assert letters.statuses() == {"failed:unsubscribed": 1}
    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.address) == ("sms", "+4915112345678")
    assert suppression.reason == "unsubscribed"


def test_an_sms_names_the_callback_that_reports_on_it(twilio: Twilio) -> None:
    letters.enqueue(letters.customers(1, phone="+4915112345678"), letters.SMS, channels=("sms",))
    dispatch(now=NOW)
    (taken,) = twilio.accepted
    assert taken["callback"].startswith("http://127.0.0.1:8000/callbacks/twilio/twilio/status?m=")
    assert taken["validity"] == str(4 * 3600)


def test_a_subscription_that_is_gone_is_removed() -> None:
    with Push() as push:
        letters.account(
            "webpush", "push", private_key=VAPID, subject="mailto:a@b.example", allow_private="1"
        )
        (customer,) = letters.customers(1)
        given = push.subscribe()
        letters.device(customer, given["endpoint"], **given["keys"])
        letters.enqueue([customer], letters.PUSH, channels=("push",))
        push.fail("status", status=410, times=1)
        assert dispatch(now=NOW) == Dispatched(claimed=1, failed=1)
    assert letters.statuses() == {"failed:subscription_gone": 1}
    assert Device.objects.get().removed_at == NOW


def test_a_suppression_after_the_claim_still_stops_the_message(
    sendgrid: SendGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.enqueue(letters.customers(2))
    claim = handover.hand_over

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        Suppression.objects.create(
            channel="email", address="c1@example.com", reason="complained", source="x", at=NOW
        )
        return claim(*args, **kwargs)

    monkeypatch.setattr(handover, "hand_over", meanwhile)
    dispatch(now=NOW)
    assert letters.statuses() == {"queued": 1, "sent": 1}
    monkeypatch.undo()
    dispatch(now=NOW)
    assert letters.statuses() == {"skipped:suppressed": 1, "sent": 1}
    assert [item["to"] for item in sendgrid.accepted] == ["c2@example.com"]


def test_it_refuses_to_run_inside_a_transaction(sendgrid: SendGrid) -> None:
    from django.db import transaction

    letters.enqueue(letters.customers(1))
    with pytest.raises(RuntimeError), transaction.atomic():
        dispatch(now=NOW)
    assert sendgrid.requests == 0
