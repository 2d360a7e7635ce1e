"""The push snippet on a page with a strict policy: it asks once, takes a no, and a yes subscribes.

The browser maker's push service stands on no loopback: what it would hand out is written here.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    Worker,
    expect,
)

from channels.models import Device
from profiles.operations.access import create_key
from profiles.queries import clock
from tests.browser.test_public_looks import look
from tests.channels.providers import VAPID
from tests.database import letters

pytestmark = pytest.mark.long
POINT, SECRET, FRESH = "B" + "A" * 86, "A" * 22, "B" * 21 + "A"
POLICY = "default-src 'none'; script-src 'nonce-n' 'self'; connect-src 'self'; worker-src 'self'"
PAGE = """<!doctype html><html lang="en"><title>Shop</title><h1>Hats</h1><a href="#">Hats</a>
<script src="{base}/push/sojourn-push.js"></script>
<script nonce="n">
window.answered = sojournPush.ask(
  {{writeKey: "{key}", userId: "ada", serviceWorker: "/push/sw.js", again: 7, ...{more}}});
</script></html>"""
SERVICE = """
window.asked = 0;
let permission = "default";
Object.defineProperty(Notification, "permission", {get: () => permission});
Notification.requestPermission = async () => { window.asked++; return permission = "%s"; };
PushManager.prototype.subscribe = async ({applicationServerKey}) => ({toJSON: () => ({
  endpoint: "https://push.example/" + applicationServerKey.length,
  keys: {p256dh: "%s", auth: "%s"}})});
"""
CHANGED = """([old, fresh]) => {
  const event = new ExtendableEvent("pushsubscriptionchange");
  const subscription = (endpoint, auth) => ({endpoint, keys: {p256dh: "%s", auth}});
  event.newSubscription = subscription("https://push.example/new", fresh);
  self.onerror = () => true;  // nobody waits for an event that a test made
  self.dispatchEvent(event);
}"""


@pytest.fixture
def shop(
    transactional_db: None, no_lingering_connections: None, live_server: Any, settings: Any
) -> Iterator[str]:
    """The write key of a shop whose pages stand beside the snippet."""
    settings.SOJOURN_SANDBOX = True
    settings.PUBLIC_URL = live_server.url
    letters.account("webpush", "push", private_key=VAPID, subject="mailto:a@b.example")
    yield create_key(name="site", kind="write", scopes=(), now=clock.now())
    connection.close()


@pytest.fixture
def window(chromium: Browser, shop: str) -> Iterator[BrowserContext]:
    """It closes before the shop does: whoever serves a page that is open waits for it."""
    made = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    yield made
    made.close()


def visit(
    window: BrowserContext, key: str, base: str, *, permission: str = "granted", more: str = "{}"
) -> tuple[Page, list[str]]:
    """The shop's page, within the reach of the worker, and whatever its console says."""
    page, noise = window.new_page(), list[str]()
    page.on("console", partial(_keep, noise))
    page.add_init_script(SERVICE % (permission, POINT, SECRET))

    def answer(route: Route) -> None:
        html = PAGE.format(base=base, key=key, more=more)
        policy = {"Content-Security-Policy": POLICY}
        route.fulfill(body=html, content_type="text/html", headers=policy)

    page.route(f"{base}/push/shop", answer)
    page.goto(f"{base}/push/shop")
    return page, noise


def _keep(noise: list[str], told: ConsoleMessage) -> None:
    noise.append(told.text)


def at_work(window: BrowserContext) -> Worker:
    """The shop's service worker."""
    return next(iter(window.service_workers), None) or window.wait_for_event("serviceworker")


def answered(page: Page) -> Any:
    return page.evaluate("window.answered")


def test_a_no_is_remembered_and_no_browser_asks(
    window: BrowserContext, shop: str, live_server: Any
) -> None:
    page, noise = visit(window, shop, live_server.url)
    box = page.get_by_role("dialog", name="May we send you a notification")
    expect(box).to_be_visible()
    look(page, "push-ask")
    box.get_by_role("button", name="Not now").click()
    expect(box).to_have_count(0)
    assert (answered(page), page.evaluate("window.asked")) == (False, 0)
    days = page.evaluate("(localStorage.sojournPush - Date.now()) / 864e5")
    assert 6.9 < days <= 7
    page.reload()
    assert answered(page) is False
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("localStorage.sojournPush = Date.now() - 1")
    page.reload()
    expect(box).to_be_visible()
    assert noise == []


