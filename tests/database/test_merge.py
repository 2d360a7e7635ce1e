"""A merge moves everything, says what it moved, and can be repeated without harm."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.core.consent import ConsentChange
from profiles.core.identity import Joining
from profiles.models import Consent, Customer, Merge
from profiles.operations.consent import set_consents
from profiles.operations.merge import merge
from profiles.queries import customers
from tests.database.calls import NOW, history, identify, query, tables, take, track, user
from tests.database.threads import together

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def pair(into: str, merged: str) -> Joining:
    return Joining(user(into), user(merged), "operator")


def agree(who: str, state: str, at: dt.datetime, topic: str = "") -> None:
    change = ConsentChange(
        customer_id=user(who), channel="email", topic=topic, state=state, at=at, source="form"
    )
    set_consents([change], now=NOW)


def states(who: str) -> dict[str, str]:
    rows = Consent.objects.filter(customer_id=user(who)).values_list("topic", "state")
    return dict(rows)


def test_a_merge_may_be_repeated() -> None:
    take(identify("ann"), identify("ben"))
    joining = pair("ann", "ben")
    assert merge([joining], now=NOW) == 1
    before = tables()
    assert merge([joining], now=NOW + DAY) == 0
    assert merge([Joining(joining.survivor, joining.survivor, "operator")], now=NOW) == 0
    assert merge([Joining(joining.survivor, 0, "operator")], now=NOW) == 0
    assert tables() == before


def test_the_ledger_keeps_what_moved() -> None:
    take(identify("ann", plan="pro"), identify("ben", plan="free", city="Prague", email="b@a.cz"))
    agree("ann", "subscribed", NOW - 3 * DAY)
    agree("ben", "unsubscribed", NOW - DAY)
    ben = user("ben")
    events = query("SELECT id FROM profiles_event WHERE customer_id = %s ORDER BY id", ben)
    merge([pair("ann", "ben")], now=NOW)
    row = Merge.objects.get()
    moved: dict[str, Any] = row.moved
    assert (row.survivor_id, row.merged_id, row.cause) == (user("ann"), ben, "operator")
    assert moved["events"] == [number for (number,) in events]
    assert moved["identifiers"] == [["email", "b@a.cz"], ["user_id", "ben"]]
    assert moved["attributes"] == ["city", "email"]
    assert [(c["state"], c["source"]) for c in moved["consents"]] == [("unsubscribed", "form")]
    assert [c["state"] for c in moved["replaced_consents"]] == ["subscribed"]
    assert len(moved["consent_changes"]) == 1
    assert Customer.objects.get(pk=ben).attributes["plan"] == "free"


def test_consents_move_and_the_kept_customers_word_stands() -> None:
    take(identify("ann"), identify("ben"))
    agree("ann", "unsubscribed", NOW - 3 * DAY, "news")
    agree("ben", "subscribed", NOW - DAY, "news")
    agree("ben", "subscribed", NOW - DAY, "offers")
    merge([pair("ann", "ben")], now=NOW)
    assert states("ann") == {"news": "unsubscribed", "offers": "subscribed"}


def test_a_later_refusal_of_the_merged_customer_is_heeded() -> None:
    take(identify("ann"), identify("ben"), identify("eve"))
    agree("ann", "subscribed", NOW - 3 * DAY, "later")
    agree("ben", "unsubscribed", NOW - DAY, "later")
    agree("ann", "subscribed", NOW - DAY, "earlier")
    agree("ben", "unsubscribed", NOW - 3 * DAY, "earlier")
    agree("ben", "subscribed", NOW, "either")
    agree("eve", "unsubscribed", NOW - DAY, "either")
    merge([pair("ann", "ben"), pair("ann", "eve")], now=NOW)
    assert states("ann") == {
        "later": "unsubscribed",
        "earlier": "subscribed",
        "either": "unsubscribed",
    }


def test_of_several_merged_customers_the_first_fills_the_gap() -> None:
    take(identify("ann", a=1), identify("ben", a=2, b=2), identify("eve", a=3, b=3, c=3))
    merge([pair("ann", "ben"), pair("ann", "eve")], now=NOW)
    assert Customer.objects.get(pk=user("ann")).attributes == {"a": 1, "b": 2, "c": 3}


def test_the_lifecycle_counts_the_orders_of_both() -> None:
    for name in ("ann", "ben"):
        take(track(name, "Order Completed", properties={"order_id": name, "revenue": 10}))
    merge([pair("ann", "ben")], now=NOW)
    assert query("SELECT customer_id, orders FROM profiles_lifecyclestate") == [(user("ann"), 2)]
    assert history(user("ann"))[-2:] == ["customer.merged", "lifecycle.changed"]


def test_whoever_asks_for_a_merged_customer_finds_the_one_they_became() -> None:
    take(identify("ann"), identify("ben"), identify("eve"))
    ann, ben, eve = user("ann"), user("ben"), user("eve")
    merge([Joining(ben, eve, "operator")], now=NOW)
    merge([Joining(ann, ben, "operator")], now=NOW)
    assert customers.current([ann, ben, eve, 0]) == {ann: ann, ben: ann, eve: ann}
    assert customers.find(str(eve)) == customers.find("user_id:eve") == ann


def test_a_merge_of_many_takes_as_many_statements_as_a_merge_of_one() -> None:
    names = [f"u{n}" for n in range(22)]
    take(*(identify(name, n=name) for name in names))

    def statements(pairs: list[Joining]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert merge(pairs, now=NOW) == len(pairs)
        return len(seen)

    few = statements([pair("u0", "u1")])
    assert statements([pair(f"u{n}", f"u{n + 1}") for n in range(2, 22, 2)]) == few


@pytest.mark.django_db(transaction=True)
def test_merges_of_one_pair_at_once_merge_it_once() -> None:
    take(identify("ann"), identify("ben"))
    joining = pair("ann", "ben")
    assert sorted(together([lambda: merge([joining], now=NOW)] * 6)) == [0, 0, 0, 0, 0, 1]


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_merges_one_happens() -> None:
    take(identify("ann"), identify("ben"))
    there, back = pair("ann", "ben"), pair("ben", "ann")
    done = together([lambda: merge([there], now=NOW), lambda: merge([back], now=NOW)])
    assert sorted(done) == [0, 1]
    assert user("ann") == user("ben")
