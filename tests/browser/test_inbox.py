"""The on-site snippet on a shop's page with a strict policy: shown, read, closed, followed."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from channels.core.onsite import user_token
from channels.models import Message
from channels.operations.dispatch import dispatch
from profiles.operations.access import create_key
from profiles.queries import clock
from tests.browser.test_public_looks import look
from tests.config.processes import until
from tests.database import letters
from tests.database.calls import identify, owner, take
from tests.naughty import STRINGS

pytestmark = pytest.mark.long
SHOP = "http://shop.localhost/"
NAUGHTY = "<img src=x onerror=alert(1)><script>alert(1)</script>"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"
BANNER = {
    "title": NAUGHTY, "text": "Free shipping until Sunday,\nfor you alone.", "url": f"{SHOP}hats",
    "data": {"placement": "banner", "button": "See the hats"},
}  # fmt: skip
PAGE = """<!doctype html><html lang="en"><title>Shop</title>
<style nonce="n">body{{font:16px Georgia;margin:0;padding:24px}} button{{all:unset}} h2{{color:red}}
header{{display:flex;justify-content:space-between}} p{{line-height:2}}</style>
<header><h1>Hats</h1><nav id="bell"></nav></header>
<p>All our hats are made by hand, from wool and felt, since 1902.</p>
<script src="{base}/inbox/sojourn-inbox.js"></script>
<script nonce="n">
sojournInbox.start({{writeKey: "{key}", user: "ada", token: "{token}", bell: "#bell"}});
</script></html>"""
POLICY = "default-src 'none'; script-src 'nonce-n' {base}; connect-src {base}; style-src 'nonce-n'"


@pytest.fixture
def shop(
    transactional_db: None, no_lingering_connections: None, live_server: Any, settings: Any
) -> Iterator[str]:
    """The shop's page with the snippet, as HTML; its customer is known and has consented."""
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    settings.PUBLIC_URL = live_server.url
    take(identify("ada"))
    letters.account("onsite", "inbox", secret="s")
    key = create_key(name="site", kind="write", scopes=(), now=clock.now())
    yield PAGE.format(base=live_server.url, key=key, token=user_token("s", "ada"))
    connection.close()


def send(*bodies: dict[str, Any]) -> None:
    ada = owner("user_id", "ada") or 0
    for number, body in enumerate(bodies, 1):
        letters.enqueue(
            [ada], body, channels=("inbox",), send_after=clock.now(), enrollment_id=number
        )
        dispatch(now=clock.now())


def visit(chromium: Browser, html: str, base: str, **context: Any) -> tuple[Page, list[str]]:
    """The page in a new browser, and whatever its console says."""
    made = chromium.new_context(user_agent=CHROME, **context)
    made.grant_permissions(["local-network-access"])
    page = made.new_page()
    noise: list[str] = []
    page.on("console", partial(_keep, noise))

    def answer(route: Route) -> None:
        policy = {"Content-Security-Policy": POLICY.format(base=base)}
        route.fulfill(body=html, content_type="text/html", headers=policy)

    page.route(f"{SHOP}**", answer)
    page.goto(SHOP)
    return page, noise


def _keep(noise: list[str], told: ConsoleMessage) -> None:
    noise.append(told.text)


def test_a_banner_is_shown_as_text_read_and_followed(
    chromium: Browser, shop: str, live_server: Any
) -> None:
    send(BANNER)
    page, noise = visit(chromium, shop, live_server.url, viewport={"width": 1000, "height": 700})
    banner = page.get_by_role("region", name="Messages")
    expect(banner.get_by_role("heading")).to_have_text(NAUGHTY)
    assert banner.locator("img, script").count() == 0
    look(page, "inbox-banner")
    assert noise == []
    with page.expect_request(f"{SHOP}hats"):  # nobody is there to answer it
        banner.get_by_role("link", name="See the hats").click()
    until(lambda: Message.objects.filter(clicked_at__isnull=False))
    message = Message.objects.get()
    assert (message.status, message.opened_at is None, message.clicked_at is None) == (
        "delivered", False, False,
    )  # fmt: skip
    page.context.close()


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en"), ("dark", "ru")])
def test_a_bell_counts_and_its_list_is_read_by_keyboard(
    chromium: Browser, shop: str, live_server: Any, scheme: Any, locale: str
) -> None:
    long = "".join(STRINGS)[:3000].replace("\x00", "")
    send({"title": "One", "text": long}, {"title": "Two", "url": f"{SHOP}two"}, {"text": "Three"})
    size = {"width": 390, "height": 844}
    page, noise = visit(
        chromium, shop, live_server.url, viewport=size, color_scheme=scheme, locale=locale
    )
    word = {"en": "Messages", "ru": "Сообщения"}[locale]
    bell = page.get_by_role("button", name=f"{word} 3")
    expect(bell).to_be_visible()
    look(page, f"inbox-bell-{scheme}")
    bell.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name=word)
    expect(panel.get_by_role("heading")).to_have_text(["Two", "One"])
    look(page, f"inbox-list-{scheme}")
    with page.expect_response("**/inbox/events?*"):
        panel.get_by_role("button", name={"en": "Dismiss", "ru": "Скрыть"}[locale]).first.click()
    expect(panel.get_by_text("Three")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    focused = "document.activeElement.shadowRoot?.activeElement?.tagName"
    assert page.evaluate(focused) == "BUTTON"
    page.reload()
    expect(page.get_by_role("button", name=word, exact=True)).to_be_visible()
    page.get_by_role("button", name=word, exact=True).click()
    expect(page.get_by_role("region", name=word).get_by_text("Three")).to_have_count(0)
    assert noise == []
    page.context.close()
