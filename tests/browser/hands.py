"""Whoever draws on the canvas: by mouse, or by keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from journeys.core import source
from journeys.models import Journey

ADD = "/admin/journeys/journey/add/"


class Hand:
    """Whoever draws: finds things by what they are called."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.locator(".sje-panel")

    def begin(self, url: str, name: str, title: str) -> None:
        self.page.goto(url + ADD)
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("Name (Latin letters, digits, -)").fill(name)
        self.page.get_by_role("button", name="Open the canvas").click()
        expect(self.step("enter")).to_be_visible()

    def step(self, key: str) -> Locator:
        return self.page.locator(f'[data-key="{key}"]')

    def plus(self, way: str) -> Locator:
        return self.page.locator(f'[data-way="{way}"]')

    def push(self, button: Locator) -> None:
        button.click()

    def go(self, key: str) -> None:
        self.step(key).click()

    def add(self, way: str, kind: str) -> None:
        self.plus(way).click()
        self.page.get_by_role("combobox", name="Search for a kind of step").fill(kind)
        self.page.keyboard.press("Enter")

    def first(self) -> None:
        """A wait, the first step."""
        self.page.locator(".sje-piece", has_text="Wait").first.drag_to(self.plus("enter>"))

    def write(self, field: Locator, value: str) -> None:
        field.fill(value)

    def take(self, field: Locator, label: str) -> None:
        field.select_option(label=label)

    def tick(self, box: Locator) -> None:
        box.check()

    def fill(self, label: str, value: str, *, among: Locator | None = None) -> None:
        self.write((among or self.panel).get_by_label(label, exact=True), value)

    def choose(self, label: str, value: str, *, among: Locator | None = None) -> None:
        self.take((among or self.panel).get_by_label(label, exact=True), value)

    def lead(self, key: str, to: str) -> None:
        """Where the only way out of a step leads."""
        self.go(key)
        field = self.panel.get_by_label("Where it leads")
        option = field.locator(f'option[value="{to}"]')
        self.take(field, option.inner_text())

    def lasts(self, label: str, number: str, unit: str) -> None:
        self.fill(label, number)
        field = self.panel.locator(".sje-field", has=self.page.get_by_label(label, exact=True))
        self.take(field.get_by_label("Unit"), unit)

    def clause(self, among: Locator, name: str, operator: str, value: str) -> None:
        self.push(among.get_by_role("button", name="Add a clause"))
        self.fill("Property", name, among=among)
        self.choose("Operator", operator, among=among)
        self.fill("Value", value, among=among)

    def group(self, legend: str) -> Locator:
        return self.panel.get_by_role("group", name=legend, exact=True)

    def rename(self, id: str) -> None:
        self.push(self.panel.locator("summary", has_text="Id and note"))
        self.fill("Id", id)
        self.page.keyboard.press("Enter")
        expect(self.step(id)).to_be_visible()

    def saved(self, slug: str) -> dict[str, Any]:
        expect(self.page.get_by_role("status")).to_contain_text("Saved · revision")
        return source.read(Journey.objects.get(slug=slug).source).value

    def publish(self) -> None:
        self.push(self.page.get_by_role("button", name="Review and publish"))
        plan = self.page.get_by_role("complementary", name="Plan")
        self.push(plan.get_by_role("button", name="Publish", exact=True))
        expect(plan.get_by_text("Version 1 is live.")).to_be_visible()
        expect(self.page.locator("#journey-head")).to_contain_text("version 1")
        self.push(plan.get_by_role("button", name="Back to the canvas"))


LONGEST = 8
"""Steps from the end to the entrance, at most."""
ROUTES: dict[str, list[str]] = {
    "enter": [],
    "test": ["ArrowDown"] * 2,
    "mail_a": ["ArrowDown"] * 3,
    "mail_b": [*["ArrowDown"] * 3, "ArrowRight"],
}
"""From the entrance to a step, along the ways."""
FOLLOWS = """(wanted) => wanted === document.activeElement ? 0
    : document.activeElement.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_FOLLOWING
    ? 1 : -1"""


class Keys(Hand):
    """The same without a mouse: Tab leads to everything, and arrows along the ways."""

    def to(self, wanted: Locator) -> None:
        expect(wanted).to_be_visible()
        for _ in range(200):
            side = wanted.evaluate(FOLLOWS)
            if side == 0:
                return
            self.page.keyboard.press("Tab" if side > 0 else "Shift+Tab")
        pytest.fail(f"Tab does not lead to {wanted}.")

    def push(self, button: Locator) -> None:
        self.to(button)
        self.page.keyboard.press("Enter")

    def go(self, key: str) -> None:
        if self.step(key).get_attribute("aria-pressed") == "true":
            return
        self.to(self.page.locator('[data-key][tabindex="0"]'))
        for _ in range(LONGEST):
            self.page.keyboard.press("ArrowUp")
        expect(self.step("enter")).to_be_focused()
        for press in ROUTES[key]:
            self.page.keyboard.press(press)
        expect(self.step(key)).to_be_focused()

    def add(self, way: str, kind: str) -> None:
        key, _, exit = way.partition(">")
        self.go(key)
        plus = self.panel.get_by_role("button", name=re.compile("^Add a step (on|here)"))
        arm = exit.removeprefix("split.")
        self.push(plus.nth(int(arm)) if arm.isdecimal() else plus.last)
        self._kind(kind)

    def first(self) -> None:
        self.go("enter")
        self.to(self.step("enter"))
        self.page.keyboard.press("a")
        self._kind("wait")

    def _kind(self, kind: str) -> None:
        expect(self.page.get_by_role("combobox", name="Search for a kind of step")).to_be_focused()
        self.page.keyboard.type(kind)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".sje-menu")).to_be_hidden()

    def write(self, field: Locator, value: str) -> None:
        self.to(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(value)

    def take(self, field: Locator, label: str) -> None:
        self.to(field)
        chosen = "field => field.selectedOptions[0].label"
        self.page.keyboard.press("Home")
        for _ in field.locator("option").all():
            if field.evaluate(chosen) == label:
                return
            self.page.keyboard.press("ArrowDown")
        assert field.evaluate(chosen) == label

    def tick(self, box: Locator) -> None:
        self.to(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()
