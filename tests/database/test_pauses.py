"""A pause of everything: a consent of its own, with history, events, an end, and merges."""

import datetime as dt

import pytest

from profiles.core.consent import EVERY, ConsentChange
from profiles.core.identity import Joining
from profiles.models import Consent
from profiles.operations import pauses
from profiles.operations.consent import set_consents
from profiles.operations.merge import merge
from profiles.queries import consents
from tests.database import letters
from tests.database.calls import query
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def paused(customer: int, days: int, *, at: dt.datetime = NOW) -> ConsentChange:
    return ConsentChange(
        customer_id=customer, channel=EVERY, state="paused", at=at, until=at + days * DAY
    )


def resumed(customer: int, *, at: dt.datetime) -> ConsentChange:
    return ConsentChange(customer_id=customer, channel=EVERY, state="resumed", at=at)


def test_its_end_is_told_and_is_an_event_at_its_own_instant() -> None:
    (ann,) = letters.customers(1)
    assert set_consents([paused(ann, 7)], now=NOW) == 1
    assert consents.of([ann])[ann][0]["until"] == "2026-12-08T10:00:00.000Z"
    assert consents.paused(ann) == consents.next_due() == NOW + 7 * DAY
    assert pauses.end_due(now=NOW + 9 * DAY) == 1
    assert (consents.paused(ann), consents.next_due()) == (None, None)
    assert query(
        "SELECT at, properties->>'state', properties->>'until' FROM profiles_event"
        " WHERE name = 'consent.changed' ORDER BY at"
    ) == [(NOW, "paused", "2026-12-08T10:00:00.000Z"), (NOW + 7 * DAY, "resumed", None)]


def test_only_a_pause_can_be_ended_and_repeating_it_changes_nothing() -> None:
    (ann,) = letters.customers(1)
    assert set_consents([resumed(ann, at=NOW)], now=NOW) == 0
    assert set_consents([paused(ann, 7), paused(ann, 7)], now=NOW) == 1
    assert set_consents([paused(ann, 30)], now=NOW) == 1
    assert set_consents([resumed(ann, at=NOW + DAY)] * 2, now=NOW + DAY) == 1


@pytest.mark.parametrize(
    ("kept", "gone", "until"),
    [
        ([], [("paused", 0)], NOW + 7 * DAY),
        ([("paused", 0), ("resumed", 2)], [("paused", 1)], None),
        ([("paused", 0), ("resumed", 1)], [("paused", 2)], NOW + 9 * DAY),
        ([("paused", 1)], [("paused", 0), ("resumed", 2)], NOW + 8 * DAY),
    ],
)
def test_of_two_customers_the_later_pause_lasts(
    kept: list[tuple[str, int]], gone: list[tuple[str, int]], until: dt.datetime | None
) -> None:
    ann, ben = letters.customers(2)
    for customer, words in ((ann, kept), (ben, gone)):
        for state, day in words:
            at = NOW + day * DAY
            change = resumed(customer, at=at) if state == "resumed" else paused(customer, 7, at=at)
            set_consents([change], now=at)
    merge([Joining(ann, ben, "operator")], now=NOW + 3 * DAY)
    assert consents.paused(ann) == until
    assert not Consent.objects.filter(customer=ben).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "email", "state": "paused", "until": NOW},
        {"channel": EVERY, "state": "subscribed"},
        {"channel": EVERY, "state": "paused"},
        {"channel": EVERY, "state": "resumed", "until": NOW},
        {"channel": EVERY, "state": "paused", "until": NOW, "topic": "news"},
    ],
)
def test_a_pause_has_all_channels_no_topic_and_an_end(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="pause"):
        ConsentChange(customer_id=1, **fields)  # type: ignore[arg-type]
