"""A mail scanner follows every link at once, or before the mailbox has the mail: nobody clicked."""

import datetime as dt
import itertools
from typing import Any

import pytest

from channels.core.receipt import Receipt
from channels.models import Message
from channels.models import Receipt as Row
from channels.operations.dispatch import dispatch
from channels.operations.receive import adopt, receive
from channels.operations.track import clicked
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)
PERSON = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


@pytest.fixture
def message() -> Message:
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    return Message.objects.get()


def click(message: Message, link: str, after: float, **fields: Any) -> Receipt:
    return Receipt(
        key=f"{link}:{after}", kind="clicked", at=NOW + after * SECOND,
        message_uid=str(message.uid), detail={"url": f"https://shop.example/{link}"}, **fields,
    )  # fmt: skip


def delivered(message: Message, after: float) -> Receipt:
    at = NOW + after * SECOND
    return Receipt(key="delivered", kind="delivered", at=at, message_uid=str(message.uid))


def take(*receipts: Receipt) -> None:
    receive(receipts, source="sendgrid", channel="email", now=NOW + 600 * SECOND)


def follow(message: Message, link: str, after: float) -> None:
    url = f"https://shop.example/{link}"
    clicked(message.uid.bytes, link, url, user_agent=PERSON, now=NOW + after * SECOND)


def machines() -> set[str]:
    return set(Row.objects.filter(machine=True).values_list("detail__url", flat=True))


def instants(message: Message) -> tuple[dt.datetime | None, dt.datetime | None]:
    message.refresh_from_db()
    return message.opened_at, message.clicked_at


def test_two_links_at_once_in_one_body_tell_nothing_of_a_click(message: Message) -> None:
    take(click(message, "a", 30), click(message, "b", 30))
    assert (instants(message), letters.events("message.clicked")) == ((None, None), [])
    assert message.status == "delivered"
    assert len(machines()) == 2


def test_the_first_of_two_is_marked_when_the_second_comes(message: Message) -> None:
    follow(message, "a", 30)
    assert instants(message) == (NOW + 30 * SECOND,) * 2
    follow(message, "b", 30.4)
    assert instants(message) == (None, None)
    assert len(letters.events("message.clicked")) == 1
    follow(message, "a", 4000)
    assert instants(message) == (NOW + 4000 * SECOND,) * 2
    assert len(letters.events("message.clicked")) == 2


def test_a_click_before_the_mailbox_had_the_mail_is_a_scanners(message: Message) -> None:
    take(Receipt(key="o", kind="opened", at=NOW + 90 * SECOND, message_uid=str(message.uid)))
    follow(message, "a", 2)
    assert instants(message)[1] == NOW + 2 * SECOND
    take(delivered(message, 3))
    assert instants(message) == (NOW + 90 * SECOND, None)
    follow(message, "a", 100)
    assert instants(message) == (NOW + 90 * SECOND, NOW + 100 * SECOND)


def test_a_person_who_clicks_one_link_after_the_other_is_none(message: Message) -> None:
    take(delivered(message, 1), click(message, "a", 20), click(message, "b", 22))
    assert instants(message) == (NOW + 20 * SECOND,) * 2
    assert machines() == set()


ALL = (("delivered", 5.0), ("a", 3.0), ("b", 40.0), ("c", 40.5), ("a", 70.0))


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_every_order_ends_the_same(message: Message, order: tuple[int, ...]) -> None:
    for number in order:
        name, after = ALL[number]
        make = delivered(message, after) if name == "delivered" else click(message, name, after)
        take(make)
        take(make)
    assert instants(message) == (NOW + 70 * SECOND,) * 2
    marked = Row.objects.filter(machine=True).values_list("key", flat=True)
    assert set(marked) == {"a:3.0", "b:40.0", "c:40.5"}


def test_an_sms_is_not_asked(message: Message) -> None:
    Message.objects.update(channel="sms")
    take(click(message, "a", 30), click(message, "b", 30))
    assert machines() == set()


def test_they_are_told_apart_when_they_came_before_their_message(message: Message) -> None:
    early = [
        Receipt(
            key=link, kind="clicked", at=NOW + 30 * SECOND, provider_id="x-1", detail={"url": link}
        )
        for link in ("a", "b")
    ]
    take(*early)
    assert machines() == set()
    Message.objects.update(provider_id="x-1")
    assert adopt(["x-1"], now=NOW + 700 * SECOND) == 2
    assert machines() == {"a", "b"}
    assert instants(message) == (None, None)
    assert letters.events("message.clicked") == []
