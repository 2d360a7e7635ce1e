"""Whatever customers and events call themselves, pages stay whole and nothing of it runs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from channels.models import Message
from journeys.core.entry import holdout_salt
from profiles.core.draw import drawn
from profiles.models import Customer, Event
from tests.admin.conftest import WORKSPACE, begun, empty
from tests.admin.pages import Page, pages
from tests.admin.shop import CART, furnish
from tests.draws import choose_numbers
from tests.naughty import STRINGS
from tests.world import World

NAUGHTY = (
    "<script>alert('naughty')</script>",
    "\"><img src=x onerror=alert('naughty')>",
    "'; DROP TABLE profiles_customer; --",
    "</textarea></pre></title><svg onload=alert('naughty')>",
    "{{ 7*7 }}{% now 'Y' %}${7*7}",
    "javascript:alert('naughty')",
    "\u202egnissim si txet siht\u202c",
    "\u200b\ufeff\u2028\u2029\u0085",
    "Ω≈ç√∫˜µ≤≥÷ 田中さんにあげて下さい Zalgo T\u0336o\u0334\u0361",
    "👩‍👩‍👧‍👧 🇺🇸\U0001f595\U0001f3fe",
    "../../../etc/passwd%00",
    "%s%d%n%(name)s {0} {name}",
    "W" * 300,
    "a\tb\nc\rd",
    "-1/0 NaN Infinity 0x10 1e309",
    "null",
    "[]",
)


@pytest.fixture(scope="module")
def animals(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), override_settings(**WORKSPACE):
        yield _released(begun())
        empty()


@pytest.fixture
def zoo(animals: World, db: None, workspace: None) -> World:
    """Every name, attribute, event and title is one of them."""
    return animals


def _released(world: World) -> World:
    world.journey(
        CART.replace("title: Abandoned cart", "title: \"<script>alert('naughty')</script>\"")
    )
    choose_numbers(_one_is_held_out)
    names = [f"customer-{number:03d}" for number in range(len(NAUGHTY))]
    for name, text in zip(names, NAUGHTY, strict=True):
        world.meet(
            name,
            firstName=text,
            lastName=text,
            email=f"{name}@example.com",
            note=text,
            **{text[:60]: text},
        )
    world.together(*(
        world.call(name, text, **{text[:60]: text, "nested": {text: [text]}})
        for name, text in zip(names, NAUGHTY, strict=True)
    ))  # fmt: skip
    world.together(*(
        world.call(name, "Product Viewed", name=text)
        for name, text in zip(names, NAUGHTY, strict=True)
    ))  # fmt: skip
    world.together(*(
        world.call(name, "Cart Updated", cart_id=text)
        for name, text in zip(names, NAUGHTY, strict=True)
    ))  # fmt: skip
    world.meet("everything", **{f"a{n}": text for n, text in enumerate(STRINGS)})
    world.does("everything", "Cart Updated", **{text: [text] for text in STRINGS}, cart_id="all")
    world.passes("2h")
    furnish(world)
    return world


def _one_is_held_out(first: int) -> bool:
    """The first customer is written to, the second is in the holdout."""
    salt = holdout_salt("abandoned-cart")
    return [drawn(salt, str(first + place), 50) for place in (0, 1)] == [False, True]


@pytest.mark.long
def test_nothing_naughty_runs_on_any_page(zoo: World, anna: Client) -> None:
    for url in (*pages(), *_rows()):
        answer = anna.get(url)
        assert answer.status_code == 200, url
        page = Page(answer.content.decode())
        assert not [script for script in page.scripts if "naughty" in script], url
        assert not [data for data in page.data if "<" in data], url
        assert not [given for given in page.attributes if given[1] in ("onload", "onerror")], url
        assert not [href for href, _text in page.links if href.startswith("javascript:")], url


def _rows() -> Iterator[str]:
    for customer in Customer.objects.all():
        yield reverse("admin:profiles_customer_change", args=[customer.pk])
    for event in Event.objects.filter(source="test"):
        yield reverse("admin:profiles_event_change", args=[event.pk])
    for message in Message.objects.all():
        yield reverse("admin:channels_message_change", args=[message.pk])


@pytest.mark.parametrize("text", NAUGHTY)
def test_searching_for_it_is_harmless(world: World, anna: Client, text: str) -> None:
    for model in ("profiles_customer", "profiles_event", "channels_message", "journeys_journey"):
        assert anna.get(reverse(f"admin:{model}_changelist"), {"q": text}).status_code == 200


def test_the_whole_list_on_one_customer_runs_nowhere(zoo: World, anna: Client) -> None:
    number, other = zoo.id("everything"), zoo.id("customer-005")
    events = Event.objects.filter(name="Cart Updated").order_by("-id")
    named = "admin:profiles_customer_change", "admin:profiles_event_change"
    pages = zip(
        [reverse(named[0], args=[number]), reverse(named[1], args=[events[0].pk])],
        [reverse(named[0], args=[other]), reverse(named[1], args=[events[1].pk])],
        strict=True,
    )
    for url, harmless in pages:
        page = Page(anna.get(url).content.decode())
        same = Page(anna.get(harmless).content.decode())
        assert len(page.scripts) == len(same.scripts), url
        assert not [script for script in page.scripts if "alert(" in script], url
        assert _handlers(page) == _handlers(same), url
        assert not [href for href, _text in page.links if "script:" in href.lower()], url


def _handlers(page: Page) -> set[tuple[str, str]]:
    return {(tag, name) for tag, name, _ in page.attributes if name.startswith("on")}


def test_what_was_given_is_shown_as_given(zoo: World, anna: Client) -> None:
    number = zoo.id("customer-000")
    page = anna.get(reverse("admin:profiles_customer_change", args=[number])).content.decode()
    assert "&lt;script&gt;alert(&#x27;naughty&#x27;)&lt;/script&gt;" in page
