"""Calls leave events, customers and attributes behind: all of it once, or none of it."""

import datetime as dt
import random
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from profiles.core.consent import ConsentChange
from profiles.models import Customer, LifecycleState
from profiles.operations.ingest import Ingested, ProfileUpdate, update_profiles
from profiles.queries import consents
from tests.database.calls import (
    NOW,
    call,
    history,
    identify,
    owner,
    query,
    tables,
    take,
    track,
    user,
)
from tests.database.threads import together, until_somebody_waits

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def test_an_event_is_stored_as_it_was_sent() -> None:
    sent = track("ann", at=NOW - HOUR, properties={"a": 'x"\\\n\t\u2028é'}, context={"ip": "::1"})
    take(sent)
    (row,) = query(
        "SELECT customer_id, name, at, received_at, source, message_id, properties->>'a',"
        " context::text, xid = pg_current_xact_id() FROM profiles_event WHERE name = 'Signed Up'"
    )
    assert row == (
        user("ann"),
        "Signed Up",
        NOW - HOUR,
        NOW,
        "shop",
        sent.message_id,
        'x"\\\n\t\u2028é',
        '{"ip": "::1"}',
        True,
    )


@pytest.mark.parametrize(
    "naughty", ["\\N", "\\.", "tab\there", "line\nbreak\r", "\\", "'; --", "\x01", "🦊"]
)
def test_names_and_ids_are_taken_literally(naughty: str) -> None:
    take(track(naughty, naughty, message_id=naughty))
    stored = query("SELECT name, message_id FROM profiles_event WHERE source <> 'system'")
    assert stored == [(naughty, naughty)]
    assert take(track(naughty, naughty, message_id=naughty)).taken == 0
    assert owner("user_id", naughty)


def test_nothing_sent_nothing_done() -> None:
    assert take() == Ingested()


def test_a_new_customer_starts_with_customer_created_at_their_first_event() -> None:
    take(track("ann", at=NOW - HOUR), track("ben", at=NOW + HOUR))
    assert history(user("ann"))[:2] == ["customer.created", "Signed Up"]
    created = query(
        "SELECT at, source FROM profiles_event WHERE name = 'customer.created' ORDER BY id"
    )
    assert created == [(NOW - HOUR, "system"), (NOW + HOUR, "system")]
    assert Customer.objects.get(pk=user("ann")).created_at == NOW - HOUR
    assert Customer.objects.get(pk=user("ben")).created_at == NOW


def test_ids_follow_the_order_of_the_calls() -> None:
    names = [f"user {number:03}" for number in random.Random(7).sample(range(200), 200)]
    take(*(track(name) for name in names))
    ids = [user(name) for name in names]
    assert ids == sorted(ids)
    assert ids[-1] - ids[0] == 199


def test_sending_everything_again_changes_nothing() -> None:
    calls = [
        *(track(f"u{n % 7}", visitor=f"v{n % 11}") for n in range(40)),
        *(identify(f"u{n}", f"v{n}", email=f"u{n}@shop.example") for n in range(9)),
    ]
    first = take(*calls)
    before = tables()
    assert first.taken == len(calls)
    assert take(*calls) == Ingested(repeated=len(calls))
    assert take(*calls[:5], *calls[3:9]).repeated == 11
    assert tables() == before


def test_a_message_id_counts_once_in_a_batch_and_the_first_use_counts() -> None:
    found = take(track("ann", "First", message_id="m"), track("ann", "Second", message_id="m"))
    assert (found.taken, found.repeated) == (1, 1)
    assert "Second" not in history(user("ann"))


def test_message_ids_of_different_senders_do_not_meet() -> None:
    for source in ("shop", "app"):
        assert take(track("ann", message_id="m"), source=source).taken == 1


def test_calls_without_a_message_id_are_all_taken() -> None:
    calls = [track("ann", message_id=""), track("ann", message_id="")]
    assert take(*calls).taken == take(*calls).taken == 2


def test_the_number_of_statements_does_not_depend_on_the_number_of_calls() -> None:
    def statements(size: int, prefix: str) -> int:
        take(*(call("page", visitor=f"{prefix}{n}") for n in range(size)))
        calls = [
            identify(f"{prefix}{n}", f"{prefix}{n}", email=f"{prefix}{n}@a.cz") for n in range(size)
        ]
        events = [
            track(f"{prefix}{n}", "Order Completed", properties={"revenue": n}) for n in range(size)
        ]
        with CaptureQueriesContext(connection) as seen:
            take(*calls, *events, *(track(f"new {prefix}{n}") for n in range(size)))
        return len(seen)

    assert statements(2, "few") == statements(60, "many")


