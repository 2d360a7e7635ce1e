"""Whoever asks to be forgotten is: proven by a search of the whole database."""

import datetime as dt
import json
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.core.receipt import Receipt
from channels.models import Attempt, Call, Device, Link, LinkCheck, Message, Suppression
from channels.models import Receipt as ReceiptRow
from channels.operations.receive import receive
from config import privacy
from journeys.models import DateEntry, Enrollment, SetAside, Version
from profiles.core.answers import Refused
from profiles.core.consent import ConsentChange
from profiles.core.identity import Joining
from profiles.models import AuditEntry, Customer, ErasedAddress, Event
from profiles.operations.consent import set_consents
from profiles.operations.merge import merge
from profiles.operations.segments import save as save_segment
from tests.database.canaries import places_of, tables
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "quetzalcoatl"
MAIL = f"{CANARY}@example.com"
PHONE = "+12025550177"
NEWS = """
journey: news
enter: {on: [{event: Cart Updated}], again: always, key: cart_id, holdout: 0}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: hello
    send:
      channel: email
      subject: "Hello {{ customer.firstName }}"
      html: '<a href="https://shop.example/?u={{ customer.email|urlencode }}">your page</a>
        <a href="https://shop.example/news">news</a>'
  - id: listening
    wait_for:
      any: [{event: Reading, then: end}]
      timeout: 3d
      then: again
  - id: again
    send: {channel: sms, text: "{{ customer.firstName }}?"}
"""


@pytest.fixture
def known(settings: Any) -> World:
    """Somebody with a row in every place, under two identities, and Bob, who stays."""
    settings.SOJOURN_SANDBOX, settings.SOJOURN_GLOBAL_CONTROL = True, 0
    world = World()
    world.journey(NEWS)
    save_segment("all", title="", revision=None, now=world.now,
                 condition={"event": "Cart Updated"})  # fmt: skip
    about = {"firstName": CANARY, "email": MAIL, "phone": PHONE, "note": f"likes {CANARY}"}
    world.meet("forgetful", **about)
    world.meet("bob")
    world.meet(f"second-{CANARY}", lastName=CANARY)
    first, second = world.id("forgetful"), world.id(f"second-{CANARY}")
    words = [
        ConsentChange(customer_id=first, channel="push", state="pending", source="form",
                      proof={"ip": "192.0.2.7", "said": CANARY}),
        ConsentChange(customer_id=second, channel="email", topic=CANARY, state="unsubscribed",
                      source=CANARY),
    ]  # fmt: skip
    set_consents(words, now=world.now)
    world.does("forgetful", "Cart Updated", cart_id=f"cart-{CANARY}", value=3)
    world.does("bob", "Cart Updated", cart_id="cart-of-bob", value=3)
    merge([Joining(first, second, "operator")], now=world.now)
    world.settle()
    _leftovers(world, first)
    world.does("forgetful", "Order Completed", order_id=CANARY, revenue=7)
    return world


