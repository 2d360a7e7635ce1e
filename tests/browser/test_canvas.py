"""The canvas in a real browser: a journey is drawn, published, and its numbers move."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from profiles.operations.access import create_key
from tests.browser.hands import Hand, Keys
from tests.world import World

pytestmark = pytest.mark.long
BASKET = {
    "journey": "left-basket",
    "title": "Left basket",
    "enter": {
        "on": [{"event": "Cart Updated", "where": {"value": {"gte": 30}}}],
        "if": {"attribute": "country", "in": ["DE", "FR"]},
        "key": "cart_id",
        "again": {"after": "7d"},
        "holdout": 10,
    },
    "leave": {"on": [{"event": "Order Completed", "where": {"cart_id": {"is": "entry.cart_id"}}}]},
    "goal": {"event": "Order Completed", "within": "7d", "value": "revenue"},
}
STEPS: dict[str, Any] = {
    "pause": {"wait": "1h"},
    "test": {"split": [
        {"arm": "A", "share": 45, "then": "mail_a"},
        {"arm": "B", "share": 45, "then": "mail_b"},
        {"arm": "control", "share": 10, "ghost": True, "then": "bought"},
    ]},
    "mail_a": {"send": {"channel": "email", "subject": "Your basket waits", "text": "It waits."}},
    "mail_b": {"send": {"channel": "email", "subject": "Still there", "text": "Still."}},
    "bought": {"wait_for": {
        "any": [{"event": "Order Completed", "where": {"cart_id": {"is": "entry.cart_id"}},
                 "then": "end"}],
        "timeout": "2d",
    }},
    "nudge": {"send": {"channel": ["push", "sms"], "text": "Still thinking?", "title": "Basket",
                       "body": "Still thinking?"}},
}  # fmt: skip


@pytest.fixture
def hand(site: World, desk: BrowserContext) -> Hand:
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return Hand(page)


def _entrance(hand: Hand) -> None:
    hand.go("enter")
    hand.push(hand.group("Who enters").get_by_role("button", name="Add a trigger"))
    trigger = hand.group("Who enters")
    hand.fill("Event", "Cart Updated", among=trigger)
    hand.clause(trigger, "value", "at least", "30")
    only = hand.group("Only these customers")
    only.get_by_text("As text").click()
    hand.fill("Only these customers", "attribute: country\nin: [DE, FR]", among=only)
    hand.fill("Once for each (property of the event)", "cart_id")
    hand.choose("May come back", "a time after leaving")
    hand.lasts("Time after leaving", "7", "days")
    hand.fill("Holdout, %", "10")


def _success(hand: Hand) -> None:
    leave = hand.group("Leave early when")
    hand.push(leave.get_by_role("button", name="Add an event"))
    hand.fill("Event", "Order Completed", among=leave)
    hand.clause(leave, "cart_id", "is the entry's", "entry.cart_id")
    hand.push(hand.panel.get_by_role("button", name="Add a goal"))
    hand.fill("Property that holds its value", "revenue")


def _pause_and_test(hand: Hand) -> None:
    hand.first()
    hand.lasts("How long", "1", "hours")
    hand.rename("pause")
    hand.add("pause>then", "Split")
    hand.rename("test")
    hand.push(hand.panel.get_by_role("button", name="Add an arm"))
    arms = hand.group("Arms")
    for number, (name, share) in enumerate([("A", "45"), ("B", "45"), ("control", "10")]):
        hand.write(arms.get_by_label("Arm", exact=True).nth(number), name)
        hand.write(arms.get_by_label("Share, %").nth(number), share)
    hand.tick(arms.get_by_label("control group: nothing is sent").nth(2))


def _mails(hand: Hand) -> None:
    for way, name in (("test>split.0", "mail_a"), ("test>split.1", "mail_b")):
        hand.add(way, "message")
        content = STEPS[name]["send"]
        hand.fill("Subject", content["subject"])
        hand.fill("Text", content["text"])
        hand.rename(name)


def _the_end(hand: Hand) -> None:
    hand.add("test>split.2", "event")
    hand.fill("Event", "Order Completed")
    hand.clause(hand.group("Goes on when"), "cart_id", "is the entry's", "entry.cart_id")
    hand.lasts("Time-out", "2", "days")
    hand.rename("bought")
    hand.add("bought>timeout", "message")
    for channel in ("E-mail", "Push", "SMS"):
        hand.push(hand.panel.get_by_role("button", name=channel))
    hand.fill("Text", "Still thinking?")
    hand.fill("Title", "Basket")
    hand.fill("Message", "Still thinking?")
    hand.rename("nudge")
    hand.push(hand.page.get_by_role("button", name="Show the whole journey"))
    for name in ("mail_a", "mail_b"):
        hand.lead(name, "bought")


def _told(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The steps by id, without where they lead."""
    return {
        step["id"]: {key: value for key, value in step.items() if key not in ("id", "then")}
        for step in steps
    }


