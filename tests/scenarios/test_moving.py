"""Waits, branches, updates, schedules, pauses: how customers move."""

import datetime as dt

import pytest

from journeys.models import SetAside
from journeys.operations import admit, publish, slots
from journeys.operations.refused import Refused
from tests.world import World

LOOK = """
journey: look
enter:
  on: [{event: Signed Up}, {api: true}]
  again: always
steps:
  - id: choose
    branch:
      - {if: {attribute: vip, eq: true}, then: vip}
      - {if: {event: Order Completed}, then: buyer}
    else: mark
  - id: mark
    update: {set: {vip: true, greeting: "Hi {{ customer.firstName }}"}, unset: [country]}
  - id: again
    branch:
      - {if: {attribute: vip, eq: true}, then: vip}
  - id: buyer
    send: {channel: email, subject: Buyer, text: b}
    then: end
  - id: vip
    send: {channel: email, subject: "{{ customer.greeting }}", text: v}
"""
SINCE = """
journey: since
enter:
  on: [{event: Signed Up}]
steps:
  - id: pause
    wait: 1d
  - id: bought
    wait_for:
      any: [{event: Order Completed, where: {plan: {is: entry.plan}}, then: end}]
      timeout: 2d
      since: entry
      then: nudge
  - id: nudge
    send: {channel: email, subject: Nudge, text: n}
"""
MONDAY = """
journey: monday
enter:
  on: [{cron: "0 10 * * 1"}]
  if: {attribute: country, eq: US}
  again: always
steps:
  - id: mail
    send: {channel: email, subject: Monday, text: m}
"""


def test_an_update_is_seen_by_the_branch_that_follows(world: World) -> None:
    world.journey(LOOK)
    world.meet("alice")
    world.does("alice", "Signed Up")
    customer = world.customer("alice")
    assert customer.attributes["vip"] is True
    assert "country" not in customer.attributes
    assert world.inbox("alice") == ["email: Hi Alice"]


def test_the_first_true_branch_wins(world: World) -> None:
    world.journey(LOOK)
    world.meet("bob")
    world.does("bob", "Order Completed", order_id="1", revenue=5)
    world.does("bob", "Signed Up")
    assert world.inbox("bob") == ["email: Buyer"]


def test_an_event_between_entry_and_the_step_counts_since_entry(world: World) -> None:
    world.journey(SINCE)
    world.meet("alice", "bob")
    world.does("alice", "Signed Up", plan="x")
    world.does("bob", "Signed Up", plan="x")
    world.passes("1h")
    world.does("alice", "Order Completed", plan="x", order_id="1", revenue=5)
    world.does("bob", "Order Completed", plan="y", order_id="2", revenue=5)
    world.passes("1d")
    assert world.walk("alice", "since").status == "completed"
    assert world.walk("bob", "since").status == "active"
    world.passes("2d")
    assert world.inbox("bob") == ["email: Nudge"]


def test_a_schedule_runs_each_slot_once_and_makes_up_for_missed_ones_once(world: World) -> None:
    world.meet("alice", "bob")
    world.journey(MONDAY)
    world.passes("1d")
    assert world.inbox("alice") == ["email: Monday"]
    world.passes("1w")
    assert world.inbox("alice") == ["email: Monday"] * 2
    world.now += dt.timedelta(days=21)
    world.settle()
    assert world.inbox("alice") == ["email: Monday"] * 3
    assert world.inbox("bob") == []


def test_schedules_that_come_together_go_on_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "PAGE", 4)
    monkeypatch.setattr(slots, "MOST", 3)
    names = [f"c{number}" for number in range(6)]
    world.meet(*names, country="US")
    for slug in ("monday", "other"):
        world.journey(MONDAY.replace("journey: monday", f"journey: {slug}"))
    world.passes("1d")
    walks = {slug: [len(world.walks(name, slug)) for name in names] for slug in ("monday", "other")}
    assert walks == {"monday": [1] * 6, "other": [1] * 6}
    assert not slots.run_slots(now=world.now)


def test_customers_are_enrolled_through_the_api_with_reasons_for_the_others(world: World) -> None:
    world.journey(LOOK)
    world.meet("alice", "bob")
    found = admit.admit(
        "look", ["alice", "user_id:bob", "nobody", "alice"], {"a": 1}, now=world.now
    )
    assert (found["enrolled"], found["refused"]) == (2, {"unknown_customer": 1})
    world.settle()
    assert world.walk("alice", "look").entry == {"a": 1}
    with pytest.raises(Refused, match="no api trigger"):
        world.journey(SINCE)
        admit.admit("since", ["alice"], {}, now=world.now)


def test_a_frozen_pause_moves_waits_and_leave_rules_go_on(world: World) -> None:
    world.journey(SINCE.replace("steps:", "leave:\n  on: [{event: Refused}]\nsteps:", 1))
    world.meet("alice", "bob")
    world.does("alice", "Signed Up", plan="x")
    world.does("bob", "Signed Up", plan="x")
    world.passes("12h")
    publish.pause("since", clock="freeze", now=world.now)
    world.passes("3d")
    world.does("bob", "Refused")
    assert world.walk("bob", "since").status == "left"
    assert world.walk("alice", "since").step == "pause"
    publish.resume("since", now=world.now)
    world.passes("11h")
    assert world.walk("alice", "since").step == "pause"
    world.passes("1h")
    assert world.walk("alice", "since").step == "bought"


def test_stopping_ends_every_walk_and_skips_what_is_queued(world: World) -> None:
    world.journey(SINCE)
    world.meet("alice")
    world.does("alice", "Signed Up", plan="x")
    assert publish.stop("since", now=world.now) == 1
    assert world.walk("alice", "since").left_reason == "journey_stopped"


def test_one_poisoned_customer_does_not_stop_a_batch(world: World) -> None:
    world.journey(SINCE)
    world.meet("alice", "bob", "charlie")
    world.together(
        *(world.call(name, "Signed Up", plan="x") for name in ("alice", "bob", "charlie"))
    )
    walk = world.walk("bob", "since")
    type(walk).objects.filter(pk=walk.pk).update(step="no-such-step")
    world.now += dt.timedelta(days=1)
    world.settle()
    assert [world.walk(name, "since").step for name in ("alice", "charlie")] == ["bought", "bought"]
    aside = SetAside.objects.get()
    assert (aside.kind, aside.ref_id, aside.tries) == ("enrollment", walk.pk, 1)
    type(walk).objects.filter(pk=walk.pk).update(step="pause")
    world.passes("1m")
    assert world.walk("bob", "since").step == "bought"


def test_those_inside_move_with_the_journey_and_their_wait_is_not_prolonged(world: World) -> None:
    world.journey(SINCE)
    world.meet("alice", "bob")
    world.does("alice", "Signed Up", plan="x")
    world.journey(SINCE.replace("wait: 1d", "wait: 5d"))
    world.does("bob", "Signed Up", plan="x")
    world.passes("1d")
    walks = [world.walk(name, "since") for name in ("alice", "bob")]
    assert [(walk.version.number, walk.step) for walk in walks] == [(2, "bought"), (2, "pause")]
