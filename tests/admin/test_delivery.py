"""What the admin says of texts and links: the proof of a journey, what is broken, the override."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels.models import LinkCheck
from journeys.models import Journey, Version
from journeys.operations import draft
from tests.world import World

pytestmark = pytest.mark.django_db


def journey(name: str, slug: str = "abandoned-cart") -> str:
    return reverse(f"admin:journeys_journey_{name}", args=[slug])


def save(world: World, source: str) -> None:
    row = Journey.objects.get(slug="abandoned-cart")
    draft.save(row.slug, source, revision=row.revision, by="anna", now=world.now)


def failing(world: World) -> None:
    source = Journey.objects.get(slug="abandoned-cart").source
    save(world, source.replace("Your basket, {{ customer.firstName }}", "{{ 1 / 0 }}"))


def test_the_proof_tells_what_goes_wrong_for_whom(shop: World, anna: Client) -> None:
    failing(shop)
    page = anna.get(journey("proof"))
    told = page.content.decode()
    assert "The draft, read for 16 customers of the audience." in told
    assert "subject, line 1: division by zero" in told
    assert page.context["pages"][0]["rendered"] == 0
    first = page.context["pages"][0]["lines"][0].examples[0][1]
    assert anna.get(first).status_code == 200
    assert "division" not in anna.get(journey("proof") + "?live=1").content.decode()


def test_a_draft_that_cannot_be_read_says_why(shop: World, anna: Client) -> None:
    save(shop, "journey: abandoned-cart\nenter: {on: {event: A}}\nsteps: []\n")
    assert "Add a step" in anna.get(journey("proof")).content.decode()


def test_what_is_broken_is_said_on_the_home_page_and_on_the_journeys(
    shop: World, anna: Client
) -> None:
    told = "1 link or image of live journeys is broken."
    assert told in anna.get(reverse("admin:index")).content.decode()
    page = anna.get(journey("change")).content.decode()
    assert "https://shop.example/?a=&lt;b&gt;" in page
    assert "The page is not there: HTTP 404." in page
    listed = anna.get(reverse("admin:channels_linkcheck_changelist"), {"verdict": "broken"})
    assert "abandoned-cart/mail_a" in listed.content.decode()
    LinkCheck.objects.update(verdict="ok")
    assert told not in anna.get(reverse("admin:index")).content.decode()
    assert "HTTP 404" not in anna.get(journey("change")).content.decode()


def test_publishing_takes_a_reason_where_texts_fail(shop: World, anna: Client) -> None:
    failing(shop)
    before = Version.objects.count()
    refused = anna.post(journey("publish"), {"note": ""}, follow=True)
    assert "division by zero" in refused.content.decode()
    assert Version.objects.count() == before
    anna.post(journey("publish"), {"note": "sale", "override": "Nobody gets it."})
    assert Version.objects.latest("id").override == "Nobody gets it."
    assert "Nobody gets it." in anna.get(journey("versions")).content.decode()


def test_whoever_may_only_look_reads_the_proof(shop: World, vera: Client, settings: Any) -> None:
    assert vera.get(journey("proof")).status_code == 200