def test_a_yes_asks_the_browser_and_subscribes(
    window: BrowserContext, shop: str, live_server: Any
) -> None:
    page, noise = visit(window, shop, live_server.url)
    page.get_by_role("button", name="Yes, please").click()
    assert (answered(page), page.evaluate("window.asked")) == (True, 1)
    device = Device.objects.get()
    assert (device.endpoint, device.auth) == ("https://push.example/87", SECRET)
    kept = page.evaluate("caches.match('/sojournPush').then(found => found.json())")
    assert kept["endpoint"] == device.endpoint
    page.evaluate("sojournPush.ask({})")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert noise == []


def test_a_changed_subscription_is_renewed_by_the_worker_without_a_key(
    window: BrowserContext, shop: str, live_server: Any
) -> None:
    page, _noise = visit(window, shop, live_server.url)
    page.get_by_role("button", name="Yes, please").click()
    assert answered(page) is True
    before = Device.objects.get()
    with window.expect_event("response", lambda each: each.url.endswith("/push/renewals")) as told:
        at_work(window).evaluate(CHANGED % POINT, [before.endpoint, FRESH])
    assert told.value.status == 200
    (now,) = Device.objects.filter(removed_at=None)
    assert (now.endpoint, now.auth, now.customer_id) == (
        "https://push.example/new", FRESH, before.customer_id,
    )  # fmt: skip


def test_the_keyboard_is_enough_and_escape_is_a_no(
    window: BrowserContext, shop: str, live_server: Any
) -> None:
    more = "{text: 'Wool <b>news</b>?', yes: 'Ja', no: 'Nein'}"
    page, _noise = visit(window, shop, live_server.url, more=more)
    box = page.get_by_role("dialog", name="Wool <b>news</b>?")
    expect(box).to_be_focused()
    page.keyboard.press("Tab")
    expect(box.get_by_role("button", name="Ja")).to_be_focused()
    page.keyboard.press("Tab")
    expect(box.get_by_role("button", name="Nein")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert answered(page) is False
    page.reload()
    assert answered(page) is False


def test_a_no_to_the_browser_is_a_no(window: BrowserContext, shop: str, live_server: Any) -> None:
    page, _noise = visit(window, shop, live_server.url, permission="default")
    page.get_by_role("button", name="Yes, please").click()
    assert answered(page) is False
    assert page.evaluate("localStorage.sojournPush > Date.now()")
    assert not Device.objects.exists()


@pytest.mark.parametrize("permission", ["granted", "denied"])
def test_what_is_decided_is_not_asked(
    window: BrowserContext, shop: str, live_server: Any, permission: str
) -> None:
    decided = f"Object.defineProperty(Notification, 'permission', {{value: '{permission}'}})"
    window.add_init_script(decided)
    page = window.new_page()
    page.route(f"{live_server.url}/push/shop", lambda route: route.fulfill(
        body=PAGE.format(base=live_server.url, key=shop, more="{}"), content_type="text/html"
    ))  # fmt: skip
    page.goto(f"{live_server.url}/push/shop")
    assert answered(page) is False
    assert page.get_by_role("dialog").count() == 0


def test_without_a_memory_it_asks_on_every_page_and_once_on_each(
    window: BrowserContext, shop: str, live_server: Any
) -> None:
    broken = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    window.add_init_script(broken)
    page, _noise = visit(window, shop, live_server.url)
    for _ in range(2):
        page.get_by_role("button", name="Not now").click()
        assert answered(page) is False
        assert page.evaluate("sojournPush.ask({})") is False
        page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize(("motion", "moves"), [("reduce", "none"), ("no-preference", "a")])
def test_it_moves_only_for_those_who_like_it(
    chromium: Browser, shop: str, live_server: Any, motion: Any, moves: str
) -> None:
    window = chromium.new_context(reduced_motion=motion, locale="ru")
    page, _noise = visit(window, shop, live_server.url)
    box = page.get_by_role("dialog")
    expect(box.get_by_role("button", name="Не сейчас")).to_be_visible()
    assert box.evaluate("each => getComputedStyle(each).animationName") == moves
    window.close()
