"""Pauses: clocks that freeze or run, a version published meanwhile, and what is overdue then."""

import datetime as dt

import pytest

from journeys.models import Journey
from journeys.operations import publish
from journeys.operations.refused import Refused
from tests.scenarios.test_changing import change, enter, place, saved
from tests.world import World


def test_a_paused_journey_stays_paused_and_its_frozen_clock_is_kept(world: World) -> None:
    enter(world, "alice")
    world.passes("1d")
    publish.pause("letters", clock="freeze", now=world.now)
    world.passes("10d")
    change(world, ("wait: 2d", "wait: 36h"))
    assert saved().state == "paused"
    world.passes("5d")
    publish.resume("letters", now=world.now)
    world.passes("11h")
    assert place(world, "alice") == (2, "pause")
    world.passes("1h")
    assert place(world, "alice") == (2, "answer")


def test_a_frozen_pause_moves_time_outs_and_leaves_the_goals_window(world: World) -> None:
    enter(world, "alice")
    entered = world.now
    world.passes("2d")
    publish.pause("letters", clock="freeze", now=world.now)
    world.passes("20d")
    publish.resume("letters", now=world.now, overdue="leave")
    walk = world.walk("alice", "letters")
    assert walk.due_at == world.now + dt.timedelta(days=4)
    assert walk.goal_until == entered + dt.timedelta(days=7)


def test_what_fell_due_during_a_pause_goes_on_or_leaves(world: World) -> None:
    enter(world, "alice")
    world.passes("1d")
    world.does("bob", "Signed Up")
    publish.pause("letters", clock="run", now=world.now)
    world.passes("1d")
    with pytest.raises(Refused, match="run or leave"):
        publish.resume("letters", now=world.now, overdue="spread")
    publish.resume("letters", now=world.now, overdue="leave")
    walk = world.walk("alice", "letters")
    assert (walk.status, walk.left_reason) == ("left", "overdue_while_paused")
    assert place(world, "bob") == (1, "pause")
    publish.pause("letters", clock="run", now=world.now)
    world.passes("3d")
    publish.resume("letters", now=world.now)
    world.settle()
    assert place(world, "bob") == (1, "answer")


def test_a_stop_that_was_cut_short_is_finished(world: World) -> None:
    """What the tables hold when the process dies before anybody has left."""
    enter(world, "alice", "bob")
    world.passes("1d")
    received = [world.inbox(name) for name in ("alice", "bob")]
    Journey.objects.filter(slug="letters").update(state="stopped")
    world.passes("20d")
    assert [world.inbox(name) for name in ("alice", "bob")] == received
    assert publish.finish_stopping(now=world.now) == 2
    assert publish.finish_stopping(now=world.now) == 0
    walks = [world.walk(name, "letters") for name in ("alice", "bob")]
    assert {(walk.status, walk.left_reason) for walk in walks} == {("left", "journey_stopped")}


NUDGE = """
journey: nudge
enter: {on: [{event: Cart Updated}]}
steps:
  - id: bought
    wait_for:
      any: [{event: Order Completed, then: end}, {if: {attribute: tired, eq: true}, then: end}]
      timeout: 2d
      then: nudge
  - {id: nudge, send: {channel: email, subject: Nudge, text: n}}
"""


@pytest.mark.parametrize("clock", ["freeze", "run"])
def test_what_ends_a_wait_during_a_pause_counts_on_resuming(world: World, clock: str) -> None:
    world.journey(NUDGE)
    world.meet("alice", "bob", "charlie")
    world.together(*(world.call(name, "Cart Updated") for name in ("alice", "bob", "charlie")))
    publish.pause("nudge", clock=clock, now=world.now)
    world.passes("1d")
    world.does("alice", "Order Completed", order_id="1")
    world.meet("charlie", tired=True)
    world.settle()
    assert world.walk("alice", "nudge").status == "active"
    world.passes("10d")
    publish.resume("nudge", now=world.now, overdue="leave" if clock == "run" else "run")
    world.settle()
    world.passes("3d")
    assert [world.inbox(name) for name in ("alice", "charlie")] == [[], []]
    assert world.inbox("bob") == (["email: Nudge"] if clock == "freeze" else [])
    assert "bought:case_met" in world.reasons("alice", "nudge")


def test_what_comes_after_the_time_was_up_during_a_pause_does_not_count(world: World) -> None:
    world.journey(NUDGE)
    world.meet("alice")
    world.does("alice", "Cart Updated")
    publish.pause("nudge", clock="run", now=world.now)
    world.passes("3d")
    world.does("alice", "Order Completed", order_id="1")
    publish.resume("nudge", now=world.now)
    world.settle()
    assert world.inbox("alice") == ["email: Nudge"]
