"""Consents have a present state, a history that only grows, and an event for each change."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from profiles.core.consent import ConsentChange as Change
from profiles.models import Consent, ConsentChange
from profiles.operations.consent import set_consents
from profiles.queries.consents import blocked, of
from tests.database.calls import NOW, identify, query, take, user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def ann() -> int:
    take(identify("ann"))
    return user("ann")


def change(who: int, state: str, channel: str = "email", **given: Any) -> Change:
    return Change(customer_id=who, channel=channel, state=state, **given)


def test_a_change_is_kept_with_its_proof_and_told_in_an_event(ann: int) -> None:
    proof = {"ip": "::1", "text": "Yes, write to me"}
    given = change(ann, "subscribed", topic="news", source="form", proof=proof, at=NOW - DAY)
    assert set_consents([given], now=NOW) == 1
    assert of([ann]) == {
        ann: [
            {
                "channel": "email",
                "topic": "news",
                "state": "subscribed",
                "source": "form",
                "proof": proof,
                "at": "2026-11-20T12:00:00.000Z",
            }
        ]
    }
    event = query(
        "SELECT at, source, properties - 'channel' - 'topic' FROM profiles_event "
        "WHERE name = 'consent.changed'"
    )
    told = '{"state": "subscribed", "source": "form", "previous": ""}'
    assert event == [(NOW - DAY, "system", told)]


def test_every_change_of_a_batch_is_in_the_history_and_the_last_one_counts(ann: int) -> None:
    words = ["subscribed", "unsubscribed", "unsubscribed", "subscribed", "pending"]
    assert set_consents([change(ann, word) for word in words], now=NOW) == 4
    assert Consent.objects.get().state == "pending"
    ledger = ConsentChange.objects.order_by("id").values_list("previous", "state")
    assert list(ledger) == [
        ("", "subscribed"),
        ("subscribed", "unsubscribed"),
        ("unsubscribed", "subscribed"),
        ("subscribed", "pending"),
    ]


def test_a_word_older_than_the_one_on_record_is_passed_over(ann: int) -> None:
    set_consents([change(ann, "unsubscribed", at=NOW)], now=NOW)
    assert set_consents([change(ann, "subscribed", at=NOW - DAY)], now=NOW) == 0
    assert Consent.objects.get().state == "unsubscribed"


def test_repetitions_and_strangers_are_passed_over(ann: int) -> None:
    set_consents([change(ann, "subscribed")], now=NOW)
    assert set_consents([change(ann, "subscribed"), change(0, "subscribed")], now=NOW + DAY) == 0
    assert set_consents([], now=NOW) == 0


def test_the_history_cannot_be_rewritten(ann: int) -> None:
    set_consents([change(ann, "unsubscribed")], now=NOW)
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        ConsentChange.objects.update(state="subscribed")


def test_refusals_are_found_for_many_in_one_query(ann: int, settings: Any) -> None:
    take(identify("ben"), identify("eve"))
    ben, eve = user("ben"), user("eve")
    set_consents(
        [
            change(ann, "unsubscribed"),
            change(ben, "unsubscribed", topic="news"),
            change(eve, "subscribed", topic="news"),
            change(eve, "pending", channel="sms"),
        ],
        now=NOW,
    )
    wishes = [(who, channel, topic) for who in (ann, ben, eve)
              for channel, topic in (("email", ""), ("email", "news"), ("sms", ""))]  # fmt: skip
    with CaptureQueriesContext(connection) as seen:
        found = blocked(wishes)
    assert len(seen) == 1
    assert found == {
        (ann, "email", ""): "unsubscribed",
        (ann, "email", "news"): "unsubscribed",
        (ben, "email", "news"): "topic_unsubscribed",
        (eve, "sms", ""): "consent_pending",
    }
    settings.SOJOURN_CONSENT = "opt_in"
    assert (eve, "email", "news") not in blocked(wishes)
    assert blocked(wishes)[ben, "sms", ""] == "no_consent"
    assert blocked([]) == {}


def test_many_changes_take_as_many_statements_as_one() -> None:
    take(*(identify(f"u{n}") for n in range(30)))
    people = [user(f"u{n}") for n in range(30)]

    def statements(who: list[int]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert set_consents([change(one, "subscribed") for one in who], now=NOW) == len(who)
        return len(seen)

    assert statements(people[:1]) == statements(people[1:])
