"""Dates on the profile let customers in: by their own clock, moved with the date, every year."""

import datetime as dt

import pytest
from django.db import connection

from journeys.models import DateEntry
from journeys.operations import publish
from profiles.core.events import Incoming
from tests.world import World

TRIAL = """
journey: trial
enter:
  on: [{date: trial_ends, offset: -5d, at: "10:00"}]
  again: always
steps:
  - id: mail
    send: {channel: email, subject: "Until {{ entry.date }}", text: t}
"""
BIRTHDAY = """
journey: birthday
enter:
  on: [{date: born, at: "09:00", yearly: true}]
  again: always
steps:
  - id: mail
    send: {channel: email, subject: Happy birthday, text: t}
"""
BERLIN = "Europe/Berlin"


@pytest.fixture
def world(world: World) -> World:
    world.now = dt.datetime(2026, 3, 27, 12, tzinfo=dt.UTC)
    return world


def coming(world: World, name: str) -> list[str]:
    """The instants at which the customer falls due."""
    found = DateEntry.objects.filter(customer_id=world.id(name)).order_by("due_at")
    return [each.due_at.astimezone(dt.UTC).isoformat(timespec="minutes") for each in found]


def test_a_date_lets_in_by_the_customers_own_clock(world: World) -> None:
    world.journey(TRIAL)
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.meet("bob", timezone="Asia/Tokyo", trial_ends="2026-04-03")
    world.meet("charlie")
    world.settle()
    assert coming(world, "alice") == ["2026-03-29T08:00+00:00"]  # summer time since that morning
    assert coming(world, "bob") == ["2026-03-29T01:00+00:00"]
    assert coming(world, "charlie") == []
    world.passes("37h")
    assert (world.inbox("alice"), world.inbox("bob")) == ([], ["email: Until 2026-04-03"])
    world.passes("7h")
    assert world.inbox("alice") == ["email: Until 2026-04-03"]
    world.passes("30d")
    assert world.inbox("alice") == ["email: Until 2026-04-03"]
    assert coming(world, "alice") == []


def test_whoever_was_there_before_the_journey_is_let_in_too(world: World) -> None:
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.meet("bob", timezone=BERLIN, trial_ends="2026-03-30")  # five days before was Wednesday
    world.settle()
    world.journey(TRIAL)
    world.passes("3d")
    assert (world.inbox("alice"), world.inbox("bob")) == (["email: Until 2026-04-03"], [])


def test_moving_the_date_moves_the_entry(world: World) -> None:
    world.journey(TRIAL)
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.settle()
    world.meet("alice", trial_ends="2026-04-13")
    world.settle()
    assert coming(world, "alice") == ["2026-04-08T08:00+00:00"]
    world.passes("5d")
    assert world.inbox("alice") == []
    world.meet("alice", timezone="America/New_York")
    world.settle()
    assert coming(world, "alice") == ["2026-04-08T14:00+00:00"]
    world.meet("alice", trial_ends=None)
    world.settle()
    assert coming(world, "alice") == []


def test_a_date_that_moved_unnoticed_lets_nobody_in(world: World) -> None:
    world.journey(TRIAL)
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.settle()
    with connection.cursor() as cursor:  # as when the log is read later than the date comes
        cursor.execute(
            "UPDATE profiles_customer SET attributes = attributes || %s::jsonb WHERE id = %s",
            ['{"trial_ends": "2026-04-20"}', world.id("alice")],
        )
    world.passes("5d")
    assert world.inbox("alice") == []
    assert coming(world, "alice") == ["2026-04-15T08:00+00:00"]


def test_a_birthday_comes_every_year(world: World) -> None:
    world.journey(BIRTHDAY)
    world.meet("alice", timezone=BERLIN, born="2004-02-29")
    world.settle()
    assert coming(world, "alice") == ["2027-02-28T08:00+00:00"]
    world.passes("341d")
    assert world.inbox("alice") == ["email: Happy birthday"]
    assert coming(world, "alice") == ["2028-02-29T08:00+00:00"]


def test_what_came_during_a_pause_comes_with_its_end(world: World) -> None:
    world.journey(TRIAL)
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.settle()
    publish.pause("trial", clock="run", now=world.now)
    world.passes("4d")
    assert world.inbox("alice") == []
    publish.resume("trial", now=world.now)
    world.settle()
    assert world.inbox("alice") == ["email: Until 2026-04-03"]


def test_a_new_version_reckons_by_its_own_date(world: World) -> None:
    world.journey(TRIAL)
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.settle()
    world.journey(TRIAL.replace("-5d", "-1d"))
    world.settle()
    assert coming(world, "alice") == ["2026-04-02T08:00+00:00"]


def test_a_merged_customer_comes_once(world: World) -> None:
    world.journey(TRIAL)
    world.meet("alice", timezone=BERLIN, trial_ends="2026-04-03")
    world.meet("bob", timezone=BERLIN, trial_ends="2026-04-03")
    world.settle()
    world.together(
        Incoming(call="alias", name="alias", at=world.now, user_id="alice", previous_id="bob",
                 message_id="alias-1")
    )  # fmt: skip
    world.passes("4d")
    assert world.inbox("alice") == ["email: Until 2026-04-03"]
