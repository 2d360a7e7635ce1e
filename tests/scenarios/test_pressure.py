"""What falls on customers: journeys at once and messages, as the rows say; what will, as it did."""

import datetime as dt
import json
from collections import Counter
from itertools import combinations, pairwise
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from channels.models import Message
from channels.operations import brakes
from config import pressure
from config.dry_run import Terms
from journeys.models import Decision, Enrollment, Forecast, Journey
from journeys.operations import publish
from journeys.operations.refused import Refused
from journeys.queries import pressure as counted
from profiles.models import Event
from tests.world import World

CART = """
journey: cart
enter:
  on: [{event: Cart Updated}]
  again: always
leave:
  on: {event: Order Completed}
steps:
  - {id: pause, wait: 1d}
  - {id: mail, send: {channel: email, subject: Your basket, text: It waits.}}
  - {id: rest, wait: 2d}
  - {id: text, send: {channel: sms, text: Still there}}
"""
WELCOME = """
journey: welcome
title: Welcome
enter:
  on: [{event: Signed Up}]
  again: always
  holdout: 20
steps:
  - {id: hello, send: {channel: email, subject: Hello, text: Good to see you.}}
  - {id: pause, wait: 3d}
  - {id: more, send: {channel: email, subject: More, text: Look around.}}
"""
NAMES = [f"c{number}" for number in range(12)]
DAYS = 14
WEEK = dt.timedelta(days=7)


@pytest.fixture
def shop(world: World) -> World:
    """A fortnight in which carts are filled and some sign up; by its end everybody is through."""
    world.journey(CART)
    world.journey(WELCOME)
    for number, name in enumerate(NAMES):
        world.meet(name, email=f"{name}@example.com", phone=f"+1202555{number:04}")
    for day in range(8):
        for turn, events in ((3, ("Cart Updated", "Signed Up")), (4, ("Order Completed",))):
            world.together(*(
                world.call(name, event)
                for number, name in enumerate(NAMES) for at, event in enumerate(events)
                if (day + at + number * number) % (turn + at) == 0
            ))  # fmt: skip
            world.passes("6h")
        world.passes("12h")
    world.passes("6d")
    return world


def _terms(**given: Any) -> Terms:
    return Terms(**{"days": DAYS, **given})


def _stays(since: dt.datetime, until: dt.datetime) -> dict[str, list[tuple[int, Any, Any]]]:
    """Who stood in each journey, from when to when."""
    found: dict[str, list[tuple[int, Any, Any]]] = {}
    for row in Enrollment.objects.filter(ghost="").select_related("journey"):
        left = row.left_at or dt.datetime.max.replace(tzinfo=dt.UTC)
        if row.entered_at < until and left >= since:
            stays = found.setdefault(row.journey.slug, [])
            stays.append((row.customer_id, row.entered_at, left))
    return found


def _together(one: Any, other: Any) -> set[int]:
    return {
        customer for customer, begun, left in one for also, came, went in other
        if customer == also and came <= left and begun <= went
    }  # fmt: skip


def _sent(since: dt.datetime, until: dt.datetime) -> dict[int, list[dt.datetime]]:
    found: dict[int, list[dt.datetime]] = {}
    rows = Message.objects.filter(sent_at__gte=since, sent_at__lt=until).order_by("sent_at")
    for customer, at in rows.values_list("customer_id", "sent_at"):
        assert at is not None
        found.setdefault(customer, []).append(at)
    return found


def _busiest(times: list[dt.datetime]) -> int:
    return max((sum(at - WEEK < each <= at for each in times) for at in times), default=0)


