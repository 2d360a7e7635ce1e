"""The figures of one version and of some days: each as its list counts it, and together all."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from journeys.models import Journey
from journeys.operations import draft
from journeys.operations.release import release
from tests.admin.shop import CART
from tests.world import World


def _url(name: str) -> str:
    return reverse(f"admin:journeys_journey_canvas_{name}", args=["abandoned-cart"])


def _again(shop: World, text: str) -> None:
    """A second version, and somebody who walks by it."""
    journey = Journey.objects.get(slug="abandoned-cart")
    draft.save(journey.slug, text, revision=journey.revision, by="test", now=shop.now)
    release(journey.slug, by="test", note="", now=shop.now, move={}, confirm=True)
    shop.meet("late", firstName="Late", email="late@example.com")
    shop.does("late", "Cart Updated", cart_id="c-late")


def _counted(found: dict[str, Any]) -> dict[tuple[str, str], tuple[int, str]]:
    """Every figure with its list: by step and name, and by way."""
    steps = {
        (step, name): tuple(figure)
        for step, each in found["steps"].items()
        for name, figure in each.items()
        if isinstance(figure, list) and name != "reasons"
    }
    reasons = {
        (step, why): (number, url)
        for step, each in found["steps"].items()
        for why, number, url in each["reasons"]
    }
    ways = {(each["from"], each["to"]): (each["customers"], each["url"]) for each in found["ways"]}
    return steps | reasons | ways


@pytest.mark.parametrize("by", ["version", "since", "until"])
def test_part_of_the_numbers_counts_what_their_lists_show(
    busy_shop: World, anna: Client, by: str
) -> None:
    busy_shop.passes("3d")
    _again(busy_shop, CART.replace("wait: 1h", "wait: 2h"))
    today = timezone.localdate(busy_shop.now)
    day = {"version": "2", "since": str(today), "until": str(today - dt.timedelta(days=1))}[by]
    whole, part = (anna.get(_url("numbers"), asked).json() for asked in ({}, {by: day}))
    assert 0 < part["entered"] < whole["entered"]
    assert part["steps"]["pause"]["entered"][0] == part["entered"]
    for place, (number, url) in _counted(part).items():
        assert anna.get(url).context["cl"].result_count == number, (place, url)


def test_a_version_and_the_days_before_and_after_add_up(busy_shop: World, anna: Client) -> None:
    busy_shop.passes("3d")
    _again(busy_shop, CART.replace("wait: 1h", "wait: 2h"))
    today = timezone.localdate(busy_shop.now)
    before = {"until": str(today - dt.timedelta(days=1))}
    for halves in ([{"version": 1}, {"version": 2}], [before, {"since": str(today)}]):
        parts = [_counted(anna.get(_url("numbers"), asked).json()) for asked in halves]
        whole = _counted(anna.get(_url("numbers")).json())
        for place, (number, _) in whole.items():
            assert number == sum(part.get(place, (0, ""))[0] for part in parts), place
