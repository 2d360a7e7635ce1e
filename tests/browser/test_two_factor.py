"""Two-factor sign-in by hand: set up, asked for at the next sign-in, a phone that is lost."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page

from tests.admin.authenticator import PASSWORD, Watch, somebody
from tests.browser.test_admin_looks import CUT, UNNAMED
from tests.browser.test_axe import _grave
from tests.world import World

pytestmark = pytest.mark.long
LOOKS = [("light", 1440, "en"), ("dark", 390, "ru")]
SIGNS = {
    "off": "button[value=begin]", "set-up": ".sj-qr", "codes": ".sj-codes",
    "on": "button[value=off]", "asked": "#code", "wrong": "#refusal", "warned": "#main",
}  # fmt: skip
"""What is on each page and not on the one before."""


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


@pytest.mark.parametrize(("scheme", "width", "language"), LOOKS)
def test_from_the_first_picture_to_the_recovery_code(
    chromium: Browser, site: World, watch: Watch, settings: Any, scheme: Any, width: int,
    language: str,
) -> None:  # fmt: skip
    settings.SOJOURN_REQUIRE_2FA = scheme == "dark"
    ann = somebody("ann")
    context = chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, locale=language
    )
    page = context.new_page()
    noise: list[str] = []
    page.on("pageerror", lambda error: noise.append(str(error)))
    looked = [f"{scheme}-{width}-{language}"]
    _sign_in(page, site)
    if not settings.SOJOURN_REQUIRE_2FA:
        _by_the_menu(page)
    _look(page, looked, "off")
    page.locator("button[value=begin]").click()
    _look(page, looked, "set-up")
    codes = _confirm(page, ann, watch, looked)
    page.locator("a.sj-button-primary").click()
    if settings.SOJOURN_REQUIRE_2FA:
        page.wait_for_url("**/admin/health/")
        page.goto(f"{site.url}/admin/two_factor/")
    _look(page, looked, "on")
    context.clear_cookies()
    _sign_in(page, site)
    _look(page, looked, "asked")
    _give(page, watch.wrong(ann))
    _look(page, looked, "wrong")
    watch.passes(60)
    _give(page, codes[0])
    page.wait_for_url("**/admin/health/")
    _look(page, looked, "warned")
    context.close()
    assert noise == []


def _sign_in(page: Page, site: World) -> None:
    page.goto(f"{site.url}/admin/login/?next=/admin/health/")
    page.fill("#id_username", "ann")
    page.fill("#id_password", PASSWORD)
    page.locator("#login-form button[type=submit]").click()


def _by_the_menu(page: Page) -> None:
    page.wait_for_url("**/admin/health/")
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    page.get_by_text("ann", exact=True).first.click()
    page.get_by_role("link", name="Two-factor sign-in").click()
    page.wait_for_url("**/admin/two_factor/")


def _confirm(page: Page, ann: User, watch: Watch, looked: list[str]) -> list[str]:
    page.fill("#code", watch.code(ann))
    page.keyboard.press("Enter")
    _look(page, looked, "codes")
    codes = page.locator(".sj-codes li").all_inner_texts()
    with page.expect_download() as kept:
        page.locator("a[download]").click()
    text = Path(kept.value.path()).read_text(encoding="utf-8")
    assert [code for code in codes if code in text] == codes
    page.locator("[data-copy]").click()
    page.wait_for_function("document.querySelector('[data-copy]').textContent.length > 0")
    watch.passes(60)
    return codes


def _give(page: Page, code: str) -> None:
    page.fill("#code", code)
    page.keyboard.press("Enter")


def _look(page: Page, looked: list[str], name: str) -> None:
    page.wait_for_selector(SIGNS[name])
    page.wait_for_load_state()
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{looked[0]}-{name}.png", full_page=True)
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(beyond) <= 0, "the page is wider than its window"
    assert page.evaluate(CUT) == []
    assert page.evaluate(UNNAMED) == []
    if name != "warned":
        assert _grave(page) == []
