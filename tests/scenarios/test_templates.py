"""Templates in the life of a journey: versions, languages, blocks, and messages that stop."""

import datetime as dt
from typing import Any

import pytest

from channels.models import Message, Template
from channels.operations import templates
from journeys.models import Journey
from journeys.operations import publish
from journeys.operations.replan import preview
from tests.world import World

pytestmark = pytest.mark.django_db

JOURNEY = """
journey: hello
class: transactional
enter: {on: {event: Signed Up}, again: always}
steps:
  - {id: pause, wait: 1h}
  - {id: mail, send: {channel: email, template: greeting}}
  - {id: text, send: {channel: sms, text: "Bye", locales: {fr: {text: "Salut"}}}}
"""
FOOTER = {"html": "<p>Our shop</p>", "locales": {"de": {"html": "<p>Unser Laden</p>"}}}
GREETING = {
    "subject": "Hello {{ customer.firstName }}",
    "html": "<p>Good to see you</p>{% include 'footer' %}",
    "locales": {"fr": {"subject": "Bonjour {{ customer.firstName }}"}},
}


def save(world: World, slug: str, content: dict[str, Any], revision: int | None = None) -> None:
    templates.save(slug, title="", content=content, revision=revision, by="test", now=world.now)


def again(world: World) -> int:
    """The journey is published once more, as it stands; the number of its live version."""
    publish.publish("hello", by="test", note="", now=world.now)
    version = Journey.objects.get(slug="hello").live_version
    assert version is not None
    return version.number


@pytest.fixture
def shop(world: World) -> World:
    save(world, "footer", FOOTER)
    save(world, "greeting", GREETING)
    world.journey(JOURNEY)
    return world


def texts(name: str, world: World) -> list[tuple[str, str]]:
    found = Message.objects.filter(customer_id=world.id(name), status="sent").order_by("id")
    return [(each.body.subject, each.body.text.strip()) for each in found]


@pytest.mark.parametrize(
    ("locale", "subject", "footer", "sms"),
    [
        ("en", "Hello Alice", "Our shop", "Bye"),
        ("de-AT", "Hello Alice", "Unser Laden", "Bye"),
        ("fr_CA", "Bonjour Alice", "Our shop", "Salut"),
    ],
)
def test_everybody_is_spoken_to_in_their_language(
    shop: World, locale: str, subject: str, footer: str, sms: str
) -> None:
    shop.meet("alice", locale=locale)
    shop.does("alice", "Signed Up")
    shop.passes("1h")
    assert texts("alice", shop) == [(subject, f"Good to see you\n\n{footer}"), ("", sms)]


def test_what_is_published_stays_until_it_is_published_again(shop: World) -> None:
    shop.meet("alice", "bob")
    shop.does("alice", "Signed Up")
    save(shop, "footer", {"html": "<p>Moved</p>"}, revision=1)
    shop.passes("1h")
    assert texts("alice", shop)[0] == ("Hello Alice", "Good to see you\n\nOur shop")
    changes = {each["id"]: each["change"] for each in preview("hello", move={})}
    assert changes == {"pause": "same", "mail": "changed", "text": "same"}
    assert again(shop) == 2
    shop.does("bob", "Signed Up")
    shop.passes("1h")
    assert texts("bob", shop)[0] == ("Hello Bob", "Good to see you\n\nMoved")
    assert {each["change"] for each in preview("hello", move={})} == {"same"}
    assert again(shop) == 2


def test_a_removed_template_keeps_what_was_published_and_nothing_else(shop: World) -> None:
    templates.remove("greeting", now=shop.now)
    shop.meet("alice")
    shop.does("alice", "Signed Up")
    shop.passes("1h")
    assert texts("alice", shop)[0][0] == "Hello Alice"
    with pytest.raises(Exception, match="There is no template “greeting”"):
        again(shop)
    save(shop, "greeting", GREETING)
    assert again(shop) == 1


def test_a_template_may_stop_its_own_message(world: World) -> None:
    offer = "{% if not customer.code %}{{ abort('no code  ' ~ customer.firstName) }}{% endif %}"
    save(world, "greeting", {"subject": "Your code", "html": offer + "<p>{{ customer.code }}</p>"})
    world.journey(JOURNEY)
    world.meet("alice")
    world.meet("bob", code="B1")
    world.does("alice", "Signed Up")
    world.does("bob", "Signed Up")
    world.passes("1h")
    assert texts("bob", world)[0] == ("Your code", "B1")
    (stopped,) = Message.objects.filter(status="skipped")
    assert (stopped.reason, stopped.customer_id) == ("aborted", world.id("alice"))
    assert texts("alice", world) == [("", "Bye")]


def test_a_template_that_fits_no_channel_of_a_step_is_refused(world: World) -> None:
    save(world, "greeting", {"title": "Push", "body": "only"})
    with pytest.raises(Exception, match="An e-mail needs a subject"):
        world.journey(JOURNEY)


def test_every_save_is_a_version_unless_nothing_changed(world: World) -> None:
    save(world, "footer", FOOTER)
    save(world, "footer", dict(FOOTER), revision=1)
    world.now += dt.timedelta(days=1)
    save(world, "footer", {"html": "<p>New</p>"}, revision=1)
    found = Template.objects.get(slug="footer")
    assert (found.version, found.versions.count()) == (2, 2)
    kept = [each.body for each in found.versions.order_by("number")]
    assert kept == [FOOTER, {"html": "<p>New</p>"}]
