"""The past played through a draft: who would have got what, beside what they got."""

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.dry_run import Terms, replay, simulate
from journeys.operations import draft
from profiles.queries import clock
from tests.world import World

CART = """
journey: cart
enter: {on: [{event: Cart Updated}], again: always}
steps:
  - id: bought
    wait_for: {any: [{event: Order Completed, then: end}], timeout: %s, then: mail}
  - {id: mail, send: {channel: email, subject: Your basket, text: t}}
"""


@pytest.fixture
def shop(world: World) -> World:
    """In April Bob buys after three hours, Alice never; the journey waits for a day."""
    world.now = clock.now() - dt.timedelta(days=40)
    world.journey(CART % "1d")
    world.meet("alice", "bob", "charlie")
    world.does("charlie", "Cart Updated", value=1)
    world.passes("20d")
    world.does("alice", "Cart Updated", value=1)
    world.does("bob", "Cart Updated", value=1)
    world.passes("3h")
    world.does("bob", "Order Completed", order_id="1")
    world.passes("20d")
    return world


def told(messages: list[dict[str, str]]) -> list[str]:
    return [each["step"] for each in messages]


def test_the_live_version_would_have_sent_what_it_sent(shop: World) -> None:
    found = simulate("cart", Terms(days=30, live=True, replay=True), now=shop.now)
    assert found["beside"] == {
        "customers": {"would": 1, "got": 1, "both": 1, "differ": 0},
        "messages": {"would": 1, "got": 1},
        "people": [],
    }
    assert "played at its own time" in found["assumes"]


def test_a_draft_shows_for_whom_it_differs(shop: World) -> None:
    draft.save("cart", CART % "1h", revision=1, by="test", now=shop.now)
    found, everybody = replay("cart", Terms(days=30), now=shop.now)
    assert found["beside"]["customers"] == {"would": 2, "got": 1, "both": 1, "differ": 1}
    (bob,) = found["beside"]["people"]
    assert (bob["customer"], told(bob["would"]), bob["got"]) == (shop.id("bob"), ["mail"], [])
    alice = everybody[0]
    assert alice.would[0].at < alice.got[0].at
    assert [each["sent"] for each in found["days"] if each["sent"]] == [{"email": 2}]


def test_nothing_is_left_of_it(shop: World) -> None:
    before = shop.inbox("bob"), shop.report("cart")
    simulate("cart", Terms(days=30, replay=True), now=shop.now)
    assert (shop.inbox("bob"), shop.report("cart")) == before


def test_the_command_compares_and_writes_everybody(
    shop: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft.save("cart", CART % "1h", revision=1, by="test", now=shop.now)
    file = tmp_path / "people.csv"
    call_command("simulate", "cart", "--replay", "30d", "--people", str(file))
    assert "Beside what happened" in capsys.readouterr().out
    rows = list(csv.reader(file.read_text().splitlines()))
    assert rows[0] == ["customer", "would_or_got", "at", "step", "channel"]
    assert [row[:2] for row in rows[1:]] == [
        [str(shop.id("alice")), "would"], [str(shop.id("alice")), "got"],
        [str(shop.id("bob")), "would"],
    ]  # fmt: skip
    call_command("simulate", "cart", "--replay", "30", "--json")
    assert json.loads(capsys.readouterr().out)["beside"]["messages"] == {"would": 2, "got": 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--people", "x.csv"], "--people needs --replay"),
        (["--replay", "2w"], "whole days"),
        (["--replay", "900d"], "1 to 365 days"),
    ],
)
def test_what_cannot_be_played_is_refused(shop: World, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("simulate", "cart", *arguments)
