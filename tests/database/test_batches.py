"""The batch engine costs the same number of statements for five customers and for two hundred."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.models import Decision, Enrollment
from journeys.operations import advance, match
from profiles.operations.ingest import ingest
from tests.world import World

LONG = """
journey: long
enter:
  on: [{event: Signed Up, where: {plan: {eq: pro}}}]
  if: {attribute: country, eq: US}
  holdout: 20
leave:
  on: [{event: Order Completed, where: {plan: {is: entry.plan}}}]
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: pause
    wait: 1h
  - id: choose
    branch:
      - {if: {event: Product Viewed, count: {gte: 1}, within: 1d}, then: test}
      - {if: {attribute: city, eq: Paris}, then: test}
  - id: test
    split:
      - {arm: A, share: 50, then: mail}
      - {arm: B, share: 50, then: mark}
  - id: mark
    update: {set: {seen: true}}
  - id: mail
    send: {channel: email, subject: "Hello {{ customer.firstName }}", text: t}
  - id: bought
    wait_for: {any: [{event: Order Completed, then: end}], timeout: 2d}
"""


@pytest.fixture
def world(transactional_db: None, settings: object) -> World:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    return World()


def statements(world: World, count: int, prefix: str) -> dict[str, int]:
    """How many statements entering, advancing and leaving cost for `count` customers at once."""
    names = [f"{prefix}{number}" for number in range(count)]
    for name in names:
        world.meet(name, email=f"{name}@example.com", country="US")
    counted = {}
    while match.match(now=world.now):
        pass
    tell(world, names, "Signed Up", plan="pro")
    counted["enter"] = measure(lambda: match.match(now=world.now))
    world.now += dt.timedelta(hours=1)
    counted["advance"] = measure(lambda: advance.advance(now=world.now))
    tell(world, names, "Order Completed", plan="pro", revenue=5)
    counted["leave"] = measure(lambda: match.match(now=world.now))
    left = Enrollment.objects.filter(status="left", left_reason="leave_on:Order Completed")
    assert left.count() >= count
    return counted


def tell(world: World, names: list[str], event: str, **properties: object) -> None:
    calls = [world.call(name, event, **properties) for name in names]
    ingest(calls, source="t", now=world.now)


def measure(work: object) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert work() > 0  # type: ignore[operator]
    return len(captured)


def test_the_number_of_statements_does_not_grow_with_the_batch(world: World) -> None:
    world.journey(LONG)
    statements(world, 3, "warm")
    few, many = statements(world, 40, "few"), statements(world, 200, "many")
    assert few == many
    assert max(many.values()) <= 40


def test_every_customer_of_a_batch_leaves_a_reason_for_each_step(world: World) -> None:
    world.journey(LONG)
    statements(world, 20, "p")
    told = set(Decision.objects.values_list("code", flat=True))
    walked = {"wait_started", "wait_over", "branch_taken", "arm_drawn", "message_planned"}
    assert {"entered", *walked} <= told
