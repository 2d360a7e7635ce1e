"""A segment is built in a real browser, by mouse and by keyboard; the count is that of SQL."""

import json
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from journeys.core import source
from journeys.models import Journey
from profiles.models import Segment
from tests.world import World

RECOUNT = """
SELECT count(*) FROM profiles_customer c WHERE merged_into_id IS NULL
    AND c.attributes ->> 'firstName' IN ('Name0', 'Name1', 'Name3')
    AND EXISTS (SELECT FROM profiles_event e WHERE e.customer_id = c.id
        AND e.name = 'Order Completed' AND (e.properties ->> 'revenue')::numeric >= 20)
"""
BUILT = {
    "all": [
        {"attribute": "firstName", "in": ["Name0", "Name1", "Name3"]},
        {"event": "Order Completed", "where": {"revenue": {"gte": 20}}},
    ]
}


def _recount() -> int:
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT)
        found: int = cursor.fetchone()[0]
    return found


@pytest.fixture
def page(site: World, desk: BrowserContext) -> Page:
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def _begin(page: Page, site: World, name: str) -> None:
    page.goto(site.url + reverse("admin:profiles_segment_add"))
    page.get_by_label("Name in conditions").fill(name)
    page.get_by_label("Title").fill("Big spenders")
    expect(page.get_by_label("Add a rule")).to_be_visible()
    while page.get_by_role("button", name="Remove the rule").count():
        page.get_by_role("button", name="Remove the rule").first.click()


def _kept(page: Page, site: World, name: str) -> None:
    """What was built is counted, saved, and found again."""
    expected = str(_recount())
    assert expected != "0"
    total = page.locator(".sjc-number-of b")
    expect(page.locator(".sjc-audience")).to_have_attribute("aria-busy", "false")
    expect(total).to_have_text(expected)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: everybody is being looked at.")).to_be_visible()
    row = Segment.objects.get(slug=name)
    assert row.condition == BUILT
    page.goto(site.url + reverse("admin:profiles_segment_change", args=[row.pk]))
    expect(total).to_have_text(expected)
    assert page.get_by_label("Attribute", exact=True).input_value() == "firstName"
    assert page.get_by_label("Event", exact=True).input_value() == "Order Completed"
    assert source.read(page.locator("#source").input_value()).value == BUILT


def test_a_segment_is_built_by_mouse(page: Page, site: World) -> None:
    _begin(page, site, "by-mouse")
    page.get_by_label("Add a rule").select_option(label="Attribute")
    page.get_by_label("Attribute", exact=True).click()
    page.get_by_role("option", name="firstName").click()
    page.get_by_label("Comparison").select_option(label="is one of")
    for name in ("Name0", "Name1", "Name3"):
        page.get_by_label("Add a value").click()
        page.get_by_label("Add a value").fill(name)
        page.get_by_role("option", name=name, exact=False).first.click()
    page.get_by_label("Add a rule").select_option(label="Event")
    page.get_by_label("Event", exact=True).click()
    page.get_by_role("option", name="Order Completed").click()
    page.get_by_role("button", name="only if a property…").click()
    page.get_by_label("Property", exact=True).click()
    page.get_by_role("option", name="revenue").click()
    page.get_by_label("Comparison").last.select_option(label="at least")
    page.get_by_label("Value", exact=True).last.fill("20")
    _kept(page, site, "by-mouse")


@pytest.mark.long
def test_a_segment_is_built_by_keyboard(page: Page, site: World) -> None:
    _begin(page, site, "by-keys")

    def to(label: str) -> None:
        """Onwards until the field is reached."""
        for _step in range(60):
            page.keyboard.press("Tab")
            now = page.evaluate("document.activeElement.getAttribute('aria-label')")
            if now == label:
                return
        raise AssertionError(f"The keyboard does not come to {label}.")

    def choose(*letters: str) -> None:
        for each in letters:
            page.keyboard.press(each)

    page.get_by_label("Add a rule").focus()
    choose("A")
    page.get_by_label("What the rule is about").focus()
    to("Attribute")
    page.keyboard.type("firstN")
    choose("ArrowDown", "Enter")
    to("Comparison")
    page.get_by_label("Comparison").select_option("in")
    to("Add a value")
    for name in ("Name0", "Name1", "Name3"):
        page.keyboard.type(name)
        choose("Enter")
    to("Add a rule")
    page.get_by_label("Add a rule").select_option("event")
    page.get_by_label("What the rule is about").last.focus()
    to("Event")
    page.keyboard.type("Order C")
    choose("ArrowDown", "Enter")
    page.get_by_role("button", name="only if a property…").press("Enter")
    page.get_by_label("When").focus()
    to("Property")
    page.keyboard.type("revenue")
    choose("Enter")
    to("Comparison")
    page.get_by_label("Comparison").last.select_option("gte")
    to("Value")
    page.keyboard.type("20")
    _kept(page, site, "by-keys")


@pytest.mark.long
def test_the_code_and_the_builder_are_one(page: Page, site: World) -> None:
    _begin(page, site, "one")
    code = page.locator("#source")
    code.fill("# ours\nall:\n  - {segment: buyers} # the best\n  - {near: {km: 5}}\n")
    expect(page.get_by_label("Segment", exact=True)).to_have_value("Buyers & friends")
    expect(page.get_by_label("Rule as text")).to_have_value("near:\n  km: 5")
    expect(page.locator(".rule .sjc-wrong")).to_contain_text("no kind of condition")
    page.get_by_role("button", name="Remove the rule").last.click()
    expect(code).to_have_value("# ours\nall:\n  - {segment: buyers} # the best\n")
    expect(page.locator(".sjc-number-of b")).to_have_text("6")
    code.fill("all: [")
    expect(page.get_by_text("cannot be read yet")).to_be_visible()
    expect(page.get_by_label("Add a rule")).to_have_count(0)


@pytest.mark.long
def test_a_condition_of_a_journey_is_built_over_the_canvas(page: Page, site: World) -> None:
    page.goto(site.url + reverse("admin:journeys_journey_canvas", args=["abandoned-cart"]))
    page.locator('[data-key="enter"]').click()
    page.get_by_role("group", name="Only these customers").get_by_role("button").click()
    window = page.get_by_role("dialog", name="Only these customers")
    window.get_by_label("Add a rule").select_option(label="Segment")
    window.get_by_label("Segment", exact=True).fill("buyers")
    window.get_by_label("Segment", exact=True).press("Enter")
    expect(window.locator(".sjc-number-of b")).to_have_text("6")
    window.get_by_role("button", name="Done").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved · revision")
    said: dict[str, Any] = source.read(Journey.objects.get(slug="abandoned-cart").source).value
    assert said["enter"]["if"] == {"segment": "buyers"}, json.dumps(said)