def test_what_was_is_what_the_rows_say(
    shop: World, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (8, DAYS):
        with subtests.test(days=days):
            _recount(shop, days)
    with subtests.test("the story is one worth counting"):
        found = pressure.past(DAYS, now=shop.now)
        assert found["together"] > 3
        assert Enrollment.objects.exclude(ghost="").exists()
        assert len(found["people"]) > 3
        assert found["pairs"][0]["journeys"] == ["cart", "welcome"]
    for days in (0, -1, 91):
        with subtests.test(days=days):
            _check_bounds(shop, days)
    with subtests.test("of a crowd every n-th is counted"):
        _count_every_nth(shop, monkeypatch)


def _recount(shop: World, days: int) -> None:
    found = pressure.past(days, now=shop.now)
    since = shop.now - dt.timedelta(days=days)
    stays, sent = _stays(since, shop.now), _sent(since, shop.now)
    pairs = {
        pair: _together(stays[pair[0]], stays[pair[1]]) for pair in combinations(sorted(stays), 2)
    }
    assert {tuple(each["journeys"]): each["customers"] for each in found["pairs"]} == {
        pair: len(customers) for pair, customers in pairs.items() if customers
    }
    for each in found["pairs"]:
        inside = pairs[tuple(each["journeys"])]
        assert each["messages"] == sum(len(sent.get(customer, [])) for customer in inside)
    assert found["together"] == len(set().union(*pairs.values()))
    sizes = {each["journey"]: each["customers"] for each in found["journeys"]}
    assert sizes == {slug: len({row[0] for row in rows}) for slug, rows in stays.items()}
    people = Counter(
        (len(sent.get(number, [])), _busiest(sent.get(number, [])))
        for number in map(shop.id, NAMES)
    )
    assert found["customers"] == len(NAMES)
    assert people == {
        (row["messages"], row["in_seven_days"]): row["customers"] for row in found["people"]
    }
    messages = Counter(
        Message.objects.filter(sent_at__gte=since, sent_at__lt=shop.now)
        .values_list("journey", flat=True)
    )  # fmt: skip
    assert {each["journey"]: each["messages"] for each in found["journeys"]} == messages


def test_what_happens_again_falls_on_customers_again(shop: World) -> None:
    past = pressure.past(DAYS, now=shop.now)
    before = (Enrollment.objects.count(), Decision.objects.count(), Message.objects.count())
    heard: list[float] = []
    coming = pressure.predict(_terms(), now=shop.now, tell=heard.append)
    for key in ("customers", "together", "pairs", "people", "journeys", "skipped"):
        assert coming[key] == past[key], key
    assert heard == sorted(heard)
    assert all(earlier <= later for earlier, later in pairwise(heard))
    assert heard[-1] == 1
    assert (Enrollment.objects.count(), Decision.objects.count(), Message.objects.count()) == before
    assert not Forecast.objects.exists()


def test_the_same_seed_draws_the_same_customers(shop: World) -> None:
    one, same, other = (
        pressure.predict(_terms(sample=5, seed=seed), now=shop.now) for seed in (1, 1, 2)
    )
    assert json.dumps(one) == json.dumps(same)
    assert one["customers"] == other["customers"] == 5
    assert one["people"] != other["people"]


def test_caps_hold_between_journeys(shop: World) -> None:
    brakes.save_cap("weekly", {"most": 1, "hours": 168})
    coming = pressure.predict(_terms(), now=shop.now)
    assert max(row["in_seven_days"] for row in coming["people"]) == 1
    assert coming["skipped"]["frequency_cap"] > 0


def test_a_draft_changes_nothing_before_it_is_published(shop: World) -> None:
    before = pressure.predict(_terms(), now=shop.now)
    journey = Journey.objects.get(slug="welcome")
    journey.source = journey.source.replace("3d", "1d").replace("Good to see you.", "{{ broken")
    journey.save()
    assert pressure.predict(_terms(), now=shop.now) == before


def test_only_what_is_live_is_predicted(shop: World) -> None:
    publish.stop("cart", now=shop.now)
    coming = pressure.predict(_terms(), now=shop.now)
    assert [each["journey"] for each in coming["journeys"]] == ["welcome"]
    assert coming["pairs"] == []
    publish.stop("welcome", now=shop.now)
    with pytest.raises(Refused, match="publish one first"):
        pressure.predict(_terms(), now=shop.now)


def _count_every_nth(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE profiles_customer")
    monkeypatch.setattr(counted, "MOST", 10)
    found = pressure.past(DAYS, now=shop.now)
    assert found["every"] == 2
    ours = [number for number in map(shop.id, NAMES) if number % 2 == 0]
    assert found["customers"] == len(ours)
    sent = _sent(shop.now - dt.timedelta(days=DAYS), shop.now)
    assert Counter({len(sent.get(number, [])): 0 for number in ours}) + Counter(
        len(sent.get(number, [])) for number in ours
    ) == _spread(found)


def _spread(found: dict[str, Any]) -> Counter[int]:
    spread: Counter[int] = Counter()
    for row in found["people"]:
        spread[row["messages"]] += row["customers"]
    return spread


def _check_bounds(shop: World, days: int) -> None:
    with pytest.raises(Refused, match="1 to 90"):
        pressure.past(days, now=shop.now)
    with pytest.raises(Refused, match="1 to 90"):
        pressure.predict(_terms(days=days), now=shop.now)


def test_nobody_and_nothing_yet(world: World) -> None:
    found = pressure.past(7, now=world.now)
    assert (found["customers"], found["together"], found["pairs"], found["people"]) == (
        0, 0, [], [],
    )  # fmt: skip


def test_the_command_tells_what_was_and_what_will_be(
    shop: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.queries.clock.now", lambda: shop.now)
    call_command("pressure", "--json", "--days", str(DAYS))
    assert json.loads(capsys.readouterr().out) == pressure.past(DAYS, now=shop.now)
    call_command("pressure", "--predict", "--days", "10", "--sample", "9")
    told = capsys.readouterr().out
    assert "In two journeys at once" in told
    assert "happens again in the next 10" in told
    assert Event.objects.exists()
    for arguments in (["--sample", "9"], ["--days", "0"]):
        with pytest.raises(CommandError):
            call_command("pressure", *arguments)
