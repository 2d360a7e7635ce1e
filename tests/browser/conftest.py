"""A real browser on a live server. Skipped, with the reason, where no Chromium is installed."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.admin.conftest import begun, empty, workspace
from tests.admin.shop import furnish, stock
from tests.world import World

__all__ = ["workspace"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONG = "https://shop.example.com/" + "a" * 300
PATIENCE = 120_000
"""Milliseconds for what is expected of a page, on a machine that may have other things to do."""
SERVING = "process_request_thread"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("No Chromium on the PATH: install it (Debian: apt-get install chromium).")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop
        expect.set_options(timeout=PATIENCE)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=path, args=FLAGS, env=_homes(tmp_path_factory.mktemp("chromium"))
            )
            patch.setattr(browser, "new_context", partial(_patient, browser.new_context))
            yield browser
            browser.close()


def _patient(made: Callable[..., BrowserContext], **settings: Any) -> BrowserContext:
    context = made(**settings)
    context.set_default_timeout(PATIENCE)
    return context


def _homes(folder: Path) -> dict[str, str | float | bool]:
    """Chromium writes into the user's home folder; here into one that goes with the run."""
    homes = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    return {**os.environ, **dict.fromkeys(homes, str(folder))}


@pytest.fixture
def no_lingering_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's threads would keep theirs for minutes, and the test database with them; and what
    a page asked at its end would be done in the next test.
    """
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    yield
    all_is_served()


def all_is_served() -> None:
    """Until nobody is, or for a while where a failed test has left its window open."""
    until = time.monotonic() + 15
    for thread in threading.enumerate():
        if SERVING in thread.name:
            thread.join(max(until - time.monotonic(), 0))


@pytest.fixture
def site(
    chromium: Browser,
    transactional_db: None,
    workspace: None,
    no_lingering_connections: None,
    live_server: Any,
) -> Iterator[World]:
    """The stocked shop, served."""
    empty()
    world = begun()
    furnish(stock(world))
    world.meet("customer-long", firstName="W" * 300, email="w" * 60 + "@example.com", note=LONG)
    world.together(world.call("customer-long", "Product Viewed", name=LONG))
    world.url = live_server.url
    yield world
    all_is_served()
    empty()


@pytest.fixture
def session(site: World) -> Any:
    """The cookie of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("anna", "anna@example.com", "secret"))
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": site.url}


@pytest.fixture
def desk(chromium: Browser, session: Any) -> Iterator[BrowserContext]:
    """A desktop window in the light scheme."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.add_cookies([session])
    yield context
    context.close()
