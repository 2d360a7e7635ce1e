"""A dry run: what a journey would do, with nothing kept and nobody disturbed."""

import json
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from channels.models import Call
from config import dry_run
from journeys.models import Enrollment, Journey, Version
from journeys.operations import draft
from journeys.operations.refused import Refused
from journeys.queries import plans
from profiles.operations import segments
from profiles.queries import clock
from tests.emulators.receiver import Receiver
from tests.world import World

CART = """
journey: cart
enter:
  on: [{event: Cart Updated, where: {value: {gte: 30}}}]
  if: {attribute: country, in: [US, DE]}
  again: {after: 7d}
leave:
  on: {event: Order Completed}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: pause
    wait: 1h
  - id: test
    split:
      - {arm: A, share: 50, then: mail}
      - {arm: B, share: 50, then: mail}
  - id: mail
    send: {channel: email, subject: Your basket, text: "{{ customer.firstName }}"}
  - id: bought
    wait_for: {any: [{event: Order Completed, then: end}], timeout: 2d}
  - id: text
    send: {channel: sms, text: Still there}
"""
DAILY = """
journey: daily
enter:
  on: [{cron: "0 10 * * 1"}]
  if: {attribute: country, in: [US, DE]}
  again: {after: 1d}
steps:
  - id: mail
    send: {channel: email, subject: Monday, text: Hello}
"""
SCORED = """
journey: asking
enter: {on: {api: true}}
steps:
  - {id: ask, call: {url: "%s/", save: found}}
  - id: which
    branch: [{if: {context: found.value, gte: 5}, then: end}]
  - {id: on, wait: 1d}
"""
CALLED = """
journey: called
enter:
  on: [{api: true}]
  if: {attribute: country, eq: US}
  holdout: 100
steps:
  - id: mail
    send: {channel: email, subject: Hello, text: Hello}
"""
BUYERS = """
journey: buyers
enter:
  on: [{stage: conversion}]
steps:
  - id: mail
    send: {channel: email, subject: Thank you, text: Hello}
"""
LEAVING = """
journey: leaving
enter:
  on: [{segment: buyers, change: left}]
steps:
  - id: mail
    send: {channel: email, subject: Come back, text: Hello}
"""
ASKING = """
journey: asking
enter:
  on: [{event: Cart Updated}]
steps:
  - id: pause
    wait: 1d
  - id: bought
    branch:
      - {if: {event: Order Completed, within: 2d}, then: thanks}
    else: reminder
  - id: reminder
    send: {channel: email, subject: Your basket, text: Hello}
    then: end
  - id: thanks
    send: {channel: email, subject: Thank you, text: Hello}
"""
KEPT = (
    "profiles_customer", "profiles_event", "profiles_clock", "profiles_lifecyclestate",
    "channels_message", "channels_content", "journeys_journey", "journeys_version",
    "journeys_enrollment", "journeys_decision", "journeys_wait", "journeys_cursor",
    "journeys_slot", "journeys_dateentry",
)  # fmt: skip


def simulate(slug: str, *, now: datetime, tell: Any = None, **terms: Any) -> dict[str, Any]:
    return dry_run.simulate(slug, dry_run.Terms(**terms), now=now, tell=tell)


def sketch(document: str, world: World) -> Journey:
    """A draft, never published."""
    slug = document.split("journey:", 1)[1].split()[0]
    return draft.save(slug, document, revision=None, by="test", now=world.now)


def rows() -> dict[str, list[Any]]:
    """Everything that a dry run could have touched."""
    found = {}
    with connection.cursor() as cursor:
        for table in KEPT:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


def step(found: dict[str, Any], id: str) -> dict[str, Any]:
    (one,) = (each for each in found["steps"] if each["id"] == id)
    return dict(one)


