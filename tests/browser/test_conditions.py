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
SAVED = "Saved: everybody is being looked at."
NAME = """() => {
    const at = document.activeElement;
    return at.getAttribute("aria-label") ?? at.labels?.[0]?.innerText.trim().replace(/\\s*\\*$/, "")
        ?? (at.tagName === "BUTTON" ? [...at.childNodes].filter(each => each.ariaHidden !== "true")
            .map(each => each.textContent).join("").trim() : "");
}"""
CHOSEN = "() => document.activeElement.selectedOptions[0].label"
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


def _counted(page: Page) -> None:
    expected = str(_recount())
    assert expected != "0"
    expect(page.locator(".sjc-audience")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".sjc-number-of b")).to_have_text(expected)


def _found_again(page: Page, site: World, row: Segment) -> None:
    page.goto(site.url + reverse("admin:profiles_segment_change", args=[row.pk]))
    expect(page.locator(".sjc-number-of b")).to_have_text(str(_recount()))
    assert page.get_by_label("Attribute", exact=True).input_value() == "firstName"
    assert page.get_by_label("Event", exact=True).input_value() == "Order Completed"


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
    _counted(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(SAVED)).to_be_visible()
    row = Segment.objects.get(slug="by-mouse")
    assert row.condition == BUILT
    _found_again(page, site, row)
    assert source.read(page.locator("#source").input_value()).value == BUILT


FOLLOWED = """
SELECT count(DISTINCT o.customer_id) FROM profiles_event c JOIN profiles_event o
    ON o.customer_id = c.customer_id AND o.at > c.at AND o.at <= c.at + interval '2 days'
WHERE c.name = 'Cart Updated' AND o.name = 'Order Completed'
    AND (o.properties ->> 'revenue')::numeric >= 20
"""


def test_events_in_order_are_built_by_mouse(page: Page, site: World) -> None:
    _begin(page, site, "in-order")
    page.get_by_label("Add a rule").select_option(label="Events in order")
    for number, name in ((1, "Cart Updated"), (2, "Order Completed"), (3, "Order Completed")):
        if number == 3:
            page.get_by_role("button", name="and then…").click()
        step = page.get_by_role("listitem", name=f"Event {number}")
        step.get_by_label("Event", exact=True).click()
        step.get_by_role("option", name=name).click()
    page.get_by_role("button", name="Remove Order Completed").last.click()
    last = page.get_by_role("listitem", name="Event 2")
    last.get_by_label("How soon").select_option(label="at most so long after")
    last.get_by_label("How long").fill("2")
    last.get_by_role("button", name="only if a property…").click()
    last.get_by_label("Property", exact=True).click()
    last.get_by_role("option", name="revenue").click()
    last.get_by_label("Comparison").select_option(label="at least")
    last.get_by_label("Value", exact=True).fill("20")
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWED)
        expected = str(cursor.fetchone()[0])
    assert expected != "0"
    expect(page.locator(".sjc-audience")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".sjc-number-of b")).to_have_text(expected)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(SAVED)).to_be_visible()
    bought = {"event": "Order Completed", "within": "2d", "where": {"revenue": {"gte": 20}}}
    row = Segment.objects.get(slug="in-order")
    assert row.condition == {"all": [{"sequence": [{"event": "Cart Updated"}, bought]}]}
    page.goto(site.url + reverse("admin:profiles_segment_change", args=[row.pk]))
    expect(page.locator(".sjc-number-of b")).to_have_text(expected)
    expect(page.locator(".sjc-sentence")).to_have_text(
        "did “Cart Updated”, then within 2 days “Order Completed” where revenue is at least 20"
    )


class Keyboard:
    """Nothing but keys: Tab goes from field to field, letters and arrows choose."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for each in keys:
            self.page.keyboard.press(each)

    def here(self) -> str:
        """What is spoken of where the keyboard is."""
        found: str = self.page.evaluate(NAME)
        return found

    def to(self, *names: str, back: bool = False) -> None:
        """On until each has been reached, one after the other."""
        for name in names:
            for _step in range(200):
                self.press("Shift+Tab" if back else "Tab")
                if self.here() == name:
                    break
            else:
                raise AssertionError(f"The keyboard does not come to {name}.")

    def take(self, option: str) -> None:
        """From a native list, by the first letters of what is wanted."""
        for letter in option:
            if self.page.evaluate(CHOSEN) == option:
                break
            self.page.keyboard.type(letter)
        assert self.page.evaluate(CHOSEN) == option

    def pick(self, letters: str, option: str) -> None:
        """From the names that a field offers."""
        self.page.keyboard.type(letters)
        expect(self.page.get_by_role("option", name=option).first).to_be_visible()
        self.press("ArrowDown", "Enter")


@pytest.mark.long
def test_a_segment_is_built_by_keyboard(page: Page, site: World) -> None:
    page.goto(site.url + reverse("admin:profiles_segment_add"))
    expect(page.get_by_label("Add a rule")).to_be_visible()
    keys = Keyboard(page)
    keys.to("Name in conditions")
    page.keyboard.type("by-keys")
    keys.to("Title")
    page.keyboard.type("Big spenders")
    rules = page.get_by_label("What the rule is about")
    for left in (1, 0):
        keys.to("Remove the rule")
        keys.press("Enter")
        expect(rules).to_have_count(left)
    keys.to("Add a rule")
    keys.press("A")
    expect(rules).to_have_count(1)
    keys.to("Attribute", back=True)
    keys.pick("firstN", "firstName")
    keys.to("Comparison")
    keys.take("is one of")
    keys.to("Add a value")
    for name in ("Name0", "Name1", "Name3"):
        keys.pick(name, name)
    keys.to("Add a rule")
    keys.press("E")
    expect(rules).to_have_count(2)
    keys.to("Event", back=True)
    keys.pick("Order C", "Order Completed")
    keys.to("only if a property…")
    keys.press("Enter")
    keys.to("Property", back=True)
    keys.pick("reve", "revenue")
    keys.to("Comparison")
    keys.take("at least")
    keys.to("Value")
    page.keyboard.type("20")
    _counted(page)
    keys.to("Save")
    keys.press("Enter")
    expect(page.get_by_text(SAVED)).to_be_visible()
    row = Segment.objects.get(slug="by-keys")
    assert row.condition == BUILT
    _found_again(page, site, row)
    assert source.read(page.locator("#source").input_value()).value == BUILT


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
