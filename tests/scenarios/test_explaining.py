"""Why they got this, why not, and what is next."""

import datetime as dt
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config import why
from journeys.models import Journey
from journeys.queries.explain import explain
from tests.world import World

CART = """
journey: cart
enter:
  on: [{event: Cart Updated, where: {value: {gte: 30}}}]
  if: {all: [{attribute: country, in: [US, DE]}, {attribute: vip, eq: true}]}
  again: {after: 7d}
  holdout: %s
steps:
  - id: pause
    wait: 1h
  - id: mail
    send: {channel: email, subject: Your basket, text: t}
  - id: bought
    wait_for: {any: [{event: Order Completed, then: end}], timeout: 2d}
"""


def told(world: World, name: str, **more: Any) -> dict[str, Any]:
    journey = Journey.objects.get(slug="cart")
    return explain(world.id(name), journey, now=world.now, **more)


def texts(found: dict[str, Any]) -> list[str]:
    return [f"{'+' if line.passed else '-'} {line.text}" for line in why.lines(found)]


def test_why_somebody_got_a_message_and_what_is_next(world: World) -> None:
    world.journey(CART % 0)
    world.meet("alice", vip=True)
    world.does("alice", "Cart Updated", value=50)
    world.passes("2h")
    found = told(world, "alice")
    assert found["entered"]
    assert [(c["check"], c["reason"]) for c in found["checks"]] == [
        ("decision", "entered"),
        ("decision", "wait_started"),
        ("decision", "wait_over"),
        ("decision", "message_planned"),
        ("decision", "awaiting"),
        ("message", "sent"),
    ]
    assert found["next"] == {
        "at": "2026-03-04T10:00:00.000Z", "step": "bought", "or_event": ["Order Completed"],
    }  # fmt: skip
    assert why.coming(found) == (
        "Stands at bought and waits for Order Completed, at most until 2026-03-04T10:00:00.000Z."
    )


def test_why_not_names_the_clause_that_does_not_hold(world: World) -> None:
    world.journey(CART % 0)
    world.meet("alice")
    world.does("alice", "Cart Updated", value=50)
    found = texts(told(world, "alice"))
    assert found == [
        "- Not admitted: outside the audience",
        "+ The journey is live",
        "+ Cart Updated happened: value is at least 30",
        "+ In the audience: country is one of “US”, “DE”",
        "- Outside the audience: vip is true",
        "+ May come in",
    ]


def test_why_not_names_the_event_that_is_missing(world: World) -> None:
    world.journey(CART % 0)
    world.meet("alice", "bob", vip=True)
    world.does("alice", "Cart Updated", value=5)
    assert "- Cart Updated happened, but never so: value is at least 30" in texts(
        told(world, "alice")
    )
    assert "- Cart Updated has never happened" in texts(told(world, "bob"))


def test_why_not_names_the_control_group_and_the_time_between(world: World) -> None:
    world.journey(CART % 100)
    world.meet("alice", vip=True)
    (control,) = (line for line in texts(told(world, "alice")) if "holdout" in line)
    assert control.startswith("- In the journey's holdout: bucket ")
    world.does("alice", "Cart Updated", value=50)
    world.passes("3d")
    assert any(
        line.startswith("- Too soon after the last time, which ended 2026-03-04")
        for line in texts(told(world, "alice"))
    )


def test_a_past_moment_is_told_as_it_was(world: World) -> None:
    world.journey(CART % 0)
    world.meet("alice", vip=True)
    world.does("alice", "Cart Updated", value=50)
    then = world.now
    world.passes("2h")
    found = told(world, "alice", at=then)
    assert [c["reason"] for c in found["checks"]] == ["entered", "wait_started"]
    assert found["next"] is None
    assert why.coming(found) == "The last decision by 2026-03-02T09:00:00.000Z: Waits · pause."
    before = told(world, "alice", at=then - dt.timedelta(days=1))
    assert why.coming(before) == (
        "Nothing had been decided in this journey by 2026-03-01T09:00:00.000Z."
    )


def test_the_command_prints_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.journey(CART % 0)
    world.meet("alice", vip=True)
    world.does("alice", "Cart Updated", value=50)
    call_command("explain", "user_id:alice")
    printed = capsys.readouterr().out
    assert "Came in" in printed
    assert "wait: 1h" in printed
    assert "Stands at pause until 2026-03-02T10:00:00.000Z." in printed
    with pytest.raises(CommandError, match="There is no customer nobody"):
        call_command("explain", "nobody")
    with pytest.raises(CommandError, match="There is no journey “card”"):
        call_command("explain", "alice", "card")
    with pytest.raises(CommandError, match="is not an instant"):
        call_command("explain", "alice", "--at", "0001-01-01T00:00+05:00")
