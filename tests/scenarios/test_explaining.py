"""Why they got this, why not, and what is next."""

import datetime as dt
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config import why
from journeys.models import Journey
from journeys.queries.explain import explain
from profiles.models import Event
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
        "call": None,
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


LOOKING = """
journey: looking
enter:
  on: [{event: Cart Updated}]
  if: {all: [{attribute: country, in: [US, DE]}, {event: Order Completed, count: {lt: 2}}]}
leave: {if: {attribute: blocked, eq: true}}
steps:
  - id: which
    branch:
      - {if: {event: Cart Updated, sum: value, gte: 100}, then: end}
      - {if: {all: [{attribute: plan, eq: pro}, {stage: acquisition}]}, then: wait}
    else: wait
  - id: wait
    wait_for: {any: [{event: Paid, then: end}, {if: {attribute: level, gte: 3}}], timeout: 2d}
"""


def because(world: World, name: str, code: str, **more: Any) -> Any:
    found = explain(world.id(name), Journey.objects.get(slug="looking"), now=world.now, **more)
    return next(each["inputs"] for each in found["checks"] if each["reason"] == code)


def test_a_decision_says_what_it_was_judged_by_then(world: World) -> None:
    world.journey(LOOKING)
    world.meet("alice", plan="free", level=1)
    world.does("alice", "Cart Updated", value=40)
    world.meet("alice", plan="pro", country="FR", level=4)
    world.settle()
    taken = because(world, "alice", "branch_taken")
    assert (taken["case"], taken["to"]) == ("else", "wait")
    assert taken["because"] == [
        {"clause": "the sum of value over “Cart Updated” is at least 100", "saw": 40},
        {"clause": "plan is “pro”", "saw": "free"},
        {"clause": "is in the stage “acquisition”", "saw": "acquisition"},
    ]
    assert because(world, "alice", "case_met")["because"] == [
        {"clause": "level is at least 3", "saw": 4}
    ]


def test_who_was_left_outside_is_told_by_which_clause_and_value(world: World) -> None:
    world.journey(LOOKING)
    world.meet("bob", country="FR")
    world.does("bob", "Cart Updated", value=40)
    world.meet("bob", country="DE")
    refused = because(world, "bob", "refused_audience")
    assert refused["clause"] == "country is one of “US”, “DE”"
    assert [each["saw"] for each in refused["because"]] == ["FR", 0]
    russian = because(world, "bob", "refused_audience", language="ru")
    assert russian["clause"] == "country одно из «US», «DE»"
    journey = Journey.objects.get(slug="looking")
    line = why.lines(explain(world.id("bob"), journey, now=world.now))[0]
    assert "judged by: country is one of “US”, “DE”: FR; " in line.details


def test_a_leave_rule_and_a_wait_name_the_event_that_met_them(world: World) -> None:
    world.journey(LOOKING)
    world.meet("alice", "charlie", country="US")
    world.together(*(world.call(name, "Cart Updated", value=1) for name in ("alice", "charlie")))
    world.does("alice", "Paid")
    world.meet("charlie", blocked=True)
    world.settle()
    paid = Event.objects.get(name="Paid")
    assert because(world, "alice", "case_met")["by"] == paid.pk
    left = because(world, "charlie", "left_by_rule")
    assert left["because"] == [{"clause": "blocked is true", "saw": True}]


def test_a_long_value_is_not_kept_twice(world: World) -> None:
    world.journey(LOOKING)
    world.meet("bob", country="F" * 1000)
    world.does("bob", "Cart Updated", value=40)
    assert because(world, "bob", "refused_audience")["because"][0]["saw"] == "…"
