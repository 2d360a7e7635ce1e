"""Writing, publishing, pausing and stopping a journey: the same operations as everywhere."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from journeys.core import source
from journeys.models import Journey, Version
from journeys.operations import draft
from tests.admin.shop import CART
from tests.world import World

HELLO = CART.replace("journey: abandoned-cart", "journey: hello").replace(
    "holdout: 30", "holdout: 0"
)

PLAIN = """
journey: plain
enter: {on: [{event: Signed Up}]}
steps:
  - id: hello
    send: {channel: sms, text: Hello}
"""


def _url(name: str, slug: str = "abandoned-cart") -> str:
    return reverse(f"admin:journeys_journey_{name}", args=[slug])


def _text(client: Client, name: str, slug: str = "abandoned-cart", **query: str) -> str:
    return client.get(_url(name, slug), query).content.decode()


def _save(client: Client, text: str, *, revision: int, slug: str = "abandoned-cart") -> str:
    answer = client.post(_url("save", slug), {"source": text, "revision": revision}, follow=True)
    return answer.content.decode()


def test_a_journey_is_written_saved_published_paused_resumed_and_stopped(
    world: World, anna: Client
) -> None:
    answer = anna.post(reverse("admin:journeys_journey_add"), {"source": HELLO}, follow=True)
    assert answer.redirect_chain[-1][0] == _url("document", "hello")
    for name, state, told in (
        ("publish", "live", "Version 1 is live."),
        ("pause", "paused", "The journey is paused"),
        ("resume", "live", "The journey goes on."),
        ("stop", "stopped", "The journey is stopped."),
    ):
        page = anna.post(_url(name, "hello"), {"note": "first", "clock": "run"}, follow=True)
        assert told in page.content.decode()
        assert Journey.objects.get(slug="hello").state == state
    version = Version.objects.get(journey__slug="hello")
    assert (version.by, version.note) == ("anna", "first")
    anna.post(_url("discard", "hello"))
    assert not Journey.objects.filter(slug="hello").exists()


def test_the_starter_document_can_be_published_as_it_is(world: World, anna: Client) -> None:
    page = anna.get(reverse("admin:journeys_journey_add")).content.decode()
    assert "None: this draft can be published." in page


def test_an_unfinished_draft_is_saved_and_its_problems_named(world: World, anna: Client) -> None:
    world.journey(HELLO)
    broken = HELLO.replace("then: later", "then: nowhere")
    page = _save(anna, broken, revision=1, slug="hello")
    assert "The draft is saved." in page
    assert "steps[mail_a]" in page
    assert "nowhere" in page
    refused = anna.post(_url("publish", "hello"), follow=True).content.decode()
    assert "cannot be published yet" in refused
    assert Version.objects.filter(journey__slug="hello").count() == 1


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "journey: hello\n  broken: [", "just words", "{" * 100]
)
def test_text_that_is_no_document_stays_in_the_editor(
    world: World, anna: Client, text: str
) -> None:
    world.journey(HELLO)
    page = _save(anna, text, revision=1, slug="hello")
    editor = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert editor
    assert editor[1].strip().replace("&#x27;", "'") == text.strip()
    assert Journey.objects.get(slug="hello").revision == 1


def test_a_document_without_a_name_is_not_begun(world: World, anna: Client) -> None:
    page = anna.post(reverse("admin:journeys_journey_add"), {"source": "title: Nameless"})
    assert "begin with “journey: my-journey”" in page.content.decode()
    assert not Journey.objects.exists()


def test_whoever_saves_over_a_newer_revision_is_told_in_one_sentence(
    world: World, anna: Client
) -> None:
    world.journey(HELLO)
    _save(anna, HELLO.replace("Abandoned cart", "Mine"), revision=1, slug="hello")
    page = _save(anna, HELLO.replace("Abandoned cart", "Theirs"), revision=1, slug="hello")
    assert "Somebody saved revision 2 meanwhile: load it, then save again." in page
    assert "title: Theirs" in page
    assert Journey.objects.get(slug="hello").title == "Mine"


def test_a_draft_that_differs_from_what_is_live_is_pointed_out(world: World, anna: Client) -> None:
    world.journey(HELLO)
    assert "differs from the version" not in _text(anna, "change", "hello")
    _save(anna, HELLO.replace("wait: 1h", "wait: 3h"), revision=1, slug="hello")
    assert "The draft differs from the version that is live." in _text(anna, "change", "hello")


def test_a_rate_without_a_base_is_a_dash(world: World, anna: Client) -> None:
    world.journey(HELLO)
    page = _text(anna, "report", "hello")
    assert "– of 0" in page
    assert "0.0 % of" not in page


def test_without_anything_to_compare_the_report_says_so(world: World, anna: Client) -> None:
    world.journey(PLAIN)
    assert "Not measurable: there is no control group" in _text(anna, "report", "plain")


def test_old_versions_stay_to_be_read(world: World, anna: Client) -> None:
    world.journey(HELLO)
    world.journey(HELLO.replace("wait: 1h", "wait: 5h"))
    assert "wait: 5h" in _text(anna, "versions", "hello")
    assert "wait: 1h" in _text(anna, "versions", "hello", version="1")
    assert "wait: 5h" in _text(anna, "versions", "hello", version="x")


def test_a_document_sent_as_json_is_shown_as_yaml(world: World, anna: Client) -> None:
    draft.save("hello", source.read(HELLO).value, revision=None, by="api", now=world.now)
    assert "- id: pause" in _text(anna, "document", "hello")
