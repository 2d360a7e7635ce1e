"""The walk of one customer: played by the engine, told with what decided it, and not kept."""

import datetime as dt
from typing import Any

import pytest

from channels.models import Message
from config.walk import Wanted, walk
from journeys.models import Decision, Enrollment
from journeys.operations.refused import Refused
from profiles.queries import clock
from tests.world import World

CART = """
journey: cart
enter:
  on: [{event: Cart Updated}]
  if: {all: [{attribute: country, in: [US, DE]}, {attribute: age, lt: 99}]}
  again: always
leave: {on: {event: Order Completed}}
steps:
  - {id: pause, wait: 1h}
  - id: spends
    branch:
      - {if: {attribute: vip, eq: true}, then: gift}
      - {if: {event: Product Viewed}, then: mail}
    else: gift
  - id: mail
    send: {channel: email, subject: "Your {{ entry.item }}", text: "Hello {{ customer.firstName }}"}
    then: end
  - id: gift
    send: {channel: email, subject: A gift, text: For you}
"""


@pytest.fixture
def shop(db: None, settings: Any) -> World:
    settings.SOJOURN_GLOBAL_CONTROL = 0
    settings.SOJOURN_SANDBOX = True
    world = World(clock.now())
    world.journey(CART)
    world.meet("ada", firstName="Ada", age=36, country="DE", email="ada@example.com")
    world.meet("bob", country="FR", age=120, email="bob@example.com")
    return world


def _walk(shop: World, name: str, **rest: Any) -> dict[str, Any]:
    return walk("cart", Wanted(shop.id(name), rest.pop("start", shop.now), **rest), now=shop.now)


def _codes(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["step"], each["reason"]) for each in found["checks"]]


def test_a_customer_walks_to_the_end_with_what_they_last_brought(shop: World) -> None:
    shop.does("ada", "Product Viewed", item="lamp")
    shop.does("ada", "Cart Updated", item="lamp")
    found = _walk(shop, "ada")
    assert (found["event"], found["entry"]) == ("Cart Updated", {"item": "lamp"})
    (message,) = found["messages"]
    assert message["subject"] == "Your lamp"
    assert message["text"].startswith("Hello Ada")
    assert message["status"] == "sent"
    assert found["ended"]["status"] == "completed"
    assert not any(kept.objects.exists() for kept in (Enrollment, Decision, Message))


def test_criteria_are_told_met_and_unmet(shop: World) -> None:
    shop.does("ada", "Product Viewed")
    found = _walk(shop, "ada", entry={"item": "chair"})
    assert [each["met"] for each in found["admitting"]] == [True, True]
    (branch,) = [each for each in found["checks"] if each["reason"] == "branch_taken"]
    assert [each["met"] for each in branch["criteria"]] == [False, True]
    assert found["messages"][0]["subject"] == "Your chair"


def test_who_is_outside_the_audience_sees_by_what(shop: World) -> None:
    found = _walk(shop, "bob")
    assert found["entered"] is False
    assert [each["met"] for each in found["admitting"]] == [False, False]
    assert [code for _, code in _codes(found)] == ["refused_audience"]
    assert found["messages"] == []


def test_what_they_did_since_happens_at_its_own_time(shop: World) -> None:
    start = shop.now
    shop.passes("30m")
    shop.does("ada", "Order Completed")
    shop.passes("1d")
    found = _walk(shop, "ada", start=start)
    assert found["ended"]["status"] == "left"
    assert found["ended"]["at"] - start < dt.timedelta(minutes=31)
    assert found["messages"] == []


def test_a_walk_that_has_no_end_yet_stands_somewhere(shop: World) -> None:
    shop.journey(CART.replace("wait: 1h", "wait: 9d"))
    assert _walk(shop, "ada", days=2)["ended"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"days": 0}, {"days": 366}, {"start": dt.datetime(1800, 1, 1, tzinfo=dt.UTC)}],
)
def test_what_cannot_be_walked_is_refused(shop: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        _walk(shop, "ada", **wrong)


def test_nobody_walks_whom_nobody_knows(shop: World) -> None:
    with pytest.raises(Refused):
        walk("cart", Wanted(2**40, shop.now), now=shop.now)
