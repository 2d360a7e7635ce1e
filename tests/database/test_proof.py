"""The proof over real rows: whom it is read for, with whose events, and what it costs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.core.document import parse
from journeys.core.plan import compile
from journeys.models import Journey
from journeys.operations import draft
from journeys.queries import proof
from journeys.queries.proof import Terms
from profiles.core.answers import Refused
from tests.world import World

CART = """
journey: cart
title: Cart
enter:
  on:
    - {event: Cart Updated, where: {value: {gte: 30}}}
  if: {attribute: country, eq: DE}
  again: always
steps:
  - id: mail
    send:
      channel: [email, sms]
      subject: "{{ customer.firstName }}, {{ journey.title }} {{ entry.cart_id }}"
      text: "{{ 100 / entry.value }} https://shop.example/{{ entry.cart_id }}"
  - id: test
    send:
      channel: push
      variants: {A: {title: "{{ customer.nick }}", text: "Hello"}, B: {template: plain-hello}}
"""


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    return World()


def saved(world: World, text: str) -> None:
    slug = text.split("journey:", 1)[1].split()[0]
    journey = Journey.objects.filter(slug=slug).first()
    revision = journey.revision if journey else None
    draft.save(slug, text, revision=revision, by="test", now=world.now)


def read(world: World, slug: str = "cart", **terms: Any) -> dict[str, Any]:
    return proof.of_journey(slug, Terms(**terms), now=world.now)


def sheets(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{each['step']}{each['arm']}:{each['channel']}": each for each in found["steps"]}


def test_a_draft_is_read_for_its_audience_alone(world: World) -> None:
    world.meet("alice", "bob", country="DE")
    world.meet("charlie", country="FR")
    world.meet("dora", country="DE", email="dora@example.com")
    world.does("alice", "Cart Updated", cart_id="c1", value=0)
    world.does("alice", "Cart Updated", cart_id="c2", value=50)
    saved(world, CART)
    found = read(world)
    assert (found["journey"], found["version"], found["revision"]) == ("cart", None, 1)
    assert found["customers"] == 3
    pages = sheets(found)
    assert list(pages) == ["mail:email", "mail:sms", "testA:push", "testB:push"]
    assert [each["customers"] for each in pages.values()] == [3, 2, 3, 3]
    urls = {each["url"]: each["customers"] for each in pages["mail:email"]["links"]}
    assert urls == {"https://shop.example/c2": 3}
    assert [each["path"] for each in pages["testA:push"]["empty"]] == ["customer.nick"]
    assert pages["mail:sms"]["segments"]["counts"] == {"1": 2}


def test_those_who_did_nothing_borrow_the_newest_event_and_it_is_said(world: World) -> None:
    world.meet("alice", "bob", country="DE")
    world.does("alice", "Cart Updated", cart_id="c1", value=0)
    saved(world, CART)
    found = read(world)
    lent = found["entry"].pop("lent")
    assert found["entry"] == {"own": 1, "borrowed": 1, "none": 0}
    assert (lent["event"], lent["customer"]) == ("Cart Updated", world.id("alice"))
    (error,) = sheets(found)["mail:email"]["errors"]
    assert error == {
        "message": "text, line 1: division by zero", "customers": 2,
        "examples": sorted([world.id("alice"), world.id("bob")]),
    }  # fmt: skip


def test_without_any_event_nothing_is_made_up(world: World) -> None:
    world.meet("alice", country="DE")
    saved(world, CART)
    found = read(world)
    assert found["entry"] == {"own": 0, "borrowed": 0, "none": 1, "lent": None}
    paths = [each["path"] for each in sheets(found)["mail:email"]["empty"]]
    assert paths == ["entry.cart_id", "entry.value"]


def test_a_sample_is_the_same_people_each_time(world: World) -> None:
    world.meet(*(f"customer-{number}" for number in range(30)), country="DE", nick="")
    saved(world, CART)
    examples = [
        sheets(read(world, sample=4))["testA:push"]["empty"][0]["examples"] for _ in range(2)
    ]
    assert examples[0] == examples[1]
    assert read(world, sample=4)["customers"] == 4
    assert read(world, sample=99)["customers"] == 30


def test_an_audience_that_looks_at_the_event_is_judged_with_it(world: World) -> None:
    world.meet("alice", "bob", "charlie", country="DE")
    world.does("alice", "Cart Updated", cart_id="c1", land="DE")
    world.does("charlie", "Cart Updated", cart_id="c1", land="IT")
    saved(world, CART.replace("eq: DE", "is: entry.land"))
    found = read(world, sample=5)
    assert found["customers"] == 1
    assert found["entry"]["own"] == 1


def test_the_live_version_is_read_when_asked_for(world: World) -> None:
    world.meet("alice", country="DE", nick="Al")
    world.journey(CART)
    saved(world, CART.replace("customer.nick", "customer.pet"))
    assert read(world)["steps"][2]["empty"][0]["path"] == "customer.pet"
    found = read(world, live=True)
    assert (found["version"], found["steps"][2]["empty"]) == (1, [])


def test_whom_a_date_takes_comes_with_that_date(world: World) -> None:
    world.meet("alice", country="DE", born="1990-01-05")
    world.meet("bob", country="DE")
    text = CART.replace("{event: Cart Updated, where: {value: {gte: 30}}}", "{date: born}")
    saved(world, text.replace("entry.cart_id", "entry.date").replace("entry.value", "5"))
    found = read(world)
    assert found["entry"] == {"own": 1, "borrowed": 0, "none": 1, "lent": None}
    (empty,) = sheets(found)["mail:email"]["empty"]
    assert (empty["path"], empty["examples"]) == ("entry.date", [world.id("bob")])


@pytest.mark.parametrize("trigger", ["schedule: '2030-01-01T10:00'", "api: true"])
def test_journeys_without_an_event_are_read_too(world: World, trigger: str) -> None:
    world.meet("alice", country="DE")
    text = CART.replace("{event: Cart Updated, where: {value: {gte: 30}}}", f"{{{trigger}}}")
    saved(world, text.replace("entry.", "customer."))
    found = read(world)
    assert found["customers"] == 1
    assert (found["entry"] is None) == trigger.startswith("schedule")


def test_what_cannot_be_read_is_refused_with_its_problems(world: World) -> None:
    with pytest.raises(Refused) as nobody:
        read(world)
    saved(world, CART.replace("channel: push", "chanel: push"))
    with pytest.raises(Refused) as wrong:
        read(world)
    saved(world, CART.replace("plain-hello", "no-such"))
    with pytest.raises(Refused) as unknown:
        read(world)
    with pytest.raises(Refused):
        read(world, live=True)
    assert (nobody.value.status, wrong.value.status, unknown.value.status) == (404, 422, 422)
    assert "no-such" in unknown.value.message
    assert wrong.value.problems[0].path.startswith("steps[test].send")


def test_statements_do_not_grow_with_a_batch(world: World) -> None:
    plan = compile(parse(CART))
    counts = []
    for some in (3, 60):
        world.meet(*(f"customer-{number}" for number in range(some)), country="DE")
        with CaptureQueriesContext(connection) as queries:
            found = proof.proof(plan, Terms(), now=world.now)
        assert found.customers == some
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_progress_ends_at_the_end(world: World) -> None:
    world.meet("alice", "bob", country="DE")
    heard: list[float] = []
    proof.proof(compile(parse(CART)), Terms(), now=world.now, tell=heard.append)
    assert heard == [1.0]
