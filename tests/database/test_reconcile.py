"""What nobody can vouch for: lost answers, killed and sleeping workers, and never a second mail."""

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from channels.adapters import registry
from channels.core.receipt import Receipt
from channels.models import Account, Attempt, Message
from channels.operations import handover
from channels.operations.dispatch import Dispatched, dispatch
from channels.operations.receive import Received, adopt, receive
from channels.operations.reconcile import Reconciled, adopt_late, reconcile
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.sendgrid import SendGrid
from tests.emulators.webhook import SECRET, Webhook
from tests.threads import in_a_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]
LATER = NOW + dt.timedelta(minutes=11)
HOUR = dt.timedelta(hours=1)


def expire_leases() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_message SET lease_until = clock_timestamp() - interval '1 second'"
            " WHERE status = 'sending'"
        )


def test_the_number_of_queries_of_reconciling_is_constant(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(18))
    sendgrid.fail("drop", accept=True)
    dispatch(now=NOW)
    warm, once, *rest = Message.objects.order_by("id")
    Message.objects.filter(pk__gte=once.pk).update(send_after=LATER)
    Message.objects.filter(pk__in=[one.pk for one in rest]).update(send_after=LATER + HOUR)
    assert reconcile(now=warm.send_after + dt.timedelta(minutes=10)).found == 1
    counts = []
    for moment, found in ((LATER, 1), (LATER + HOUR, 16)):
        with CaptureQueriesContext(connection) as queries:
            assert reconcile(now=moment).found == found
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_without_its_account_a_doubtful_message_stays_doubtful(sendgrid: SendGrid) -> None:
    sendgrid.fail("drop", times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    Account.objects.all().delete()
    assert reconcile(now=LATER) == Reconciled(open=1)


@pytest.mark.parametrize("change", [{"adapter": "pigeon"}, {"connect_seconds": "soon"}])
def test_an_account_broken_since_proves_nothing(sendgrid: SendGrid, change: dict[str, str]) -> None:
    sendgrid.fail("drop", times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    account = Account.objects.get()
    account.adapter = change.get("adapter", account.adapter)
    account.options = {**account.options, **change}
    account.save()
    assert reconcile(now=LATER) == Reconciled(open=1)


def test_a_lost_answer_is_unknown_and_found_in_the_providers_list(sendgrid: SendGrid) -> None:
    sendgrid.fail("drop", accept=True, times=1)
    letters.enqueue(letters.customers(1))
    assert dispatch(now=NOW) == Dispatched(claimed=1, unknown=1)
    assert dispatch(now=LATER).claimed == 0
    assert reconcile(now=NOW + dt.timedelta(minutes=9)).found == 0
    assert reconcile(now=LATER) == Reconciled(found=1)
    assert letters.statuses() == {"sent": 1}
    assert len(sendgrid.accepted) == 1
    assert [row[1] for row in letters.events()] == ["message.sent"]


def test_what_the_list_proves_absent_is_sent_once_more(sendgrid: SendGrid) -> None:
    sendgrid.fail("drop", times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    assert reconcile(now=LATER) == Reconciled(resent=1)
    assert dispatch(now=LATER + dt.timedelta(minutes=1)).sent == 1
    assert set(sendgrid.uids.values()) == {1}
    assert Message.objects.get().attempts == 2


def test_after_a_few_proven_losses_an_operator_decides(sendgrid: SendGrid) -> None:
    sendgrid.fail("drop", times=4)
    letters.enqueue(letters.customers(1))
    moment = NOW
    for _ in range(3):
        assert dispatch(now=moment).unknown == 1
        moment += dt.timedelta(hours=1)
        assert reconcile(now=moment) == Reconciled(resent=1)
        moment += dt.timedelta(hours=1)
    assert dispatch(now=moment).unknown == 1
    assert reconcile(now=moment + dt.timedelta(hours=1)) == Reconciled(open=1)
    assert letters.statuses() == {"unknown:connection_lost": 1}


def test_without_proof_it_stays_unknown_and_is_never_resent(sendgrid: SendGrid) -> None:
    sendgrid.activity = False
    sendgrid.fail("drop", accept=True, times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    moment = LATER
    for _ in range(5):
        reconcile(now=moment)
        dispatch(now=moment)
        moment = Message.objects.get().send_after
    assert letters.statuses() == {"unknown:connection_lost": 1}
    assert len(sendgrid.accepted) == 1
    assert moment - NOW > dt.timedelta(hours=2)


def test_a_transactional_message_that_nobody_can_prove_is_sent_once_more_where_wanted(
    sendgrid: SendGrid, settings: Any
) -> None:
    settings.SOJOURN_RESEND_TRANSACTIONAL_AFTER = 30
    sendgrid.activity = False
    sendgrid.fail("drop", accept=True, times=2)
    letters.enqueue(letters.customers(1), purpose="transactional")
    dispatch(now=NOW)
    assert reconcile(now=LATER) == Reconciled(open=1)
    over = NOW + dt.timedelta(minutes=30)
    assert Message.objects.get().send_after <= over
    assert reconcile(now=over) == Reconciled(resent=1)
    assert dispatch(now=over + HOUR).unknown == 1
    assert reconcile(now=over + 3 * HOUR) == Reconciled(open=1)
    assert Attempt.objects.filter(detail="presumed_lost").count() == 1


def test_a_marketing_message_that_nobody_can_prove_waits_for_an_operator(
    sendgrid: SendGrid, settings: Any
) -> None:
    settings.SOJOURN_RESEND_TRANSACTIONAL_AFTER = 30
    sendgrid.activity = False
    sendgrid.fail("drop", times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    assert reconcile(now=NOW + HOUR) == Reconciled(open=1)


def test_the_window_of_a_message_ends_without_its_account_too(
    sendgrid: SendGrid, settings: Any
) -> None:
    settings.SOJOURN_RESEND_TRANSACTIONAL_AFTER = 30
    sendgrid.fail("drop", times=1)
    letters.enqueue(letters.customers(1), purpose="transactional")
    dispatch(now=NOW)
    Account.objects.all().delete()
    assert reconcile(now=NOW + HOUR) == Reconciled(resent=1)


def die(*_: object, **__: object) -> None:
    os._exit(9)


def test_a_worker_killed_before_its_call_leaves_one_pool_in_doubt(
    sendgrid: SendGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.enqueue(letters.customers(40))
    run_and_die(monkeypatch, "_send")
    assert letters.statuses() == {"sending": 40}
    assert reconcile(now=NOW) == Reconciled()
    expire_leases()
    assert reconcile(now=NOW) == Reconciled(released=24, orphaned=16, open=16)
    assert dispatch(now=NOW).sent == 24
    assert reconcile(now=LATER).resent == 16
    assert dispatch(now=LATER + dt.timedelta(minutes=1)).sent == 16
    assert len(sendgrid.accepted) == 40
    assert set(sendgrid.uids.values()) == {1}


def test_a_worker_killed_after_its_calls_sends_nothing_twice(
    sendgrid: SendGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.enqueue(letters.customers(40))
    run_and_die(monkeypatch, "_rest")
    assert len(sendgrid.accepted) == 16
    expire_leases()
    reconcile(now=NOW)
    assert dispatch(now=NOW).sent == 24
    assert reconcile(now=LATER).found == 16
    assert letters.statuses() == {"sent": 40}
    assert set(sendgrid.uids.values()) == {1}
    assert len(letters.events("message.sent")) == 40


def run_and_die(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Dispatch in a child that is gone the moment it reaches `place` of the hand-over."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(handover, place, die)
        handover._executor.cache_clear()
        try:
            dispatch(now=NOW)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_worker_that_slept_past_its_lease_sends_nothing(
    sendgrid: SendGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.enqueue(letters.customers(3))
    moments = iter([1000.0])
    monkeypatch.setattr(handover, "monotonic", lambda: next(moments, 1021.0))
    assert dispatch(now=NOW) == Dispatched(claimed=3, queued=3)
    assert sendgrid.requests == 0
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"released"}
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}


def test_an_outcome_that_comes_after_the_lease_still_counts(sendgrid: SendGrid) -> None:
    """The sweep called it unknown; its own worker knows better, for nobody else has claimed it."""
    letters.enqueue(letters.customers(1))
    connection_for_sweep = expire_leases
    original = registry.sender

    def sweeping(account: Any) -> Any:
        connection_for_sweep()
        return original(account)

    registry.sender = sweeping  # type: ignore[assignment]
    try:
        assert dispatch(now=NOW).sent == 1
    finally:
        registry.sender = original
    assert reconcile(now=NOW) == Reconciled()


def test_where_a_repeat_does_no_harm_it_is_sent_again_a_few_times() -> None:
    """A receiver of webhooks knows a message by its id; it took the first one, and its answer
    was lost.
    """
    with Webhook(SECRET) as system:
        letters.account("webhook", "webhook", url=system.url, secret=SECRET, allow_private="1")
        system.fail("drop", accept=True, times=4)
        letters.enqueue(letters.customers(1), {"text": "Hello"}, channels=("webhook",))
        moment = NOW
        for _ in range(3):
            assert dispatch(now=moment).unknown == 1
            moment += dt.timedelta(minutes=30)
            assert reconcile(now=moment) == Reconciled(resent=1)
            moment += dt.timedelta(minutes=30)
        assert dispatch(now=moment).unknown == 1
        assert reconcile(now=moment + dt.timedelta(minutes=30)) == Reconciled(open=1)
        assert len(system.uids) == 1


def opened(provider_id: str) -> Receipt:
    """A report that names the provider's id alone."""
    return Receipt(key=f"o-{provider_id}", kind="opened", at=NOW + HOUR, provider_id=provider_id)


def take(receipt: Receipt) -> Received:
    return receive([receipt], source="sendgrid", channel="email", now=LATER)


def test_a_report_and_an_outcome_that_did_not_see_each_other_find_together() -> None:
    letters.enqueue(letters.customers(1))
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        Message.objects.update(status="sent", provider_id="SG1", sent_at=NOW)
        assert adopt(["SG1"], now=NOW) == 0
        reported = other.submit(in_a_thread, lambda: take(opened("SG1")))
        assert reported.result() == Received(1, 0)
    assert Message.objects.get().opened_at is None
    reconcile(now=LATER)
    assert (Message.objects.get().status, Message.objects.get().opened_at) == (
        "delivered", NOW + HOUR,
    )  # fmt: skip


def test_they_find_together_when_nobody_ticked_for_a_while() -> None:
    letters.enqueue(letters.customers(1))
    take(opened("SG1"))
    Message.objects.update(status="sent", provider_id="SG1", sent_at=NOW)
    reconcile(now=LATER + HOUR)
    assert Message.objects.get().opened_at is None
    assert (adopt_late(now=LATER + HOUR), adopt_late(now=LATER + HOUR)) == (1, 0)
    assert Message.objects.get().opened_at == NOW + HOUR


def test_a_report_on_what_is_found_in_the_providers_list_is_not_forgotten(
    sendgrid: SendGrid,
) -> None:
    sendgrid.fail("drop", accept=True, times=1)
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    assert take(opened(sendgrid.accepted[0]["id"])) == Received(1, 0)
    assert reconcile(now=LATER).found == 1
    assert Message.objects.get().opened_at == NOW + HOUR
