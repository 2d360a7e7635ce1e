"""Every page of the admin in light and dark, on a desk and a phone: whole, quiet, nothing cut."""

from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.admin.pages import pages
from tests.world import World

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
DARK = "dark"
LEFT_OUT = ("solarschedule", "clockedschedule", "crontabschedule", "intervalschedule", "group")
"""Third-party forms that differ from one shown in nothing but their fields."""

CUT = """() => [...document.querySelectorAll('#main *')].filter(element => {
    if (!element.innerText?.trim()) return false;
    if (element.closest('svg, iframe, select, [x-cloak], dialog')) return false;
    if (element.matches('.react-flow')) return false;
    const style = getComputedStyle(element);
    if (style.visibility === 'hidden' || style.textOverflow === 'ellipsis') return false;
    const hides = value => value === 'hidden' || value === 'clip';
    const wide = hides(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    const tall = hides(style.overflowY) && element.scrollHeight > element.clientHeight + 1;
    return element.clientWidth > 1 && (wide || tall);
}).map(element => element.className + ': ' + element.innerText.slice(0, 60))"""

UNNAMED = """() => [...document.querySelectorAll(
    '#main :is(button, a[href], input, select, textarea)'
)].filter(
    element => element.type !== 'hidden' && element.checkVisibility() && !(
        element.innerText?.trim() || element.ariaLabel || element.title || element.labels?.length
        || element.getAttribute('aria-labelledby') || element.placeholder
        || element.querySelector('[title], svg')
    )
).map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.long
@pytest.mark.parametrize("size", SIZES)
def test_pages_are_whole_and_quiet(
    chromium: Browser, site: World, session: Any, size: str, subtests: pytest.Subtests
) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-US")
    context.add_cookies([session])
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda told: noise.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: noise.append(str(error)))
    for url in _shown():
        with subtests.test(url):
            noise.clear()
            _open(page, site.url + url)
            for scheme in ("light", DARK):
                _look(page, scheme)
            assert noise == []
    context.close()


def _shown() -> list[str]:
    return [url for url in dict.fromkeys(pages()) if not any(word in url for word in LEFT_OUT)]


def _open(page: Page, url: str) -> None:
    answer = page.goto(url)
    assert answer
    assert answer.status == 200
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    assert page.locator("[role=main]").count() == 1


def _look(page: Page, scheme: str) -> None:
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == DARK)
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(beyond) <= 0, "the page is wider than its window"
    assert page.evaluate(CUT) == []
    assert page.evaluate(UNNAMED) == []


@pytest.mark.parametrize("scheme", ["light", DARK])
def test_the_admin_follows_the_system(
    chromium: Browser, site: World, session: Any, scheme: Literal["light", "dark"]
) -> None:
    context = chromium.new_context(color_scheme=scheme)
    context.add_cookies([session])
    page = context.new_page()
    _open(page, site.url + "/admin/")
    shown = page.evaluate("document.documentElement.classList.contains('dark')")
    context.close()
    assert shown == (scheme == DARK)