def test_traits_become_attributes_and_four_of_them_columns() -> None:
    take(identify("ann", email=" Ann@Shop.EXAMPLE", phone="0170 1234567", country="DE",
                  timezone="europe/berlin", locale="de_de", plan="pro"))  # fmt: skip
    ann = Customer.objects.get(pk=user("ann"))
    assert (ann.email, ann.phone) == ("ann@shop.example", "+491701234567")
    assert (ann.timezone, ann.locale, ann.identified) == ("Europe/Berlin", "de-DE", True)
    assert ann.attributes == {
        "email": "ann@shop.example",
        "phone": "+491701234567",
        "country": "DE",
        "timezone": "Europe/Berlin",
        "locale": "de-DE",
        "plan": "pro",
    }


def test_null_removes_an_attribute() -> None:
    take(identify("ann", email="ann@a.cz", plan="pro", city="Prague"))
    take(identify("ann", email=None, plan=None))
    ann = Customer.objects.get(pk=user("ann"))
    assert (ann.attributes, ann.email) == ({"city": "Prague"}, "")


def test_within_a_batch_the_latest_moment_has_the_last_word() -> None:
    take(
        identify("ann", at=NOW, plan="new", a=1),
        identify("ann", at=NOW - HOUR, plan="old", b=2),
        identify("ann", at=NOW - HOUR, plan="older still in the list", c=None),
    )
    assert Customer.objects.get(pk=user("ann")).attributes == {"plan": "new", "a": 1, "b": 2}


def test_an_unreadable_trait_is_left_out_and_named_with_its_call() -> None:
    take(identify("ann", phone="+491701234567"))
    found = take(track("ben"), identify("ann", phone="home", city="Prague"))
    assert [(w.place, w.problem.code) for w in found.warnings] == [(1, "invalid_phone")]
    assert Customer.objects.get(pk=user("ann")).attributes == {
        "phone": "+491701234567",
        "city": "Prague",
    }


def test_a_national_number_is_read_with_the_country_on_record() -> None:
    take(identify("ann", country="DE"))
    take(identify("ann", phone="0170 1234567"))
    assert Customer.objects.get(pk=user("ann")).phone == "+491701234567"


def test_an_identify_that_says_nothing_new_writes_nothing() -> None:
    take(identify("ann", plan="pro", tags=[]))
    before = Customer.objects.get(pk=user("ann")).updated_at
    take(identify("ann", plan="pro", tags=[]), now=NOW + HOUR)
    assert Customer.objects.get(pk=user("ann")).updated_at == before
    take(identify("ann", tags=["x"]), now=NOW + HOUR)
    assert Customer.objects.get(pk=user("ann")).updated_at == NOW + HOUR


def test_who_leaves_an_address_is_identified() -> None:
    take(call("page", visitor="v1"), identify("", "v2", email="ann@a.cz"), track("ben"))
    keys = (("anonymous_id", "v1"), ("anonymous_id", "v2"), ("user_id", "ben"))
    flags = [Customer.objects.get(pk=owner(*key)).identified for key in keys]
    assert flags == [False, True, True]


def test_equal_addresses_join_nobody_and_the_first_owner_keeps_theirs() -> None:
    take(identify("ann", email="family@a.cz"))
    take(identify("ben", email="family@a.cz"), identify("eve", email="eve@a.cz"))
    assert len({user("ann"), user("ben"), user("eve")}) == 3
    assert owner("email", "family@a.cz") == user("ann")
    assert Customer.objects.get(pk=user("ben")).email == "family@a.cz"


def test_the_lifecycle_follows_in_the_same_transaction() -> None:
    take(track("ann", "Order Completed", properties={"order_id": "1", "revenue": 10}))
    assert LifecycleState.objects.get(customer_id=user("ann")).segment == "first_time_buyer"
    assert history(user("ann"))[-1] == "lifecycle.changed"


def test_a_failure_leaves_nothing_behind() -> None:
    before = tables()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        take(identify("ann", email="ann@a.cz"), track("ben"))
        raise ZeroDivisionError
    assert tables() == before


