"""The home page's numbers are those that its lists count."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.admin.pages import Page
from tests.world import World

NUMBER = re.compile(r"[0-9][0-9,]*")


def test_every_number_is_what_its_list_counts(shop: World, anna: Client) -> None:
    page = Page(anna.get(reverse("admin:index")).content.decode())
    counted = 0
    for href, text in page.links:
        shown = NUMBER.findall(text) if href.startswith("/admin/") else []
        if not shown:
            continue
        answer = anna.get(href)
        if "cl" in (answer.context or {}):
            assert answer.context["cl"].result_count == int(shown[-1].replace(",", "")), (
                href,
                text,
            )
            counted += 1
    assert counted > 30


def test_what_needs_a_hand_is_said(shop: World, anna: Client) -> None:
    page = anna.get(reverse("admin:index")).content.decode()
    assert "Account twilio is paused and sends nothing: 401" in page
    assert "1 event or customer was set aside after an error." in page


def test_a_customer_whom_no_worker_moves_is_noticed(shop: World, anna: Client) -> None:
    from profiles.operations import clock

    before = anna.get(reverse("admin:index")).content.decode()
    due_at = shop.walk("customer-001", "abandoned-cart").due_at
    assert due_at is not None
    clock.advance(due_at - shop.now)
    clock.advance(dt.timedelta(minutes=5))
    after = anna.get(reverse("admin:index")).content.decode()
    assert "Is a worker running?" not in before
    assert "Is a worker running?" in after


def test_the_sandbox_is_named_on_every_page(shop: World, anna: Client, settings: object) -> None:
    assert "Sandbox" in anna.get(reverse("admin:profiles_customer_changelist")).content.decode()
    settings.SOJOURN_SANDBOX = False  # type: ignore[attr-defined]
    page = anna.get(reverse("admin:profiles_customer_changelist")).content.decode()
    assert reverse("admin:sandbox") not in page
    assert anna.get(reverse("admin:sandbox")).status_code == 404


@pytest.mark.parametrize(
    "term", ["customer-003", "customer-003@example.com", "+12025551003", "name3"]
)
def test_the_command_search_finds_customers(shop: World, anna: Client, term: str) -> None:
    page = anna.get(reverse("admin:search"), {"s": term, "extended": "1"}).content.decode()
    assert reverse("admin:profiles_customer_change", args=[shop.id("customer-003")]) in page


def test_the_command_search_finds_journeys(shop: World, anna: Client) -> None:
    page = anna.get(reverse("admin:search"), {"s": "abandoned", "extended": "1"}).content.decode()
    assert "Abandoned cart" in page
