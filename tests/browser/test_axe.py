"""What axe-core calls serious or critical is on no page, in light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page

from profiles.models import AuditEntry
from tests.browser.test_public_looks import addresses
from tests.world import World

__all__ = ["addresses"]

GRAVE = ("serious", "critical")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}
LISTS = (
    "profiles_customer", "profiles_segment", "profiles_event", "profiles_auditentry",
    "journeys_journey", "journeys_enrollment", "channels_message", "channels_account",
    "channels_halt", "channels_template", "profiles_apikey",
)  # fmt: skip
TABS = ("change", "canvas", "document", "proof", "report", "versions")


def _pages(site: World) -> list[str]:
    """The pages that people work on."""
    customer = site.id("customer-001")
    entry = AuditEntry.objects.filter(kind="journeys.journey").latest("id").pk
    return [
        reverse("admin:index"),
        reverse("admin:health"),
        reverse("admin:two_factor"),
        *(reverse(f"admin:{name}_changelist") for name in LISTS),
        *(reverse(f"admin:journeys_journey_{tab}", args=["abandoned-cart"]) for tab in TABS),
        *(reverse(f"admin:profiles_customer_{tab}", args=[customer])
          for tab in ("change", "why", "privacy")),
        reverse("admin:profiles_auditentry_change", args=[entry]),
        *(reverse(f"admin:{name}_add")
          for name in ("channels_halt", "channels_template", "profiles_segment")),
        *(reverse(f"admin:report_{name}") for name in ("value", "stages", "retention", "overlap")),
    ]  # fmt: skip


def _grave(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['html'][:160]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"][:3]
    ]


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_admin_has_a_grave_finding(
    chromium: Browser, site: World, session: Any, scheme: Any, subtests: pytest.Subtests
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    context.add_cookies([session])
    page = context.new_page()
    for url in _pages(site):
        with subtests.test(url):
            page.goto(site.url + url)
            page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
            assert _grave(page) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_public_page_and_not_the_login_has_a_grave_finding(
    chromium: Browser, addresses: dict[str, str], live_server: Any, scheme: Any,
    subtests: pytest.Subtests,
) -> None:  # fmt: skip
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    for name, url in {**addresses, "login": f"{live_server.url}/admin/login/"}.items():
        with subtests.test(name):
            page.goto(url)
            assert _grave(page) == []
    context.close()
