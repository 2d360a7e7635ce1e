"""The canvas beside others who edit, beside its own text, and under many steps."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.canvas import DRAWN, document
from journeys.core import source
from journeys.models import Journey
from journeys.operations import draft
from tests.admin.shop import CART
from tests.browser.test_admin_looks import DARK, _look
from tests.world import World

pytestmark = pytest.mark.long
CANVAS = "/admin/journeys/journey/{}/canvas/"
STEPS = 200


@pytest.fixture
def page(site: World, desk: BrowserContext) -> Page:
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.url + CANVAS.format("abandoned-cart"))
    expect(page.locator('[data-key="pause"]')).to_be_visible()
    return page


def _wait_is(page: Page, number: str) -> None:
    page.locator('[data-key="pause"]').click()
    page.get_by_label("How long").fill(number)


def _theirs(site: World) -> str:
    """Somebody saves by the API while the canvas is open."""
    text = CART.replace("wait: 1h", "wait: 9h")
    draft.save("abandoned-cart", text, revision=1, by="api", now=site.now)
    return text


def _source() -> str:
    return Journey.objects.get(slug="abandoned-cart").source


def test_an_edit_of_one_value_changes_one_line_of_the_text(page: Page) -> None:
    _wait_is(page, "3")
    expect(page.get_by_role("status")).to_have_text("Saved · revision 2")
    assert _source() == CART.replace("wait: 1h", "wait: 3h")


def test_a_keyboard_that_writes_cyrillic_undoes_too(page: Page) -> None:
    _wait_is(page, "3")
    expect(page.get_by_role("status")).to_have_text("Saved · revision 2")
    page.locator('[data-key="pause"]').dispatch_event(
        "keydown", {"key": "я", "code": "KeyZ", "ctrlKey": True, "bubbles": True}
    )
    expect(page.get_by_role("status")).to_have_text("Saved · revision 3")
    assert _source() == CART


def test_of_two_who_edit_neither_loses_a_change_unasked(site: World, page: Page) -> None:
    theirs = _theirs(site)
    _wait_is(page, "5")
    window = page.get_by_role("dialog", name="Somebody else saved meanwhile")
    expect(window).to_be_visible()
    assert _source() == theirs
    window.get_by_role("button", name="Show the difference").click()
    expect(window.locator(".is-theirs")).to_contain_text("wait: 9h")
    expect(window.locator(".is-mine")).to_contain_text("wait: 5h")
    window.get_by_role("button", name="Take theirs (yours stays in Undo)").click()
    expect(page.locator('[data-key="pause"]')).to_contain_text("9 hours")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_text("Saved · revision 3")
    assert _source() == CART.replace("wait: 1h", "wait: 5h")


def test_theirs_is_overwritten_when_somebody_says_so(site: World, page: Page) -> None:
    _theirs(site)
    _wait_is(page, "5")
    page.get_by_role("button", name="Overwrite with mine").click()
    expect(page.get_by_role("status")).to_have_text("Saved · revision 3")
    assert _source() == CART.replace("wait: 1h", "wait: 5h")


def test_who_was_signed_out_signs_in_elsewhere_and_it_is_saved(
    site: World, desk: BrowserContext, page: Page
) -> None:
    User.objects.create_superuser("olga", password="a long password")
    desk.clear_cookies()
    _wait_is(page, "5")
    expect(page.get_by_role("status")).to_contain_text("you are signed out")
    assert _source() == CART
    other = desk.new_page()
    other.goto(site.url + "/admin/login/")
    other.get_by_label("Username").fill("olga")
    other.get_by_label("Password").fill("a long password")
    other.get_by_label("Password").press("Enter")
    other.wait_for_url(site.url + "/admin/")
    expect(page.get_by_role("status")).to_have_text("Saved · revision 2")
    assert _source() == CART.replace("wait: 1h", "wait: 5h")


def test_what_is_refused_is_said_and_not_sent_again_and_again(site: World, page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.clock.install()
    User.objects.update(is_superuser=False)
    for user in User.objects.all():
        user.user_permissions.set(Permission.objects.filter(codename="view_journey"))
    _wait_is(page, "5")
    expect(page.get_by_role("status")).to_have_text("Not saved: You may not do this.")
    page.clock.run_for(60_000)
    assert sent.count("PUT") == 1
    User.objects.update(is_superuser=True)
    _wait_is(page, "6")
    expect(page.get_by_role("status")).to_have_text("Saved · revision 2")
    assert _source() == CART.replace("wait: 1h", "wait: 6h")


def test_what_is_typed_as_text_is_drawn_and_what_is_drawn_is_text(page: Page) -> None:
    page.get_by_role("button", name="Code").click()
    text = page.get_by_label("The journey as YAML")
    text.fill(CART.replace("wait: 1h", "wait: 4h  # slow"))
    expect(page.locator('[data-key="pause"]')).to_contain_text("Wait 4 hours")
    text.fill(CART + "  - id: [")
    expect(page.get_by_role("alert")).to_contain_text("The text cannot be read")
    expect(page.get_by_role("status")).to_have_text("Not saved: the text cannot be read")
    text.fill(CART.replace("then: later", "then: nowhere"))
    expect(page.locator(".sje-nowhere")).to_be_visible()
    expect(page.locator('[data-key="mail_a"]')).to_contain_text("1")
    page.get_by_role("button", name="Next").click()
    expect(page.locator('[data-key="mail_a"]')).to_have_attribute("aria-pressed", "true")


def test_a_subtree_is_dragged_to_another_way(page: Page) -> None:
    page.get_by_role("button", name="Show the whole journey").click()
    page.locator('[data-key="nudge"]').drag_to(page.locator('[data-way="enter>"]'))
    expect(page.get_by_role("status")).to_have_text("Saved · revision 2")
    steps = source.read(_source()).value["steps"]
    assert [step["id"] for step in steps][:2] == ["nudge", "pause"]


def test_who_may_only_look_has_nothing_to_change(site: World, chromium: Browser) -> None:
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    page = context.new_page()
    page.goto(site.url + CANVAS.format("abandoned-cart"))
    expect(page.get_by_role("status")).to_have_text("You may look, not change")
    page.locator('[data-key="pause"]').press("Delete")
    expect(page.locator('[data-key="pause"]')).to_be_visible()
    expect(page.locator(".sje-plus, .sje-palette")).to_have_count(0)
    expect(page.get_by_role("button", name="Review and publish")).to_have_count(0)
    context.close()


def test_two_hundred_steps_are_drawn_and_can_be_edited(site: World, desk: BrowserContext) -> None:
    """How soon is measured by the benchmark."""
    draft.save("many", document(STEPS), revision=None, by="test", now=site.now)
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.url + CANVAS.format("many"))
    page.wait_for_function(DRAWN, arg=STEPS)
    page.locator('[data-key="s7"]').press("Delete")
    expect(page.get_by_role("status")).to_have_text("Saved · revision 2")
    steps = source.read(Journey.objects.get(slug="many").source).value["steps"]
    assert [step["id"] for step in steps] == [f"s{n}" for n in range(STEPS) if n != 7]


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_cut_or_nameless(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for key in ("enter", "test", "mail_a"):
        page.locator(f'[data-key="{key}"]').focus()
        page.locator(f'[data-key="{key}"]').press("Enter")
        expect(page.locator(".sje-panel")).to_be_visible()
        for scheme in ("light", DARK):
            _look(page, scheme)
        page.keyboard.press("Escape")
