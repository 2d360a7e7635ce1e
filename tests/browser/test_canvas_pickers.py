"""What the fields of the panel offer: counts, fill rates, values, reach; by keyboard too."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from journeys.core import source
from journeys.models import Journey
from profiles.core.conditions import All
from profiles.queries import audience, clock
from tests.world import World

pytestmark = pytest.mark.long
SLUG = "abandoned-cart"


@pytest.fixture
def page(site: World, desk: BrowserContext) -> Page:
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.url + reverse("admin:journeys_journey_canvas", args=[SLUG]))
    return page


def _panel(page: Page, step: str) -> Locator:
    page.locator(f'[data-key="{step}"]').click()
    panel = page.locator(".sje-panel")
    expect(panel).to_be_visible()
    return panel


def _written(page: Page) -> dict[str, Any]:
    expect(page.get_by_role("status").first).to_contain_text("Saved · revision")
    found: dict[str, Any] = source.read(Journey.objects.get(slug=SLUG).source).value
    return found


def _step(page: Page, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in _written(page)["steps"] if s["id"] == name)
    return found


def test_an_event_its_property_and_its_value_are_chosen_by_keyboard(page: Page) -> None:
    trigger = _panel(page, "enter").get_by_role("group", name="Who enters", exact=True)
    event = trigger.get_by_label("Event", exact=True)
    press, write = page.keyboard.press, page.keyboard.type
    event.focus()
    write("order c")
    expect(page.get_by_role("option", name="Order Completed")).to_contain_text("6")
    expect(event).to_have_attribute("aria-expanded", "true")
    press("ArrowDown")
    named = event.get_attribute("aria-activedescendant")
    assert page.locator(f'[id="{named}"]').get_attribute("aria-selected") == "true"
    press("Enter")
    expect(event).to_have_attribute("aria-expanded", "false")
    press("Tab")
    expect(trigger.get_by_role("button", name="Add a clause")).to_be_focused()
    press("Enter")
    press("Shift+Tab")
    press("Shift+Tab")
    press("Shift+Tab")
    press("Shift+Tab")
    field = trigger.get_by_label("Property", exact=True)
    expect(field).to_be_focused()
    write("reven")
    expect(page.get_by_role("option", name="revenue")).to_contain_text("100 %")
    expect(page.get_by_role("option", name="revenue").locator("small")).to_have_text("20")
    press("ArrowDown")
    press("Enter")
    press("Tab")
    press("Tab")
    expect(trigger.get_by_label("Value", exact=True)).to_be_focused()
    expect(page.get_by_role("option", name="20")).to_contain_text("6")
    press("ArrowDown")
    press("Enter")
    expect(trigger.get_by_label("Value", exact=True)).to_have_value("20")
    for name in ("Property", "Value"):
        box = trigger.get_by_label(name, exact=True).bounding_box()
        assert box and box["width"] > 60, name
    assert _written(page)["enter"]["on"] == [
        {"event": "Order Completed", "where": {"revenue": {"eq": 20}}}
    ]


def test_a_lifecycle_segment_is_chosen_by_its_name(page: Page) -> None:
    trigger = _panel(page, "enter").get_by_role("group", name="Who enters", exact=True)
    trigger.get_by_label("When", exact=True).select_option("into a lifecycle segment")
    trigger.get_by_label("Lifecycle segment", exact=True).select_option("Cooling")
    entrance = page.locator('[data-key="enter"]')
    expect(entrance).to_contain_text("into Cooling (lifecycle segment)")
    assert _written(page)["enter"]["on"] == [{"lifecycle": "cooling"}]


def test_an_attribute_is_put_where_the_writer_stands(page: Page) -> None:
    panel = _panel(page, "mail_a")
    subject = panel.get_by_label("Subject", exact=True)
    subject.fill("Dear , hello")
    subject.press("Home")
    for _letter in "Dear ":
        subject.press("ArrowRight")
    page.keyboard.press("Tab")
    insert = panel.get_by_role("button", name="Insert an attribute").first
    expect(insert).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("timez")
    expect(page.get_by_role("option", name="customer.timezone")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(subject).to_be_focused()
    page.keyboard.type("!")
    put = "Dear {{ customer.timezone|default('') }}!, hello"
    expect(subject).to_have_value(put)
    assert _step(page, "mail_a")["send"]["subject"] == put


def test_channels_say_whom_they_reach(page: Page) -> None:
    panel = _panel(page, "mail_a")
    mail = panel.get_by_role("button", name="E-mail")
    expect(mail.locator("data")).not_to_be_empty()
    found = audience.preview_soon(All(()), sample=0, now=clock.now())
    assert found.exact
    assert mail.locator("data").inner_text() == str(found.reachable["email"])


def test_estimates_are_told_from_counts(page: Page) -> None:
    def about(route: Route) -> None:
        if "kind=channels" not in route.request.url:
            route.fallback()
            return
        item = {"name": "email", "title": "E-mail", "count": 1200, "of": 3000, "exact": False}
        route.fulfill(json={"items": [item]})

    page.route("**/segment/choices/**", about)
    panel = _panel(page, "mail_a")
    reach = panel.get_by_role("button", name="E-mail").locator("data")
    expect(reach).to_have_text("≈ 1,200")


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        ("500", "could not answer"),
        ("away", "No connection"),
        ("signed out", "signed out"),
    ],
)
def test_a_list_that_does_not_come_says_why_and_is_asked_for_again(
    page: Page, fails: str, says: str
) -> None:
    down = True

    def answer(route: Route) -> None:
        if not down:
            route.fallback()
        elif fails == "500":
            route.fulfill(status=500, body="<h1>Server Error</h1>")
        elif fails == "away":
            route.abort()
        else:
            route.fulfill(status=302, headers={"Location": "/admin/login/"})

    page.route("**/segment/choices/**", answer)
    page.reload()
    panel = _panel(page, "enter")
    event = panel.get_by_role("group", name="Who enters").get_by_label("Event", exact=True)
    event.click()
    expect(page.locator(".sjc-list p")).to_contain_text(says)
    down = False
    page.keyboard.press("Escape")
    event.click()
    expect(page.get_by_role("option", name="Cart Updated")).to_be_visible()


def test_values_are_shown_to_who_may_see_them(page: Page, site: World) -> None:
    user = User.objects.get(username="anna")
    user.is_superuser = False
    user.save()
    names = ("view_journey", "change_journey")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    page.reload()
    panel = _panel(page, "mail_a")
    panel.get_by_role("button", name="Insert an attribute").first.click()
    name = page.get_by_role("option", name="customer.firstName")
    expect(name).to_contain_text("100 %")
    assert "Name0" not in json.dumps(page.locator(".sjc-list").inner_text())