def sent(found: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {each["date"]: each["sent"] for each in found["days"] if each["sent"]}


def shop(world: World) -> None:
    """Three customers fill baskets in one month; Bob comes back and buys."""
    world.meet("alice", "bob", "charlie")
    world.does("alice", "Cart Updated", value=50)
    world.does("charlie", "Cart Updated", value=50)
    world.passes("1d")
    world.does("bob", "Cart Updated", value=40)
    world.passes("2h")
    world.does("bob", "Order Completed", revenue=40)
    world.passes("6d")


def test_what_customers_did_happens_again_to_a_draft(world: World) -> None:
    shop(world)
    sketch(CART, world)
    found = simulate("cart", now=world.now, days=10)
    assert found["customers"] == 3
    assert step(found, "pause")["entered"] == 2
    assert step(found, "mail")["sent"] == 2
    assert step(found, "text")["sent"] == 1
    assert found["refused"] == {"audience": 1}
    assert sent(found) == {
        "2026-03-12": {"email": 1}, "2026-03-13": {"email": 1}, "2026-03-14": {"sms": 1},
    }  # fmt: skip
    assert [day["date"] for day in found["days"]] == [f"2026-03-{day:02}" for day in range(9, 20)]
    ways = {(each["from"], each["to"]): each["customers"] for each in found["edges"]}
    assert ways == {
        ("enter", "pause"): 2, ("pause", "test"): 2, ("test", "mail"): 2, ("mail", "bought"): 2,
        ("bought", "text"): 1, ("text", "end:text"): 1, ("bought", "left"): 1,
    }  # fmt: skip
    assert sum(found["arms"]["test"].values()) == 2
    assert found["ghosts"] == {"holdout": 0, "global": 0}
    assert "happen again" in found["assumes"]


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def test_nothing_is_left_behind_not_even_a_month_of_the_log(world: World) -> None:
    world.journey(CART)
    shop(world)
    before, live, months = rows(), plans.current(), tables()
    simulate("cart", now=world.now, days=200)
    assert rows() == before
    assert plans.current() == live
    assert tables() == months
    assert not connection.in_atomic_block


def test_after_a_failure_everything_is_as_before(world: World) -> None:
    world.journey(CART)
    shop(world)
    before, live = rows(), plans.current()

    def fail(_done: float) -> None:
        raise RuntimeError("the terminal is gone")

    with pytest.raises(RuntimeError, match="the terminal is gone"):
        simulate("cart", now=world.now, tell=fail)
    assert rows() == before
    assert plans.current() == live
    world.meet("dora", country="US")
    world.does("dora", "Cart Updated", value=50)
    assert world.walk("dora", "cart").status == "active"


def test_the_same_seed_gives_the_same_bytes(world: World) -> None:
    shop(world)
    world.meet(*(f"guest{number}" for number in range(20)), country="US")
    sketch(DAILY, world)
    texts = {
        seed: {
            json.dumps(simulate("daily", now=world.now, sample=4, seed=seed), sort_keys=True)
            for _ in range(2)
        }
        for seed in (1, 2)
    }
    assert [len(found) for found in texts.values()] == [1, 1]
    assert json.loads(texts[1].pop())["customers"] == 4


def test_schedules_come_by_the_calendar(world: World) -> None:
    shop(world)
    sketch(DAILY, world)
    found = simulate("daily", now=world.now, days=14)
    assert sent(found) == {"2026-03-16": {"email": 2}, "2026-03-23": {"email": 2}}


def test_a_journey_that_only_calls_let_in_takes_its_audience_at_once(world: World) -> None:
    world.meet("alice", "bob")
    sketch(CALLED, world)
    found = simulate("called", now=world.now, days=1)
    assert found["ghosts"] == {"holdout": 1, "global": 0}
    assert step(found, "mail")["withheld"] == 1
    assert found["refused"] == {"audience": 1}
    assert found["assumes"].startswith("Everybody whom the audience admits enters at once")


def test_changes_of_the_lifecycle_happen_again(world: World) -> None:
    world.meet("alice", "bob")
    world.does("alice", "Order Completed", revenue=40)
    world.passes("6d")
    sketch(BUYERS, world)
    found = simulate("buyers", now=world.now, days=10)
    assert sent(found) == {"2026-03-12": {"email": 1}}


def test_who_came_into_a_segment_comes_again(world: World) -> None:
    world.meet("alice", "bob", "charlie")
    world.does("charlie", "Order Completed", revenue=40)
    condition = {"event": "Order Completed", "within": "3d"}
    segments.save("buyers", title="", condition=condition, revision=None, now=world.now)
    world.settle()
    for name in ("alice", "bob"):
        world.passes("1d")
        world.does(name, "Order Completed", revenue=40)
    world.passes("5d")
    sketch(LEAVING, world)
    found = simulate("leaving", now=world.now, days=10)
    ways = {(each["from"], each["to"]): each["customers"] for each in found["edges"]}
    assert list(sent(found)) == ["2026-03-15", "2026-03-16", "2026-03-17"]
    assert ways["enter", "mail"] == step(found, "mail")["sent"] == 3


def test_a_condition_sees_what_happens_again(world: World) -> None:
    shop(world)
    sketch(ASKING, world)
    found = simulate("asking", now=world.now, days=10)
    ways = {(each["from"], each["to"]): each["customers"] for each in found["edges"]}
    assert (ways["bought", "thanks"], ways["bought", "reminder"]) == (1, 2)


def test_other_journeys_stand_still_and_real_walks_do_not_count(world: World) -> None:
    world.journey(CART)
    world.journey(DAILY)
    shop(world)
    found = simulate("cart", now=world.now, days=10)
    assert step(found, "pause")["entered"] == 2
    assert set(sent(found)) == {"2026-03-12", "2026-03-13", "2026-03-14"}


def test_the_live_version_runs_on_request(world: World) -> None:
    journey = world.journey(CART)
    shop(world)
    shorter = CART.replace("wait: 1h", "wait: 3d")
    draft.save("cart", shorter, revision=journey.revision, by="test", now=world.now)
    changed = simulate("cart", now=world.now, days=10)
    assert step(changed, "mail")["sent"] == 1
    assert step(simulate("cart", now=world.now, days=10, live=True), "mail")["sent"] == 2
    assert Version.objects.count() == 1


def test_production_allows_it_and_nothing_more(world: World, settings: Any) -> None:
    shop(world)
    sketch(CART, world)
    settings.SOJOURN_SANDBOX = False
    found = simulate("cart", now=world.now, days=10)
    assert step(found, "mail")["sent"] == 2
    assert settings.SOJOURN_SANDBOX is False


def test_the_workspace_goes_on_meanwhile(world: World) -> None:
    world.journey(CART)
    shop(world)
    running, done, seen = Event(), Event(), []

    def hold(_done: float) -> None:
        running.set()
        seen.append(done.wait(timeout=30))

    def dry_run() -> None:
        try:
            simulate("cart", now=world.now, tell=hold)
        finally:
            connection.close()

    thread = Thread(target=dry_run)
    thread.start()
    try:
        assert running.wait(timeout=30)
        live_on(world)
    finally:
        done.set()
        thread.join(timeout=60)
    assert seen and all(seen)
    assert Enrollment.objects.filter(customer_id=world.id("dora")).count() == 1


def live_on(world: World) -> None:
    """Somebody new comes in, the journey changes, a month of the log is made, messages leave."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    world.meet("dora", country="US", email="dora@example.com")
    world.does("dora", "Cart Updated", value=80)
    world.journey(CART.replace("Your basket", "Your full basket"))
    world.passes("2h")
    assert world.inbox("dora") == ["email: Your full basket"]
    world.passes("30d")
    world.does("dora", "Order Completed", revenue=80)
    assert world.report("cart")["totals"]["entered"] == 3
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def test_what_cannot_be_run_says_why_in_a_sentence(world: World) -> None:
    sketch(CART.replace("then: end", "then: nowhere"), world)
    with pytest.raises(Refused, match="The journey cannot be run yet: steps") as broken:
        simulate("cart", now=world.now)
    assert broken.value.status == 422
    with pytest.raises(Refused, match="There is no journey “card”"):
        simulate("card", now=world.now)
    with pytest.raises(Refused, match="1 to 365 days"):
        simulate("cart", now=world.now, days=366)
    with pytest.raises(Refused, match="at least one customer"):
        simulate("cart", now=world.now, sample=0)
    with pytest.raises(Refused, match="was never published"):
        simulate("cart", now=world.now, live=True)


def test_the_command_prints_tables_or_json(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world.now = clock.now()
    shop(world)
    sketch(CART, world)
    call_command("simulate", "cart", days=10)
    printed = capsys.readouterr().out
    assert "cart: 3 customers, 10 days" in printed
    assert "happen again" in printed
    call_command("simulate", "cart", days=10, json=True)
    assert json.loads(capsys.readouterr().out)["horizon"] == 10
    with pytest.raises(CommandError, match="There is no journey “card”"):
        call_command("simulate", "card")


def test_a_dry_run_calls_nobody(world: World, settings: Any) -> None:
    settings.SOJOURN_SANDBOX = False
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    with Receiver(settings.SOJOURN_CALL_SECRETS[0]) as receiver:
        draft.save("asking", SCORED % receiver.url, revision=None, by="test", now=world.now)
        world.meet("alice", "bob")
        found = simulate("asking", now=clock.now(), days=1)
    assert receiver.requests == 0
    assert {step["id"]: step["entered"] for step in found["steps"]} == {
        "ask": 2,
        "which": 2,
        "on": 2,
    }
    assert not Call.objects.exists()
