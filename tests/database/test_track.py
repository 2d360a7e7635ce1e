"""Opens, clicks, unsubscribing and preferences: what receivers do, seen by our own pages."""

import datetime as dt
from typing import Any

import pytest

from channels.models import Message, Receipt, Suppression
from channels.operations import track
from channels.operations.dispatch import dispatch
from channels.queries import public
from channels.queries.public import PublicMessage
from profiles.models import Consent
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


@pytest.fixture
def message() -> Message:
    return sent()


def sent(**fields: Any) -> Message:
    letters.enqueue(letters.customers(1), **fields)
    dispatch(now=NOW)
    return Message.objects.get()


def seen(message: Message) -> PublicMessage:
    found = public.message(message.uid.bytes)
    assert found is not None
    return found


def test_an_open_counts_once_a_minute(message: Message) -> None:
    for seconds in (0, 5, 59, 60):
        at = LATER + dt.timedelta(seconds=seconds)
        track.opened(message.uid.bytes, user_agent=PERSON, now=at)
    message.refresh_from_db()
    assert message.opened_at == LATER
    assert Receipt.objects.filter(kind="opened").count() == 2


@pytest.mark.parametrize("agent", ["Mozilla/5.0", "Barracuda Sentinel", "Googlebot/2.1"])
def test_a_machine_opens_and_clicks_nothing(message: Message, agent: str) -> None:
    track.opened(message.uid.bytes, user_agent=agent, now=LATER)
    track.clicked(message.uid.bytes, "aa", "https://x.example", user_agent=agent, now=LATER)
    message.refresh_from_db()
    assert (message.opened_at, message.clicked_at) == (None, None)
    assert Receipt.objects.filter(machine=True).count() == 2
    track.opened(message.uid.bytes, user_agent=PERSON, now=LATER)
    message.refresh_from_db()
    assert message.opened_at == LATER


def test_a_click_says_where_it_led(message: Message) -> None:
    url = "https://shop.example/cart"
    track.clicked(message.uid.bytes, "aa", url, user_agent=PERSON, now=LATER)
    message.refresh_from_db()
    assert message.clicked_at == message.opened_at == LATER
    assert letters.events("message.clicked")[0][2]["url"] == url


def test_unsubscribing_closes_the_channel_and_the_address(message: Message) -> None:
    for _ in range(3):
        track.unsubscribe(seen(message), everything=False, now=LATER)
    consent = Consent.objects.get()
    assert (consent.channel, consent.topic, consent.state) == ("email", "", "unsubscribed")
    assert Suppression.objects.get().reason == "unsubscribed"
    assert len(letters.events("message.unsubscribed")) == 1


def test_unsubscribing_from_a_topic_leaves_the_rest_open() -> None:
    message = sent(topic="news")
    track.unsubscribe(seen(message), everything=False, now=LATER)
    assert Consent.objects.get().topic == "news"
    assert not Suppression.objects.exists()
    track.unsubscribe(seen(message), everything=True, now=LATER)
    assert Suppression.objects.get().address == "c1@example.com"


def test_what_was_queued_meanwhile_is_skipped(message: Message) -> None:
    letters.enqueue([message.customer_id], step="second")
    track.unsubscribe(seen(message), everything=False, now=NOW)
    assert dispatch(now=NOW).skipped == 1


def test_after_subscribing_anew_the_same_link_works_again(message: Message) -> None:
    names = {choice.name for choice in public.choices(message.customer_id)}
    track.unsubscribe(seen(message), everything=False, now=LATER)
    again = LATER + dt.timedelta(hours=1)
    assert track.prefer(seen(message), shown=names, wanted=names, now=again) == 1
    assert not Suppression.objects.exists()
    letters.enqueue([message.customer_id], step="second", send_after=again)
    assert dispatch(now=again).sent == 1
    track.unsubscribe(seen(message), everything=False, now=again + dt.timedelta(hours=1))
    assert Consent.objects.get(channel="email").state == "unsubscribed"
    assert len(letters.events("message.unsubscribed")) == 2


def test_choices_are_the_channels_with_an_address_and_every_topic_ever_used() -> None:
    (customer,) = letters.customers(1, phone="")
    letters.device(customer, "https://push.example/1")
    letters.consent(customer, "unsubscribed", topic="offers")
    letters.enqueue([customer], topic="news")
    dispatch(now=NOW)
    found = {choice.name: choice.is_on for choice in public.choices(customer)}
    assert found == {"email/": True, "email/news": True, "email/offers": False, "push/": True}


@pytest.mark.parametrize(("policy", "is_on"), [("opt_out", True), ("opt_in", False)])
def test_without_a_word_the_policy_decides(
    message: Message, policy: str, is_on: bool, settings: Any
) -> None:
    settings.SOJOURN_CONSENT = policy
    assert {choice.is_on for choice in public.choices(message.customer_id)} == {is_on}


def test_preferences_change_only_what_was_shown_and_changed(message: Message) -> None:
    letters.consent(message.customer_id, "unsubscribed", channel="sms")
    changed = track.prefer(seen(message), shown={"email/"}, wanted=set(), now=LATER)
    assert changed == 1
    assert dict(Consent.objects.values_list("channel", "state")) == {
        "email": "unsubscribed", "sms": "unsubscribed",
    }  # fmt: skip
    assert Suppression.objects.get().channel == "email"
    assert track.prefer(seen(message), shown={"email/"}, wanted=set(), now=LATER) == 0


def test_an_erased_message_has_no_page(message: Message) -> None:
    uid = message.uid.bytes
    message.delete()
    assert public.message(uid) is None
    track.opened(uid, user_agent=PERSON, now=LATER)
