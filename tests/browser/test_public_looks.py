"""The public pages fit a phone and a desk, in light and dark, with long words and many channels."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page

from channels.models import Message
from channels.operations.dispatch import dispatch
from channels.queries import confirm, public
from profiles.core.consent import ConsentChange, worded
from profiles.operations.consent import set_consents
from profiles.queries import clock
from tests.database import letters

WORDING = "Yes, send me the newsletter of Shop Ltd about once a week. I can stop at any time."
SIZES = ((390, 844), (1280, 900))


@pytest.fixture
def addresses(
    chromium: Browser, transactional_db: None, no_lingering_connections: None, live_server: Any,
    settings: Any,
) -> dict[str, str]:  # fmt: skip
    """The pages of a customer with three channels and long topics, by name."""
    settings.SOJOURN_SANDBOX = True
    settings.PUBLIC_URL = live_server.url
    (ann,) = letters.customers(1)
    letters.device(ann, "https://push.example/1")
    letters.enqueue([ann], topic="news", channels=("email",), send_after=clock.now())
    dispatch(now=clock.now())
    for channel, topic in (("sms", "Orders"), ("email", "W" * 60), ("push", "news")):
        letters.consent(ann, "subscribed", channel=channel, topic=topic)
    asked = ConsentChange(
        customer_id=ann, channel="email", topic="Angebote", state="pending", proof=worded(WORDING)
    )
    set_consents([asked], now=clock.now())
    uid = Message.objects.get().uid.bytes
    made = public.signer()
    found = {
        "preferences": made.url("preferences", uid),
        "unsubscribe": made.url("unsubscribe", uid),
        "confirm": confirm.addresses(ann)["email", "Angebote"],
    }
    connection.close()
    return found


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_public_page_scrolls_sideways(
    chromium: Browser, addresses: dict[str, str], scheme: Any, size: tuple[int, int]
) -> None:
    for language in ("en", "ru"):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale=language
        )
        page = context.new_page()
        noise: list[str] = []
        page.on("console", partial(keep, noise))
        for name in ("unsubscribe", "confirm", "preferences"):
            page.goto(addresses[name])
            look(page, f"{name}-{size[0]}-{scheme}-{language}")
        press(page, "30")
        look(page, f"paused-{size[0]}-{scheme}-{language}")
        press(page, "0")
        assert page.locator("button[value='7']").count() == 1
        assert noise == []
        context.close()


def press(page: Page, days: str) -> None:
    """Until the page that answers is there."""
    with page.expect_navigation():
        page.locator(f"button[value='{days}']").click()


def keep(noise: list[str], told: ConsoleMessage) -> None:
    noise.append(told.text)


def look(page: Page, name: str) -> None:
    """Nothing beyond the window. With SHOTS=FOLDER, what it looks like is kept there."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
