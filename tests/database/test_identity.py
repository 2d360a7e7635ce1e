"""Histories join when a person says who they are, and never on a likeness."""

import datetime as dt

import pytest

from profiles.models import Customer
from profiles.operations.ingest import Ingested
from tests.database.calls import (
    NOW,
    alias,
    call,
    history,
    identify,
    owner,
    query,
    take,
    track,
    user,
)
from tests.database.threads import together

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def visit(visitor: str, name: str = "Product Viewed", **given: object) -> Ingested:
    return take(call("track", visitor=visitor, name=name, **given))


def test_a_visitor_who_signs_up_stays_the_same_customer() -> None:
    visit("cookie")
    before = owner("anonymous_id", "cookie")
    found = take(identify("ann", "cookie", email="ann@a.cz"))
    assert (found.created, found.merged) == (0, 0)
    assert user("ann") == before == owner("email", "ann@a.cz")


def test_a_visitor_who_logs_in_brings_their_history_along() -> None:
    take(identify("ann", plan="pro"))
    visit("cookie", at=NOW - HOUR)
    take(identify("", "cookie", plan="free", city="Prague", email="ann@a.cz"))
    visitor = owner("anonymous_id", "cookie")
    found = take(identify("ann", "cookie", name="Ann"))
    assert found.merged == 1
    ann = Customer.objects.get(pk=user("ann"))
    assert owner("anonymous_id", "cookie") == owner("email", "ann@a.cz") == ann.pk
    assert ann.attributes == {
        "plan": "pro",
        "city": "Prague",
        "email": "ann@a.cz",
        "name": "Ann",
    }
    assert (ann.email, ann.identified) == ("ann@a.cz", True)
    assert "Product Viewed" in history(ann.pk)
    assert history(visitor or 0) == []
    assert Customer.objects.get(pk=visitor).merged_into_id == ann.pk


def test_three_histories_of_one_person_become_one_in_time_order() -> None:
    take(call("track", visitor="web", name="Web", at=NOW - 3 * HOUR))
    take(track("card-1", "Shop", at=NOW - 2 * HOUR))
    take(call("track", visitor="phone", name="App", at=NOW - HOUR))
    take(identify("ann", "web"), identify("ann", "phone"), alias("ann", "card-1"))
    names = query(
        "SELECT name FROM profiles_event WHERE customer_id = %s "
        "AND name IN ('Web', 'Shop', 'App') ORDER BY at",
        user("ann"),
    )
    assert [name for (name,) in names] == ["Web", "Shop", "App"]
    assert query("SELECT count(*) FROM profiles_customer WHERE merged_into_id IS NULL") == [(1,)]


def test_only_identify_brings_a_stored_visitor_along() -> None:
    visit("cookie")
    take(track("ann", visitor="cookie"), call("page", "ann", visitor="cookie"))
    assert owner("anonymous_id", "cookie") != user("ann")
    take(identify("ann", "cookie"))
    assert owner("anonymous_id", "cookie") == user("ann")


def test_on_a_shared_device_each_call_goes_to_the_user_it_names() -> None:
    take(identify("ann", "tablet"))
    found = take(identify("ben", "tablet"), track("ben", "Bens", visitor="tablet"))
    visit("tablet", "Nobodys")
    assert (found.created, found.merged) == (1, 0)
    assert "Bens" in history(user("ben"))
    assert "Nobodys" in history(user("ann"))


def test_alias_joins_two_known_customers_and_both_ids_lead_to_one() -> None:
    take(identify("old", plan="free", city="Prague"), identify("new", plan="pro"))
    old = user("old")
    assert take(alias("new", "old")).merged == 1
    assert user("old") == user("new") != old
    assert Customer.objects.get(pk=user("new")).attributes == {"plan": "pro", "city": "Prague"}
    assert take(alias("new", "old")).merged == 0


def test_alias_renames_a_customer() -> None:
    take(identify("old", plan="free"))
    assert take(alias("new", "old")) == Ingested(taken=1)
    assert user("new") == user("old")


def test_an_alias_that_comes_first_holds_later() -> None:
    take(alias("new", "old"))
    take(track("old", "Late"), call("track", visitor="old", name="Later"))
    assert {"Late", "Later"} <= set(history(user("new")))


def test_the_traits_of_the_call_that_joins_win_over_both() -> None:
    take(identify("ann", city="Brno"), identify("", "cookie", city="Prague", plan="free"))
    take(identify("ann", "cookie", city="Oslo", plan=None))
    assert Customer.objects.get(pk=user("ann")).attributes == {"city": "Oslo"}


def test_a_joined_history_counts_for_the_lifecycle() -> None:
    visit("cookie", "Order Completed", properties={"order_id": "1", "revenue": 5}, at=NOW - HOUR)
    take(track("ann", "Order Completed", properties={"order_id": "2", "revenue": 7}))
    take(identify("ann", "cookie"))
    rows = query("SELECT customer_id, orders, revenue FROM profiles_lifecyclestate")
    assert rows == [(user("ann"), 2, 12)]


def test_the_survivor_gets_customer_merged() -> None:
    take(identify("ann"))
    visit("cookie")
    visitor = owner("anonymous_id", "cookie")
    take(identify("ann", "cookie"))
    merged = query(
        "SELECT customer_id, (properties->>'merged')::bigint, (properties->>'into')::bigint "
        "FROM profiles_event WHERE name = 'customer.merged'"
    )
    assert merged == [(user("ann"), visitor, user("ann"))]


@pytest.mark.django_db(transaction=True)
def test_two_users_who_claim_one_visitor_at_once_stay_two() -> None:
    for turn in range(8):
        visit(f"cookie {turn}")
        users = [f"{name} {turn}" for name in ("ann", "ben", "eve", "joe")]
        together([lambda u=u, t=turn: take(identify(u, f"cookie {t}")) for u in users])
        assert len({user(name) for name in users}) == 4
        assert owner("anonymous_id", f"cookie {turn}") in {user(name) for name in users}


@pytest.mark.django_db(transaction=True)
def test_events_that_arrive_during_a_merge_end_up_with_the_survivor() -> None:
    for turn in range(6):
        visitor, name = f"cookie {turn}", f"ann {turn}"
        take(identify(name), call("page", visitor=visitor))
        together(
            [lambda v=visitor, n=n: visit(v, f"Visit {n}") for n in range(5)]
            + [lambda v=visitor, a=name: take(identify(a, v))]
        )
        visits = [entry for entry in history(user(name)) if entry.startswith("Visit")]
        assert len(visits) == 5
    assert not query(
        "SELECT FROM profiles_event e JOIN profiles_customer c ON c.id = e.customer_id "
        "WHERE c.merged_into_id IS NOT NULL"
    )
