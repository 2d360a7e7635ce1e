"""What stands beside the canvas: numbers of a part, versions, a dry run, the walk of a customer."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from channels.models import Message
from journeys.models import Enrollment, Journey
from journeys.operations import draft
from journeys.operations.release import release
from tests.admin.shop import CART
from tests.browser.test_admin_looks import DARK, _look
from tests.world import World

pytestmark = pytest.mark.long
CANVAS = "/admin/journeys/journey/abandoned-cart/canvas/"
SHORT = CART[: CART.index("  - id: nudge")].replace("then: nudge", "then: end")
"""Without its last step, and with a shorter pause."""


@pytest.fixture
def page(site: World, desk: BrowserContext) -> Page:
    text = SHORT.replace("wait: 1h", "wait: 30m")
    draft.save("abandoned-cart", text, revision=1, by="ben", now=site.now)
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.url + CANVAS)
    expect(page.locator('[data-key="pause"]')).to_be_visible()
    return page


def _source() -> str:
    return Journey.objects.get(slug="abandoned-cart").source


def _open(page: Page, name: str) -> Locator:
    page.get_by_role("button", name=name, exact=True).click()
    return page.get_by_role("complementary", name=name, exact=True)


def _figures(page: Page, step: str) -> Locator:
    box = page.locator(".sje-node", has=page.locator(f'[data-key="{step}"]'))
    return box.locator(".sje-figures")


def test_numbers_are_of_a_version_or_of_days_and_in_percent(site: World, page: Page) -> None:
    release("abandoned-cart", by="ben", note="", now=site.now, move={}, confirm=True)
    site.meet("late", email="late@example.com")
    site.does("late", "Cart Updated", cart_id="c-late")
    page.reload()
    expect(_figures(page, "pause")).to_contain_text("17 entered")
    page.get_by_label("Version", exact=True).select_option(label="Version 1")
    expect(_figures(page, "pause")).to_contain_text("16 entered")
    page.get_by_label("Version", exact=True).select_option(label="Version 2 · live")
    expect(_figures(page, "pause")).to_contain_text("1 entered")
    page.get_by_role("button", name="Percent", exact=True).click()
    expect(_figures(page, "pause")).to_contain_text("100% entered")
    page.get_by_label("Days", exact=True).select_option(label="from … to …")
    page.get_by_label("Last day").fill("2001-01-02")
    page.get_by_label("First day").fill("2001-01-01")
    expect(page.locator(".sje-whole")).to_contain_text("0 entered")


def test_a_split_tells_who_converted_by_arm(page: Page) -> None:
    page.locator('[data-key="test"]').click()
    arms = page.locator(".sje-arms li")
    expect(arms).to_have_count(2)
    expect(arms.first).to_contain_text(re.compile(r"\d+ of \d+ converted"))


def test_what_has_gone_is_drawn_beside_the_plan_and_between_versions(page: Page) -> None:
    ghost = page.get_by_role("img", name="nudge: removed")
    page.get_by_role("button", name="Review and publish").click()
    expect(ghost).to_be_attached()
    expect(page.locator(".sje-line.is-gone")).not_to_have_count(0)
    page.get_by_role("complementary", name="Plan").get_by_role("button", name="Close").click()
    expect(ghost).to_have_count(0)
    panel = _open(page, "Versions")
    expect(ghost).to_be_attached()
    expect(panel.get_by_role("row", name=re.compile("^wait 1h 30m$"))).to_be_visible()
    panel.get_by_label("After").select_option(label="Version 1 · live")
    expect(panel).to_contain_text("The two are the same")
    expect(page.locator('[data-key="nudge"]')).to_be_visible()
    expect(page.locator(".sje-plus")).to_have_count(0)


def test_the_plan_warns_of_whom_nothing_reaches_and_publishes(site: World, page: Page) -> None:
    text = SHORT.replace("channel: email", "channel: telegram")
    draft.save("abandoned-cart", text, revision=2, by="ben", now=site.now)
    page.reload()
    page.get_by_role("button", name="Review and publish").click()
    plan = page.get_by_role("complementary", name="Plan")
    warning = plan.get_by_role("button", name="mail_a telegram: none of 17 customers")
    expect(warning).to_contain_text("would be reached (no address: 17)")
    expect(plan.get_by_label("Publish in spite of it")).to_have_count(0)
    warning.click()
    expect(page.locator('[data-key="mail_a"]')).to_have_attribute("aria-pressed", "true")
    plan.get_by_role("button", name="Publish", exact=True).click()
    expect(plan).to_contain_text("Version 2 is live")


def test_an_older_version_becomes_the_draft_and_undo_brings_back_what_was(page: Page) -> None:
    before = _source()
    panel = _open(page, "Versions")
    panel.get_by_role("button", name="Make version 1 the draft").click()
    expect(panel.get_by_text("Version 1 is the draft again.")).to_be_visible()
    expect(page.locator(".sje-saving")).to_have_text("Saved · revision 3")
    assert _source() == CART
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".sje-saving")).to_have_text("Saved · revision 4")
    assert _source() == before


def test_a_version_is_not_restored_over_what_somebody_saved_meanwhile(
    site: World, page: Page
) -> None:
    panel = _open(page, "Versions")
    expect(panel.get_by_text("1h")).to_be_visible()
    theirs = draft.save("abandoned-cart", SHORT, revision=2, by="api", now=site.now).source
    panel.get_by_role("button", name="Make version 1 the draft").click()
    expect(page.get_by_role("dialog", name="Somebody else saved meanwhile")).to_be_visible()
    assert _source() == theirs


def test_a_dry_run_shows_its_flow_and_what_is_sent_by_day(page: Page) -> None:
    kept = Enrollment.objects.count(), Message.objects.count()
    panel = _open(page, "Dry run")
    panel.get_by_label("Days ahead").select_option(label="7 days")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.get_by_role("button", name="Run again")).to_be_visible()
    expect(panel).to_contain_text("Of 17 customers 16 enter")
    chart = panel.get_by_role("region", name="Sent on each day")
    chart.get_by_text("as a table").click()
    assert sum(int(cell) for cell in chart.locator("td").all_inner_texts()) > 0
    expect(_figures(page, "pause")).to_contain_text("16 entered")
    expect(_figures(page, "pause").locator("a")).to_have_count(0)
    panel.get_by_role("button", name="Close").click()
    expect(_figures(page, "pause").locator("a")).not_to_have_count(0)
    assert kept == (Enrollment.objects.count(), Message.objects.count())


def test_one_customer_is_followed_moment_by_moment(page: Page) -> None:
    sent = Message.objects.filter(sent_at__isnull=False).order_by("id").first()
    assert sent
    panel = _open(page, "Walk of one customer")
    panel.get_by_label("Customer", exact=True).fill(sent.address)
    panel.get_by_role("list", name="Found").get_by_role("button").first.click()
    panel.get_by_role("button", name="Walk", exact=True).click()
    slider = panel.get_by_role("slider", name="Moment")
    expect(slider).to_be_visible()
    slider.focus()
    for _ in range(int(slider.get_attribute("max") or 0)):
        if panel.locator(".sje-letter").count():
            break
        page.keyboard.press("ArrowRight")
    expect(panel.locator(".sje-letter")).to_contain_text(sent.address)
    expect(page.locator(".sje-node.is-at")).to_have_count(1)
    expect(page.locator(".sje-node.is-been")).not_to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_beside_the_canvas_is_cut_or_nameless(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("Versions", "Dry run", "Walk of one customer"):
        panel = _open(page, name)
        expect(
            panel.get_by_role("combobox").or_(panel.get_by_role("searchbox")).first
        ).to_be_visible()
        for scheme in ("light", DARK):
            _look(page, scheme)
        panel.get_by_role("button", name="Close").click()
