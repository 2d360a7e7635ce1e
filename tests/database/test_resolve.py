"""What an operator decides about messages that stopped: conditional, in sets, on the record."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.core.message import ACTIONS, STATUSES, Action, Outcome, decided
from channels.models import Attempt, Message
from channels.operations import outcomes
from channels.operations.announce import Subject
from channels.operations.dispatch import dispatch
from channels.operations.resolve import resolve
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(days=2)


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


def stopped(status: str, count: int = 1, **fields: Any) -> list[int]:
    """Messages that were tried once at NOW and stand at `status`."""
    ids = letters.enqueue(letters.customers(count), **fields)
    Message.objects.filter(pk__in=ids).update(
        status=status, reason="connection_lost", attempts=12, send_after=NOW
    )
    Attempt.objects.bulk_create(
        Attempt(message_id=pk, number=1, started_at=NOW, finished_at=NOW, outcome="unknown")
        for pk in ids
    )
    return ids


def test_marked_as_sent_it_left_when_its_last_attempt_began() -> None:
    ids = stopped("unknown")
    assert resolve(ids, action="sent", by="admin:anna", now=LATER) == 1
    message = Message.objects.get()
    assert (message.status, message.sent_at, message.reason) == ("sent", NOW, "connection_lost")
    assert [name for _, name, _ in letters.events()] == ["message.sent"]


def test_dropped_it_has_failed_and_says_why() -> None:
    ids = stopped("unknown")
    assert resolve(ids, action="drop", by="api", now=LATER) == 1
    assert letters.statuses() == {"failed:dropped": 1}
    [(_, name, told)] = letters.events()
    assert (name, told["reason"]) == ("message.failed", "dropped")


@pytest.mark.parametrize("status", ["unknown", "failed", "expired"])
def test_sent_again_it_starts_anew_under_its_old_id(status: str) -> None:
    ids = stopped(status)
    uid = Message.objects.get().uid
    assert resolve(ids, action="resend", by="admin:anna", now=LATER) == 1
    message = Message.objects.get()
    assert (message.status, message.reason, message.attempts) == ("queued", "", 0)
    assert (message.send_after, message.uid) == (LATER, uid)
    assert dispatch(now=LATER).sent == 1
    assert letters.statuses() == {"sent": 1}


@pytest.mark.parametrize(("channel", "hours"), [("email", 24), ("sms", 4)])
def test_a_life_that_is_over_begins_again_as_long_as_usual(channel: str, hours: int) -> None:
    ids = stopped("expired", channels=(channel,), expires_at=NOW + dt.timedelta(hours=1))
    resolve(ids, action="resend", by="api", now=LATER)
    message = Message.objects.get()
    assert (message.expires_at, message.firm) == (LATER + dt.timedelta(hours=hours), False)


def test_a_life_that_is_not_over_stays_as_it_is() -> None:
    ends = LATER + dt.timedelta(minutes=5)
    ids = stopped("failed", expires_at=ends)
    resolve(ids, action="resend", by="api", now=LATER)
    message = Message.objects.get()
    assert (message.expires_at, message.firm) == (ends, True)


def test_who_decided_stands_among_the_attempts() -> None:
    ids = stopped("unknown")
    resolve(ids, action="resend", by="admin:anna", now=LATER)
    row = Attempt.objects.get(number=2)
    assert (row.outcome, row.detail) == ("decided", "resend: admin:anna")
    assert row.started_at == row.finished_at == LATER


@pytest.mark.parametrize("action", list(ACTIONS))
def test_nothing_moves_but_what_the_table_allows(action: Action) -> None:
    ids = [pk for status in STATUSES for pk in stopped(status, journey=status)]
    assert resolve(ids, action=action, by="api", now=LATER) == len(decided(action))
    for status in STATUSES:
        end = decided(action).get(status, status)
        assert Message.objects.get(journey=status).status == end


def test_what_was_decided_is_not_decided_twice() -> None:
    ids = stopped("unknown")
    assert resolve(ids, action="resend", by="api", now=LATER) == 1
    assert resolve(ids, action="resend", by="api", now=LATER) == 0
    assert resolve(ids, action="drop", by="api", now=LATER) == 0
    assert Attempt.objects.count() == 2


def test_a_late_worker_that_knows_better_keeps_it_from_leaving_again() -> None:
    ids = stopped("unknown")
    resolve(ids, action="resend", by="api", now=LATER)
    row = Attempt.objects.get(number=1)
    message = Message.objects.get()
    subject = Subject(message.customer_id, message.uid, None, "cart", 1, "mail", 1, "", "email")
    late = outcomes.Attempt(row.pk, 1, message.pk, message.fence, subject, "", None)
    taken = Outcome(kind="accepted", provider_id="p1")
    outcomes.finish([outcomes.Result(late, taken)], now=LATER)
    assert letters.statuses() == {"sent": 1}
    assert dispatch(now=LATER).claimed == 0


@pytest.mark.parametrize("action", list(ACTIONS))
def test_the_number_of_queries_does_not_grow_with_the_messages(action: Action) -> None:
    resolve(stopped("unknown", journey="warm"), action=action, by="api", now=LATER)
    one, many = stopped("unknown", journey="one"), stopped("unknown", 20, journey="many")
    counts = []
    for ids in (one, many):
        with CaptureQueriesContext(connection) as queries:
            assert resolve(ids, action=action, by="api", now=LATER) == len(ids)
        counts.append(len(queries))
    assert counts[0] == counts[1]
