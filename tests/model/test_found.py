"""The smallest stories in which the engine and the naive model went apart."""

import datetime as dt

import pytest

from journeys.operations import publish
from profiles.core.events import Incoming
from tests.world import World


@pytest.fixture
def world(transactional_db: None, settings: object) -> World:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    settings.SOJOURN_GLOBAL_CONTROL = 0  # type: ignore[attr-defined]
    return World()


GOAL = """
journey: bought
enter: {on: [{event: Signed Up}]}
goal: {event: Order Completed, within: 7d}
steps:
  - {id: pause, wait: 3d}
"""


def test_what_was_bought_before_coming_in_is_no_success_however_late_it_is_told(
    world: World,
) -> None:
    world.journey(GOAL)
    world.meet("alice")
    world.does("alice", "Signed Up")
    yesterday = world.now - dt.timedelta(days=1)
    world.together(Incoming(call="track", name="Order Completed", at=yesterday, user_id="alice"))
    assert world.walk("alice", "bought").converted_at is None
    world.passes("1h")
    world.does("alice", "Order Completed", order_id="1")
    assert world.walk("alice", "bought").converted_at == world.now


ARMS = """
journey: arms
enter: {{on: [{{event: Signed Up}}], again: always}}
steps:
  - {{id: pause, wait: 1h}}
  - id: test
    split: [{{arm: a, share: {a}, then: end}}, {{arm: b, share: {b}, then: end}}]
"""


def test_an_arm_is_kept_on_the_next_walk_also_behind_a_wait(world: World) -> None:
    world.journey(ARMS.format(a=100, b=0))
    world.meet("alice")
    for shares in ({"a": 100, "b": 0}, {"a": 0, "b": 100}):
        world.journey(ARMS.format(**shares))
        world.does("alice", "Signed Up")
        world.passes("2h")
    assert [walk.arms for walk in world.walks("alice", "arms")] == [{"test": "a"}] * 2


FIRST = """
journey: first
enter: {on: [{event: Signed Up}]}
steps:
  - id: either
    wait_for:
      any:
        - {if: {event: Order Completed}, then: condition}
        - {event: Order Completed, then: event}
      timeout: 1d
      then: end
  - {id: condition, leave: condition}
  - {id: event, leave: event}
"""


def test_of_two_cases_that_hold_the_first_is_taken(world: World) -> None:
    world.journey(FIRST)
    world.meet("alice")
    world.does("alice", "Signed Up")
    world.does("alice", "Order Completed", order_id="1")
    assert world.walk("alice", "first").left_reason == "condition"


TREATED = """
journey: treated
enter: {{on: [{{event: Signed Up}}], again: always, holdout: {holdout}}}
steps:
  - {{id: mail, send: {{channel: email, subject: Hello, text: h}}}}
  - id: test
    split: [{{arm: none, share: 100, ghost: true, then: end}}]
"""


def test_whoever_got_a_message_before_a_control_arm_is_not_moved_into_the_holdout(
    world: World,
) -> None:
    world.journey(TREATED.format(holdout=0))
    world.meet("alice")
    world.does("alice", "Signed Up")
    assert world.inbox("alice") == ["email: Hello"]
    world.journey(TREATED.format(holdout=100))
    world.does("alice", "Signed Up")
    assert world.inbox("alice") == ["email: Hello"] * 2


BLOCKED = """
journey: blocked
enter: {on: [{event: Signed Up}]}
leave: {if: {attribute: blocked, eq: true}}
steps:
  - {id: mail, send: {channel: email, subject: Hello, text: h}}
  - {id: pause, wait: 1d}
"""


def test_a_leave_rule_is_judged_before_every_send(world: World) -> None:
    world.journey(BLOCKED)
    world.meet("alice", blocked=True)
    world.does("alice", "Signed Up")
    assert world.inbox("alice") == []


INSTANT = """
journey: instant
enter: {on: [{event: Signed Up}]}
steps:
  - {id: pause, wait: 1h}
  - {id: mail, send: {channel: email, subject: Hello, text: h}}
  - {id: mark, update: {set: {mailed: true}}}
  - {id: who, branch: [{if: {attribute: country, eq: none}, then: end}]}
  - id: sent
    wait_for: {any: [{event: message.sent, then: end}], timeout: 1d, then: late}
  - {id: late, leave: late}
"""


def test_what_happens_in_the_same_instant_counts_also_behind_an_update(world: World) -> None:
    world.journey(INSTANT)
    world.meet("alice")
    world.does("alice", "Signed Up")
    world.passes("3d")
    assert world.walk("alice", "instant").status == "completed"


WINDOW = """
journey: window
enter: {on: [{event: Signed Up}]}
steps:
  - {id: pause, wait: 1h}
  - {id: noon, wait: {window: "09:00-12:00"}}
  - {id: mail, send: {channel: email, subject: Hello, text: h}}
"""


def test_whoever_stood_still_in_a_pause_gets_nothing_outside_the_window(world: World) -> None:
    world.journey(WINDOW)
    world.meet("alice", timezone="UTC")
    world.does("alice", "Signed Up")
    publish.pause("window", clock="run", now=world.now)
    world.passes("12h")
    publish.resume("window", now=world.now)
    world.settle()
    assert world.inbox("alice") == []
    world.passes("12h")
    assert world.inbox("alice") == ["email: Hello"]