def _leftovers(world: World, first: int) -> None:
    """What the story itself does not leave behind."""
    now, walk = world.now, world.walk("forgetful", "news")
    message = Message.objects.filter(customer_id=first).latest("id")
    Message.objects.filter(pk=message.pk).update(provider_id=f"p-{CANARY}")
    Attempt.objects.create(
        message=message, number=9, started_at=now, detail=CANARY, provider_id=CANARY
    )
    receive([Receipt(key=f"k-{CANARY}", kind="opened", at=now, message_uid=str(message.uid),
                     detail={"ip": CANARY})], source="test", now=now)  # fmt: skip
    ReceiptRow.objects.create(source="test", key="stray", kind="bounced", at=now, received_at=now,
                              detail={"address": MAIL})  # fmt: skip
    Device.objects.create(customer_id=first, endpoint=f"https://push.example/{CANARY}",
                          created_at=now, last_seen_at=now)  # fmt: skip
    Call.objects.create(
        customer_id=first, enrollment_id=walk.pk, journey="news", version=1, step="score", visit=1,
        method="POST", url=f"https://api.example/{CANARY}", headers={"x": CANARY}, body=CANARY,
        timeout=10, retries=5, answer={"name": CANARY}, error=CANARY, call_after=now,
        created_at=now,
    )  # fmt: skip
    SetAside.objects.create(kind="event", ref_id=1, customer_id=first, error=CANARY, at=now)
    Suppression.objects.create(
        channel="sms", address=PHONE, reason="bounced", source=CANARY, at=now
    )
    personal = Link.objects.get(url__contains=CANARY)
    LinkCheck.objects.create(hash=personal.hash, url=personal.url, kind="link", verdict="ok",
                             checked_at=now)  # fmt: skip
    version = Version.objects.get(journey__slug="news")
    DateEntry.objects.create(version=version, trigger=0, customer_id=first, due_at=now)
    LogEntry.objects.create(
        user=User.objects.create_user("olga"), action_flag=CHANGE, object_id=str(first),
        content_type=ContentType.objects.get_for_model(Customer), object_repr=CANARY,
        change_message="",
    )  # fmt: skip


def test_nothing_is_left_of_them_anywhere(known: World) -> None:
    customer = known.id("forgetful")
    assert len(places_of(CANARY)) >= 25
    privacy.erase(customer, now=known.now)
    for text in (CANARY, MAIL, PHONE, "forgetful", "192.0.2.7", f"second-{CANARY}"):
        assert places_of(text) == set(), text


def test_what_is_about_others_stays(known: World) -> None:
    before = Event.objects.filter(customer_id=known.id("bob")).count()
    privacy.erase(known.id("forgetful"), now=known.now)
    assert Event.objects.filter(customer_id=known.id("bob")).count() == before
    assert known.inbox("bob") == ["email: Hello Bob"]
    assert Link.objects.filter(url="https://shop.example/news").exists()


def test_counts_stay_as_they_were(known: World) -> None:
    known.does("forgetful", "Order Completed", order_id="o", revenue=20)
    before = known.report("news")
    privacy.erase(known.id("forgetful"), now=known.now)
    after = known.report("news")
    kept = ("entered", "converted", "value")
    assert [after["totals"][name] for name in kept] == [before["totals"][name] for name in kept]
    sent = [(step["id"], step["sent"], step["opened"]) for step in before["steps"]]
    assert [(step["id"], step["sent"], step["opened"]) for step in after["steps"]] == sent


def test_walks_end_and_nothing_more_is_sent(known: World) -> None:
    customer = known.id("forgetful")
    privacy.erase(customer, now=known.now)
    known.passes("5d")
    walks = Enrollment.objects.filter(customer_id=customer)
    assert {(walk.status, walk.left_reason) for walk in walks} == {("left", "erased")}
    assert not Message.objects.filter(customer_id=customer, step="again").exists()
    assert known.inbox("bob")[-1] == "sms: Bob?"


def test_erasing_again_changes_nothing(known: World) -> None:
    customer = known.id("forgetful")
    privacy.erase(customer, now=known.now)
    again = privacy.erase(customer, now=known.now)
    assert set(again) <= {"customers", "messages", "attempts", "walks", "decisions", "calls",
                          "conversions", "admin_notes"}  # fmt: skip
    with pytest.raises(Refused):
        privacy.find(f"email:{MAIL}")
    with pytest.raises(Refused):
        privacy.find(str(customer))


def test_a_late_receipt_brings_nothing_back(known: World) -> None:
    message = Message.objects.filter(customer_id=known.id("forgetful")).latest("id")
    privacy.erase(message.customer_id, now=known.now)
    late = [
        Receipt(key="1", kind="bounced", at=known.now, message_uid=str(message.uid),
                bounce="hard", address=MAIL, detail={"text": CANARY}),
        Receipt(key="2", kind="complained", at=known.now, provider_id="p-x", address=MAIL),
        Receipt(key="3", kind="clicked", at=known.now, message_uid=str(message.uid),
                detail={"url": CANARY}),
    ]  # fmt: skip
    receive(late, source="test", now=known.now, channel="email")
    assert places_of(MAIL) == set()
    assert not Event.objects.filter(customer_id=message.customer_id).exists()