def test_sojourn_changes_profiles_and_logs_it_as_its_own() -> None:
    take(identify("ann", plan="free", city="Prague"))
    ann = user("ann")
    refusal = ConsentChange(customer_id=ann, channel="sms", state="unsubscribed")
    changed = update_profiles(
        [
            ProfileUpdate(customer_id=ann, set={"plan": "pro"}, unset=["city"]),
            ProfileUpdate(customer_id=ann, set={"vip": True}, consents=[refusal]),
            ProfileUpdate(customer_id=0, set={"plan": "pro"}),
        ],
        now=NOW,
    )
    assert changed == 1
    assert Customer.objects.get(pk=ann).attributes == {"plan": "pro", "vip": True}
    assert consents.blocked([(ann, "sms", "")]) == {(ann, "sms", ""): "unsubscribed"}
    logged = query(
        "SELECT properties->>'plan', properties->>'vip', properties ? 'city' FROM profiles_event "
        "WHERE customer_id = %s AND name = 'identify' AND source = 'system'",
        ann,
    )
    assert logged == [("pro", "true", True)]


@pytest.mark.django_db(transaction=True)
def test_fifty_senders_of_one_message_have_one_effect() -> None:
    sent = identify("ann", "cookie", email="ann@a.cz")
    results = together([lambda: take(sent)] * 50)
    assert sorted(result.taken for result in results) == [0] * 49 + [1]
    assert sum(result.created for result in results) == 1
    assert history(user("ann")).count("identify") == 1


@pytest.mark.django_db(transaction=True)
def test_one_stranger_in_many_batches_becomes_one_customer() -> None:
    def batch(number: int) -> Ingested:
        rng = random.Random(number)
        names = rng.sample([f"s{n}" for n in range(20)], 20)
        return take(*(track(name, message_id=f"{number}-{name}") for name in names))

    results = together([lambda n=n: batch(n) for n in range(8)])
    assert sum(result.created for result in results) == 20
    assert query("SELECT count(*), count(DISTINCT customer_id) FROM profiles_identifier") == [
        (20, 20)
    ]
    assert [history(user(f"s{n}")).count("Signed Up") for n in range(20)] == [8] * 20


@pytest.mark.django_db(transaction=True)
def test_batches_over_the_same_customers_in_any_order_never_get_stuck() -> None:
    people = [f"p{n}" for n in range(12)]
    take(*(identify(name, email=f"{name}@a.cz") for name in people))

    def worker(seed: int) -> int:
        rng, taken = random.Random(seed), 0
        for turn in range(12):
            calls = []
            for name in rng.sample(people, 6):
                calls.append(track(name, "Cart Updated", message_id=f"{seed}-{turn}-{name}"))
                if rng.random() < 0.5:
                    calls.append(identify(name, f"v{rng.randrange(12)}", n=rng.randrange(9)))
                if rng.random() < 0.2:
                    calls.append(call("page", visitor=f"v{rng.randrange(12)}"))
            rng.shuffle(calls)
            taken += take(*calls, source=str(seed)).taken
        return taken

    taken = sum(together([lambda s=s: worker(s) for s in range(6)]))
    (stored,) = query(
        "SELECT count(*) FROM profiles_event WHERE source <> 'system' AND source <> 'shop'"
    )
    assert stored[0] >= taken
    assert not query(
        "SELECT FROM profiles_event e JOIN profiles_customer c ON c.id = e.customer_id "
        "WHERE c.merged_into_id IS NOT NULL"
    )
    assert not query(
        "SELECT customer_id FROM profiles_identifier WHERE kind = 'user_id' "
        "GROUP BY customer_id HAVING count(*) > 1"
    )


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_loses_a_race_for_an_identifier_starts_over() -> None:
    taken = Event()

    def win() -> Ingested:
        with transaction.atomic():
            found = take(track("ann", "First"), track("eve", "First"))
            taken.set()
            until_somebody_waits()
        return found

    def lose() -> Ingested:
        taken.wait(30)
        return take(track("ann", "Second"), track("ben", "Second"))

    won, lost = together([win, lose])
    assert (won.created, lost.created) == (2, 1)
    assert {"First", "Second"} <= set(history(user("ann")))
    assert query("SELECT count(*) FROM profiles_customer") == [(3,)]


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_chosen_to_end_a_deadlock_starts_over() -> None:
    take(track("ann"))
    sent = track("ann", "Afterwards", message_id="contested")
    held = Event()

    def stand_in_the_way() -> int:
        with transaction.atomic():
            query("SELECT set_config('deadlock_timeout', '1min', true)")
            query("SELECT FROM profiles_customer WHERE id = %s FOR UPDATE", user("ann"))
            held.set()
            until_somebody_waits()
            key = "INSERT INTO profiles_eventkey VALUES ('shop', 'contested', now()) RETURNING 1"
            query(key)
            transaction.set_rollback(True)
        return 0

    def come() -> int:
        held.wait(30)
        return take(sent).taken

    assert together([stand_in_the_way, come]) == [0, 1]
    assert "Afterwards" in history(user("ann"))