@pytest.mark.parametrize("means", [Hand, Keys], ids=["by mouse", "by keyboard alone"])
def test_a_basket_is_drawn_published_and_its_numbers_move(
    site: World, hand: Hand, means: type[Hand]
) -> None:
    hand = means(hand.page)
    hand.begin(site.url, "left-basket", "Left basket")
    _entrance(hand)
    _success(hand)
    _pause_and_test(hand)
    _mails(hand)
    _the_end(hand)
    found = hand.saved("left-basket")
    steps = found.pop("steps")
    assert found == BASKET
    assert _without_leads(_told(steps)) == _without_leads(STEPS)
    expect(hand.page.get_by_text("No problems: this draft can be published.")).to_be_visible()
    hand.publish()
    _shop_along(site, hand)


def _without_leads(steps: dict[str, Any]) -> Any:
    """Where ways lead is told by the drawing; `then` is written where order does not say it."""
    return json.loads(json.dumps(steps), object_hook=_undirected)


def _undirected(each: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in each.items() if key != "then"}


def _shop_along(site: World, hand: Hand) -> None:
    """A customer fills a basket, by the API; the step that they wait at says so."""
    key = create_key(name="Shop", kind="write", scopes=[], now=site.now)
    calls = [
        {"type": "identify", "userId": "dora", "traits": {"email": "dora@example.com",
                                                          "country": "DE"}},
        {"type": "track", "userId": "dora", "event": "Cart Updated",
         "properties": {"cart_id": "c-1", "value": 40}},
    ]  # fmt: skip
    answer = hand.page.request.post(f"{site.url}/v1/batch", data={"batch": calls, "writeKey": key})
    assert answer.ok
    site.settle()
    figures = hand.page.locator(".sje-node", has=hand.step("pause")).locator(".sje-figures")
    expect(figures).to_contain_text("1 waiting")
    expect(hand.page.locator(".sje-way", has=hand.plus("enter>"))).to_contain_text("1")


def test_keys_copy_undo_and_publish(site: World, hand: Hand) -> None:
    page = hand.page
    hand.begin(site.url, "by-keys", "By keys")
    press = page.keyboard.press
    hand.step("enter").focus()
    for kind, step in (("wait", "wait"), ("message", "send"), ("leave", "exit")):
        press("a")
        expect(page.get_by_role("combobox", name="Search for a kind of step")).to_be_focused()
        page.keyboard.type(kind)
        press("Enter")
        expect(page.locator(".sje-menu")).to_be_hidden()
        expect(hand.step(step)).to_be_focused()
    press("Enter")
    expect(hand.panel.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("enough")
    press("Control+s")
    hand.step("exit").focus()
    press("ArrowUp")
    expect(hand.step("send")).to_be_focused()
    press("Control+d")
    expect(hand.step("send_2")).to_be_focused()
    press("Control+z")
    expect(hand.step("send_2")).to_have_count(0)
    hand.step("send").focus()
    press("Enter")
    _is_in(hand.panel)
    _tab_to(page, hand.panel.get_by_label("Subject"))
    page.keyboard.type("Hello")
    _tab_to(page, hand.panel.get_by_label("Text", exact=True))
    page.keyboard.type("Good to see you.")
    hand.step("enter").focus()
    press("Enter")
    _is_in(hand.panel)
    _tab_to(page, page.get_by_role("button", name="Add a trigger"))
    press("Enter")
    _tab_to(page, hand.group("Who enters").get_by_label("Event", exact=True), back=True)
    page.keyboard.type("Signed Up")
    found = hand.saved("by-keys")
    assert [next(iter(set(step) - {"id", "then"})) for step in found["steps"]] == [
        "wait", "send", "leave",
    ]  # fmt: skip
    assert found["enter"]["on"] == [{"event": "Signed Up"}]
    _tab_to(page, page.get_by_role("button", name="Review and publish"), back=True)
    press("Enter")
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_enabled()
    _tab_to(page, page.get_by_role("button", name="Publish", exact=True))
    press("Enter")
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    site.meet("bob")
    site.does("bob", "Signed Up")
    _tab_to(page, page.get_by_role("button", name="Back to the canvas"))
    press("Enter")
    figures = page.locator(".sje-node", has=hand.step("wait")).locator(".sje-figures")
    expect(figures).to_contain_text("1 waiting")


def _is_in(panel: Locator) -> None:
    """The focus comes with the next picture: before, Tab would lead on from elsewhere."""
    expect(panel.locator(":focus")).to_have_count(1)


def _tab_to(page: Page, wanted: Locator, *, back: bool = False) -> None:
    """By Tab alone, as somebody without a mouse."""
    expect(wanted).to_be_visible()
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail("Tab does not lead there.")
