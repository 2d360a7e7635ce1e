"""Who is silent for long gets no more marketing, until they show any sign of life."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from hypothesis import given
from hypothesis import settings as search
from hypothesis import strategies as st

from channels.core.sunset import Sunset
from channels.models import Message, Suppression
from channels.operations import outcomes, prepare, sunset, track
from channels.operations.dispatch import dispatch
from channels.operations.sunset import Turned, turn
from channels.operations.suppression import Word, lift, suppress
from profiles.core.identity import Joining
from profiles.operations.merge import merge
from tests.database import letters
from tests.database.calls import call, identify, take, user
from tests.database.calls import track as tracked
from tests.database.letters import NOW
from tests.database.test_reach import reachable

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
MAIL = "ada@example.com"
PHONE = "+4915112345678"


@pytest.fixture(autouse=True)
def after_ten_days_and_three_messages(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_SUNSET = Sunset(10, 3)


@pytest.fixture
def ada() -> int:
    """Known long ago."""
    take(identify("ada", email=MAIL, phone=PHONE, at=NOW - 400 * DAY), now=NOW - 400 * DAY)
    return user("ada")


def write(customer: int, *days: float, **fields: Any) -> None:
    """One message so many days ago each, handed over."""
    for number, ago in enumerate(days, Message.objects.count()):
        at = NOW - ago * DAY
        fields = {"step": f"s{number}", **fields}
        letters.enqueue([customer], send_after=at, **{**fields, "step": f"s{number}"})
        assert dispatch(now=at).sent == 1


def marks() -> list[tuple[str, str]]:
    """(address, reason) of the list."""
    return sorted(Suppression.objects.values_list("address", "reason"))


def does(name: str, ago: float, **given: Any) -> None:
    at = NOW - ago * DAY
    take(tracked("ada", name, at=at, **given), now=at)


@pytest.mark.parametrize(
    ("days", "silent"),
    [
        ((10, 5, 1), True), ((9.99, 5, 1), False), ((10, 5), False), ((10, 9, 8, 7), True),
        ((300, 200, 100), True), ((300, 1, 1), True), ((), False),
    ],
)  # fmt: skip
def test_so_many_messages_over_so_many_days_are_silence(
    ada: int, days: tuple[float, ...], silent: bool
) -> None:
    write(ada, *days)
    assert turn(now=NOW) == Turned(0, int(silent))
    assert marks() == ([(MAIL, "sunset")] if silent else [])


@search(max_examples=25, deadline=None)
@given(
    sent=st.lists(st.integers(0, 30), max_size=6),
    sign=st.none() | st.integers(0, 30),
    days=st.integers(1, 20),
    messages=st.integers(1, 4),
)
def test_silence_is_counted_from_the_last_sign(
    sent: list[int], sign: int | None, days: int, messages: int
) -> None:
    since = [ago for ago in sent if sign is None or ago < sign]
    expected = len(since) >= messages and max(since) >= days
    with transaction.atomic(), override_settings(SOJOURN_SUNSET=Sunset(days, messages)):
        take(identify("eve", email="eve@example.com", at=NOW - 400 * DAY), now=NOW - 400 * DAY)
        write(user("eve"), *sent)
        if sign is not None:
            at = NOW - sign * DAY
            take(tracked("eve", "Page Seen", at=at), now=at)
        assert turn(now=NOW).marked == int(expected)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("name", "ago", "counts"),
    [("Order Completed", 4, True), ("Anything", 0, True), ("Order Completed", 30, False)],
)
def test_what_the_customer_does_is_a_sign(ada: int, name: str, ago: float, counts: bool) -> None:
    write(ada, 20, 10, 5)
    does(name, ago)
    assert turn(now=NOW).marked == int(not counts)


@pytest.mark.parametrize(("kind", "counts"), [("page", True), ("identify", False)])
def test_being_named_by_another_system_is_none(ada: int, kind: str, counts: bool) -> None:
    write(ada, 20, 10, 5)
    take(call(kind, "ada", at=NOW - DAY), now=NOW - DAY)
    assert turn(now=NOW).marked == int(not counts)


@pytest.mark.parametrize(("agent", "silent"), [(PERSON, False), ("Googlebot/2.1", True)])
def test_an_open_is_a_sign_unless_a_machine_made_it(ada: int, agent: str, silent: bool) -> None:
    write(ada, 20, 10, 5)
    uid = Message.objects.earliest("id").uid
    track.opened(uid.bytes, user_agent=agent, now=NOW - DAY)
    assert turn(now=NOW).marked == int(silent)


def test_transactional_messages_and_ghosts_do_not_count(ada: int) -> None:
    write(ada, 20, 10)
    write(ada, 5, purpose="transactional")
    letters.enqueue([ada], step="ghost", ghost="holdout", send_after=NOW)
    assert dispatch(now=NOW).withheld == 1
    assert turn(now=NOW).marked == 0


def test_marketing_stays_and_transactional_leaves(ada: int) -> None:
    write(ada, 20, 10, 5)
    turn(now=NOW)
    assert ada not in reachable("email")
    letters.enqueue([ada], step="ad")
    letters.enqueue([ada], step="receipt", purpose="transactional")
    dispatch(now=NOW)
    assert dict(Message.objects.filter(step__in=["ad", "receipt"]).values_list("step", "reason")) \
        == {"ad": "sunset", "receipt": ""}  # fmt: skip
    assert letters.events("message.skipped")[0][2]["inputs"] == {"email": {"reason": "sunset"}}


@pytest.mark.parametrize(("purpose", "leaves"), [("marketing", False), ("transactional", True)])
def test_the_last_look_before_the_hand_over_knows_it_too(
    ada: int, purpose: str, leaves: bool
) -> None:
    letters.enqueue([ada], purpose=purpose)
    ready = prepare.batch(now=NOW, limit=1, ways=None).ready
    ready = outcomes.lease(ready, provider={None: "sandbox"}, bills={})
    Suppression.objects.create(channel="email", address=MAIL, reason="sunset", source="x", at=NOW)
    assert bool(outcomes.open_attempts(ready, now=NOW)) is leaves


def test_a_click_opens_the_address_at_once(ada: int) -> None:
    write(ada, 20, 10, 5)
    turn(now=NOW)
    uid = Message.objects.earliest("id").uid
    for agent, left in (("Googlebot/2.1", 1), (PERSON, 0)):
        track.clicked(uid.bytes, "aa", "https://x.example", user_agent=agent, now=NOW + DAY)
        assert len(marks()) == left
    assert turn(now=NOW + DAY) == Turned(0, 0)


def test_a_reaction_on_one_channel_opens_the_others(ada: int) -> None:
    letters.device(ada, "https://push.example/1")
    body = {**letters.MAIL, "text": "Hello", "title": "Hello"}
    for channel in ("email", "sms", "push"):
        write(ada, 20, 10, 5, channels=(channel,), body=body)
    assert turn(now=NOW).marked == 3
    suppress([Word("whatsapp", PHONE, "bounced", "x", NOW)])
    uid = Message.objects.filter(channel="sms").latest("id").uid
    track.clicked(uid.bytes, "aa", "https://x.example", user_agent=PERSON, now=NOW)
    assert marks() == [(PHONE, "bounced")]


def test_an_order_opens_it_the_next_night(ada: int) -> None:
    write(ada, 20, 10, 5)
    turn(now=NOW)
    does("Order Completed", -1)
    assert ada not in reachable("email")
    assert turn(now=NOW + 2 * DAY) == Turned(1, 0)
    letters.enqueue([ada], step="again", send_after=NOW + 2 * DAY)
    assert dispatch(now=NOW + 2 * DAY).sent == 1


def test_subscribing_anew_opens_it(ada: int) -> None:
    write(ada, 20, 10, 5)
    turn(now=NOW - DAY)
    letters.consent(ada, "subscribed", topic="news")
    assert ada in reachable("email")
    assert turn(now=NOW) == Turned(1, 0)


def test_the_word_start_opens_it(ada: int) -> None:
    write(ada, 20, 10, 5)
    turn(now=NOW)
    lift([Word("email", MAIL, "", "x", NOW)])
    assert marks() == []


@pytest.mark.parametrize("reason", ["unsubscribed", "invalid", "bounced", "complained", "by law"])
def test_any_other_reason_is_graver(ada: int, reason: str) -> None:
    write(ada, 20, 10, 5)
    word = Word("email", MAIL, reason, "x", NOW - 50 * DAY)
    suppress([word])
    assert turn(now=NOW).marked == 0
    assert list(Suppression.objects.values_list("reason", "at")) == [(reason, word.at)]
    Suppression.objects.all().delete()
    assert turn(now=NOW).marked == 1
    suppress([word])
    assert marks() == [(MAIL, reason)]
    suppress([word._replace(reason="sunset")])
    assert marks() == [(MAIL, reason)]


def test_twice_is_once(ada: int) -> None:
    write(ada, 20, 10, 5)
    assert turn(now=NOW) == Turned(0, 1)
    before = list(Suppression.objects.values())
    assert turn(now=NOW + DAY) == Turned(0, 0)
    assert list(Suppression.objects.values()) == before


def test_after_a_sign_silence_begins_anew(ada: int) -> None:
    write(ada, 40, 30, 20)
    does("Order Completed", 19)
    write(ada, 12, 11)
    assert turn(now=NOW).marked == 0
    write(ada, 0)
    assert turn(now=NOW).marked == 1


def test_merged_customers_are_silent_together_and_alive_together(ada: int) -> None:
    take(identify("eve", email=MAIL, at=NOW - 400 * DAY), now=NOW - 400 * DAY)
    eve = user("eve")
    write(ada, 20, 10)
    write(eve, 5)
    merge([Joining(survivor=ada, merged=eve, cause="test")], now=NOW)
    assert turn(now=NOW).marked == 1
    take(identify("bob", at=NOW - 5 * DAY), now=NOW - 5 * DAY)
    take(tracked("bob", "Order Completed", at=NOW - DAY), now=NOW - DAY)
    merge([Joining(survivor=ada, merged=user("bob"), cause="test")], now=NOW)
    assert turn(now=NOW) == Turned(1, 0)


def test_whoever_shares_an_address_keeps_it_alive(ada: int) -> None:
    take(identify("eve", email=MAIL, at=NOW - 400 * DAY), now=NOW - 400 * DAY)
    write(ada, 20, 10)
    write(user("eve"), 5)
    assert turn(now=NOW).marked == 1
    take(tracked("eve", "Order Completed", at=NOW - DAY), now=NOW)
    assert turn(now=NOW) == Turned(1, 0)


def test_other_channels_are_judged_alike(ada: int) -> None:
    letters.device(ada, "https://push.example/1")
    for channel in ("sms", "push", "webhook"):
        write(ada, 20, 10, 5, channels=(channel,), body={"text": "Hello", "title": "Hello"})
    turn(now=NOW)
    assert [address for address, _ in marks()] == sorted(
        [PHONE, "https://push.example/1", str(ada)]
    )
    assert ada in reachable("email")
    assert not {ada} & (reachable("sms") | reachable("push"))


def test_an_address_that_was_left_is_not_marked(ada: int) -> None:
    write(ada, 20, 10, 5)
    take(identify("ada", email="new@example.com"), now=NOW)
    assert turn(now=NOW).marked == 0


def test_without_the_setting_all_marks_go(ada: int, settings: Any) -> None:
    write(ada, 20, 10, 5)
    turn(now=NOW)
    settings.SOJOURN_SUNSET = None
    suppress([Word("sms", PHONE, "bounced", "x", NOW)])
    assert turn(now=NOW) == Turned(1, 0)
    assert marks() == [(PHONE, "bounced")]


def test_pages_cost_the_same_whatever_they_hold() -> None:
    people = letters.customers(7)
    for day in (20, 10, 5):
        letters.enqueue(people, step=f"d{day}", send_after=NOW - day * DAY)
        dispatch(now=NOW - day * DAY)
    counts = []
    for size in (7, 3):
        Suppression.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert turn(now=NOW, size=size).marked == 7
        counts.append(len(queries))
    assert counts == [4, 8]
    assert turn(now=NOW, stopping=lambda: True) == Turned(0, 0)
    assert sunset.PAGE > 1000