def test_who_comes_back_gets_no_marketing_until_they_ask_for_it(known: World) -> None:
    privacy.erase(known.id("forgetful"), now=known.now)
    known.passes("1d")
    known.meet("forgetful", email=MAIL.upper(), firstName="Anew")
    known.does("forgetful", "Cart Updated", cart_id="c2", value=3)
    assert known.inbox("forgetful") == []
    assert known.skipped("forgetful") == ["suppressed"]
    known.passes("1h")
    yes = ConsentChange(customer_id=known.id("forgetful"), channel="email", state="subscribed")
    set_consents([yes], now=known.now)
    known.does("forgetful", "Cart Updated", cart_id="c3", value=3)
    assert known.inbox("forgetful") == ["email: Hello Anew"]


def test_why_an_address_was_closed_outlives_its_owner(known: World) -> None:
    privacy.erase(known.id("forgetful"), now=known.now)
    assert sorted(ErasedAddress.objects.values_list("reason", flat=True)) == [
        "bounced", "erased", "erased",
    ]  # fmt: skip  # the phone by SMS, the phone by WhatsApp, the mailbox


def test_what_is_in_somebodys_hands_is_not_erased_under_them(known: World) -> None:
    customer = known.id("forgetful")
    Message.objects.filter(customer_id=customer).update(status="sending")
    with pytest.raises(Refused, match="try again"):
        privacy.erase(customer, now=known.now)
    assert Customer.objects.get(pk=customer).email == MAIL


def test_an_export_has_all_that_is_kept_and_no_secret(known: World) -> None:
    customer = known.id("forgetful")
    found = json.loads(b"".join(privacy.export(customer, now=known.now)))
    counts = privacy.kept(customer)
    lists = {name: len(rows) for name, rows in found.items() if isinstance(rows, list)}
    assert {name: n for name, n in lists.items() if n and name != "identities"} == counts
    assert len(found["identities"]) == 2
    assert found["customers"][0]["email"] == MAIL
    assert {row["name"] for row in found["events"]} >= {"Cart Updated", "customer.merged"}
    assert "auth" not in found["devices"][0]
    assert {place.name for place in privacy.PLACES} == counts.keys()


def test_both_are_on_record_without_anything_personal(known: World) -> None:
    customer = known.id("forgetful")
    list(privacy.export(customer, now=known.now))
    privacy.erase(customer, now=known.now)
    entries = AuditEntry.objects.filter(kind="profiles.customer").order_by("id")
    assert [entry.action for entry in entries] == ["exported", "erased"]
    assert {entry.ref for entry in entries} == {str(customer)}
    assert entries[1].changes["identifiers"][0] >= 3


def test_every_table_with_a_person_in_it_is_on_the_list() -> None:
    """A table that points at a customer, a message or a walk is on a house's list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema ="
            " 'public' AND column_name IN"
            " ('customer_id', 'message_id', 'enrollment_id', 'survivor_id', 'address')"
        )
        pointing = {row[0] for row in cursor.fetchall()} & tables()
    listed = {place.table for place in privacy.PLACES}
    assert pointing - listed == {"channels_seed"}, "seeds are colleagues"


def test_a_long_history_goes_in_as_many_statements_as_a_short_one(known: World) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            privacy.erase(known.id("forgetful"), now=known.now)
        return len(asked)

    short = statements()
    known.meet("forgetful", firstName=CANARY, email=MAIL, phone=PHONE)
    for day in range(30):
        known.now += dt.timedelta(minutes=day)
        known.does("forgetful", "Cart Updated", cart_id=f"c{day}", value=3)
    assert statements() <= short
