"""Stories of what customers would have found broken: offers that end, links that break and mend."""

from collections.abc import Iterator
from typing import Any

import pytest

from channels.models import Message
from channels.operations import linkcheck
from journeys.operations import draft, release
from journeys.operations.refused import Refused
from tests.emulators.site import Site
from tests.world import World

COUPON = """
journey: coupon
enter: {on: {event: Coupon Given}, key: code, again: always, holdout: 0.01}
goal: {event: Order Completed}
steps:
  - id: pause
    wait: 1d
  - id: mail
    send: {channel: email, subject: "Your {{ entry.code }}", text: Use it., offer_ends: entry.until}
  - id: later
    wait: 1d
  - id: last
    send: {channel: email, subject: Last chance, text: Use it now., offer_ends: entry.until}
"""
SALE = """
journey: sale
enter: {on: {event: Signed Up}, holdout: 0.01}
goal: {event: Order Completed}
steps:
  - id: mail
    send: {channel: email, subject: Sale, html: '<a href="URL">Go</a>', expires: 2h}
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/sale": 200}) as emulator:
        yield emulator


def fetched(site: Site, world: World, settings: Any) -> None:
    """The nightly look, as it is outside the sandbox."""
    settings.SOJOURN_SANDBOX = False
    linkcheck.look({site.at("/sale"): "link"}, now=world.now)
    settings.SOJOURN_SANDBOX = True


def test_nobody_hears_of_a_coupon_that_is_over(world: World) -> None:
    world.journey(COUPON)
    world.meet("alice", "bob", "charlie", timezone="Europe/Berlin")
    world.does("alice", "Coupon Given", code="A1", until="2026-12-31T00:00Z")
    world.does("bob", "Coupon Given", code="B1", until=world.now.isoformat())
    world.does("charlie", "Coupon Given", code="C1")
    world.passes("3d")
    assert world.inbox("alice") == ["email: Your A1", "email: Last chance"]
    assert world.inbox("bob") == []
    assert world.skipped("bob") == ["offer_over", "offer_over"]
    assert world.inbox("charlie") == ["email: Your C1", "email: Last chance"]
    assert world.walk("bob", "coupon").status == "completed"


def test_between_two_messages_the_offer_ends(world: World) -> None:
    world.journey(COUPON)
    world.meet("alice")
    world.does("alice", "Coupon Given", code="A1", until=f"{world.now:%Y-%m-%d}T23:59Z")
    world.does("alice", "Coupon Given", code="A2", until=f"{world.now.year + 1}-01-01")
    world.passes("3d")
    said = world.inbox("alice")
    assert said.count("email: Last chance") == 1
    assert "email: Your A2" in said
    assert "offer_over" in world.skipped("alice")


def test_a_link_that_breaks_holds_its_message_until_it_is_mended(
    world: World, site: Site, settings: Any
) -> None:
    world.journey(SALE.replace("URL", site.at("/sale")))
    world.meet("alice", "bob")
    world.does("alice", "Signed Up")
    assert world.inbox("alice") == ["email: Sale"]
    site.pages.clear()
    fetched(site, world, settings)
    world.does("bob", "Signed Up")
    assert world.inbox("bob") == []
    assert Message.objects.get(customer_id=world.id("bob")).reason == "broken_link"
    world.passes("20m")
    assert world.inbox("bob") == []
    site.pages["/sale"] = 200
    fetched(site, world, settings)
    world.passes("20m")
    assert world.inbox("bob") == ["email: Sale"]


def test_a_link_that_is_never_mended_lets_its_message_expire(
    world: World, site: Site, settings: Any
) -> None:
    world.journey(SALE.replace("URL", site.at("/sale")))
    world.meet("bob")
    site.pages.clear()
    fetched(site, world, settings)
    world.does("bob", "Signed Up")
    world.passes("3h")
    message = Message.objects.get(customer_id=world.id("bob"))
    assert (message.status, message.reason) == ("expired", "expired")


def test_what_is_published_on_purpose_leaves(world: World, site: Site, settings: Any) -> None:
    site.pages.clear()
    text = SALE.replace("URL", site.at("/sale"))
    world.meet("bob")
    world.journey(text)
    fetched(site, world, settings)
    settings.SOJOURN_SANDBOX = False
    given: dict[str, Any] = {"by": "ann", "note": "", "now": world.now}
    draft.save("sale", f"{text}title: Now\n", revision=1, by="ann", now=world.now)
    with pytest.raises(Refused, match="override"):
        release.release("sale", **given)
    release.release("sale", **given, override="It opens at noon.")
    settings.SOJOURN_SANDBOX = True
    world.does("bob", "Signed Up")
    assert world.inbox("bob") == ["email: Sale"]
