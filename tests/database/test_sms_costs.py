"""Every SMS carries its segments and its price, and the sums are a recount of what left."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from channels.models import Account, Message
from channels.operations.dispatch import Dispatched, dispatch
from channels.operations.reconcile import reconcile
from channels.operations.resolve import resolve
from channels.queries import messages
from tests.channels.providers import SECRET
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.twilio import Twilio

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]

LIST = "EUR DE 0.0651, FR 0.0595"
LONG = {"text": "ж" * 71, "track": False}


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio(auth_token=SECRET) as emulator:
        letters.account(
            "twilio", "sms", account_sid=emulator.account_sid, auth_token=SECRET,
            base_url=emulator.url,
        )  # fmt: skip
        Account.objects.update(prices=LIST)
        yield emulator


def text(phone: str, body: dict[str, Any] = letters.SMS, step: str = "text") -> None:
    letters.enqueue(letters.customers(1, phone=phone), body, channels=("sms",), step=step)


def told() -> list[dict[str, object]]:
    names = ("segments", "cost", "currency")
    return [
        {name: said[name] for name in names if name in said}
        for _, _, said in letters.events("message.sent")
    ]


def test_each_has_the_price_of_its_country_when_it_left(twilio: Twilio) -> None:
    text("+4915112345678")
    text("+33612345678", LONG)
    text("+79161234567")
    assert dispatch(now=NOW) == Dispatched(claimed=3, sent=3)
    Account.objects.update(prices="EUR * 100")
    rows = list(Message.objects.order_by("id").values_list("segments", "cost", "currency"))
    assert [(segments, cost and float(cost), said) for segments, cost, said in rows] == [
        (1, 0.0651, "EUR"),
        (2, 0.119, "EUR"),
        (1, None, "EUR"),
    ]
    assert told() == [
        {"segments": 1, "cost": 0.0651, "currency": "EUR"},
        {"segments": 2, "cost": 0.119, "currency": "EUR"},
        {"segments": 1},
    ]


def test_the_report_sums_what_left_and_nothing_else(twilio: Twilio) -> None:
    for number in range(5):
        text(f"+491511234567{number}", LONG if number % 2 else letters.SMS)
    twilio.opted_out |= {"+4915112345670", "+4915112345671"}
    assert dispatch(now=NOW) == Dispatched(claimed=5, sent=3, failed=2)
    found = messages.by_step("cart")["text"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum((properties->>'segments')::int), sum((properties->>'cost')::numeric)"
            " FROM profiles_event WHERE name = 'message.sent'"
        )
        segments, cost = cursor.fetchone()
    assert (found.segments, found.costs) == (segments, {"EUR": float(cost)}) == (4, {"EUR": 0.2604})


def test_one_that_is_found_with_the_provider_costs_as_much(twilio: Twilio) -> None:
    text("+4915112345678")
    twilio.ahead = NOW.timestamp() - time.time()
    twilio.fail("drop", accept=True, times=1)
    assert dispatch(now=NOW) == Dispatched(claimed=1, unknown=1)
    assert messages.by_step("cart")["text"].costs == {}
    twilio.ahead = 0.0
    reconcile(now=NOW + dt.timedelta(hours=1))
    assert letters.statuses() == {"sent": 1}
    assert told() == [{"segments": 1, "cost": 0.0651, "currency": "EUR"}]


def test_one_that_an_operator_vouches_for_does_too(twilio: Twilio) -> None:
    text("+4915112345678")
    twilio.fail("drop", accept=False, times=1)
    dispatch(now=NOW)
    resolve([Message.objects.get().pk], action="sent", by="admin:ann", now=NOW)
    assert told() == [{"segments": 1, "cost": 0.0651, "currency": "EUR"}]


def test_prices_that_cannot_be_read_keep_nothing_from_leaving(twilio: Twilio) -> None:
    Account.objects.update(prices="a fortune")
    text("+4915112345678")
    assert dispatch(now=NOW) == Dispatched(claimed=1, sent=1)
    assert told() == [{"segments": 1}]
