"""Watching a journey: its picture, its report, its list, each number a recount."""

import re

from django.test import Client
from django.urls import reverse

from journeys.models import Enrollment, Journey
from journeys.queries.overview import holdouts
from tests.world import World


def _url(name: str, slug: str = "abandoned-cart") -> str:
    return reverse(f"admin:journeys_journey_{name}", args=[slug])


def _text(client: Client, name: str, slug: str = "abandoned-cart", **query: str) -> str:
    return client.get(_url(name, slug), query).content.decode()


def test_the_picture_shows_how_many_wait_where(shop: World, anna: Client) -> None:
    waiting = Enrollment.objects.filter(status="active", step="later").count()
    page = _text(anna, "change")
    assert waiting
    assert "<svg" in page
    assert f"{waiting} wait here" in page


def test_every_number_of_the_report_is_what_its_list_counts(shop: World, anna: Client) -> None:
    page = _text(anna, "report")
    links = re.findall(
        r'<a (?:class="sj-tile" )?href="([^"]+)">\s*'
        r'(?:<span.*?</span>\s*<span class="sj-value">)?([0-9,]+)<',
        page,
    )
    assert len(links) > 25
    for href, number in links:
        listed = anna.get(href.replace("&amp;", "&")).context["cl"].result_count
        assert listed == int(number.replace(",", "")), href


def test_the_lists_lift_is_the_reports(shop: World, anna: Client) -> None:
    journey = Journey.objects.get(slug="abandoned-cart")
    listed = holdouts([journey.pk])[journey.pk]
    reported = next(
        each for each in shop.report("abandoned-cart")["experiments"] if each["id"] == "holdout"
    )
    treated = reported["arms"][0]
    assert (listed.customers, listed.conversions) == (treated["customers"], treated["conversions"])
    assert (listed.lift, listed.verdict) == (treated["lift"], treated["verdict"])


def test_stopping_says_how_many_leave(shop: World, anna: Client) -> None:
    inside = Enrollment.objects.filter(status="active").count()
    assert f"all {inside} customers inside leave at once" in _text(anna, "change")
    page = anna.post(_url("stop"), follow=True).content.decode()
    assert f"{inside} customers left the journey." in page
    assert not Enrollment.objects.filter(status="active").exists()


def test_a_running_journey_is_not_deleted(shop: World, anna: Client) -> None:
    page = anna.post(_url("discard"), follow=True).content.decode()
    assert "stop it first" in page
    assert Journey.objects.filter(slug="abandoned-cart").exists()


def test_what_was_done_is_in_the_history(shop: World, anna: Client) -> None:
    anna.post(_url("pause"), {"clock": "freeze"})
    page = anna.get(reverse("admin:journeys_journey_history", args=["abandoned-cart"]), follow=True)
    assert "pause_clock" in page.content.decode()
