"""Templates in the admin: made, shown for somebody, tested, restored, removed."""

import pytest
from django.test import Client
from django.urls import reverse

from channels.models import Template
from channels.operations import templates
from tests.world import World

ADD = "admin:channels_template_add"
SEND = """
journey: greet
enter: {on: {event: Greeted}}
steps:
  - {id: mail, send: {channel: email, template: spring}}
"""


@pytest.fixture
def spring(shop: World) -> Template:
    return Template.objects.get(slug="spring")


def page(client: Client, template: Template, query: str = "") -> str:
    url = reverse("admin:channels_template_change", args=[template.pk])
    return client.get(url + query).content.decode()


def post(client: Client, template: Template, name: str, **given: str) -> str:
    url = reverse(f"admin:channels_template_{name}", args=[template.pk])
    return client.post(url, given, follow=True).content.decode()


def test_a_template_is_made_and_listed(shop: World, anna: Client) -> None:
    given = {"name": "summer", "title": "Summer", "source": "subject: Sun # warm\ntext: Go"}
    answer = anna.post(reverse(ADD), given)
    made = Template.objects.get(slug="summer")
    assert answer["Location"] == reverse("admin:channels_template_change", args=[made.pk])
    assert made.body == {"subject": "Sun", "text": "Go"}
    assert "# warm" in page(anna, made)
    assert "Summer" in anna.get(reverse("admin:channels_template_changelist")).content.decode()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "Bad Name", "source": "text: x"}, "small letters"),
        ({"name": "x", "source": "{text: a"}, "Line"),
        ({"name": "x", "source": "subject: '{{ a'"}, "unexpected end"),
        ({"name": "x", "source": "text: \"{% include 'none' %}\""}, "There is no block “none”"),
        ({"name": "spring", "source": "text: x"}, "saved revision 1 meanwhile"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    shop: World, anna: Client, given: dict[str, str], words: str
) -> None:
    answer = anna.post(reverse(ADD), {"title": "Kept title", **given})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert "Kept title" in text


def test_the_page_shows_who_lacks_most_and_what(spring: Template, anna: Client) -> None:
    text = page(anna, spring)
    assert "customer.city" in text
    assert "Hello Name" in text
    assert "<script>alert" not in text
    german = page(anna, spring, "?customer=user_id:customer-003&language=de")
    assert "Hallo Name3" in german
    assert "There is no customer zoe" in page(anna, spring, "?customer=zoe")


def test_a_missing_block_is_a_sentence_and_no_error(
    shop: World, spring: Template, anna: Client
) -> None:
    templates.save(
        "frame", title="", content={"html": "{% include 'spring' %}", "subject": "x"},
        revision=None, by="ann", now=shop.now,
    )  # fmt: skip
    templates.remove("spring", now=shop.now)
    frame = Template.objects.get(slug="frame")
    assert "there is no block “spring”" in page(anna, frame)


def test_a_save_is_a_version_and_an_old_one_comes_back(
    shop: World, spring: Template, anna: Client
) -> None:
    shop.journey(SEND)
    assert "this version" in page(anna, spring)
    saved = post(anna, spring, "save", title="New", source="subject: New\ntext: x", revision="1")
    assert "Saved as version 2" in saved
    assert "an older one, until it is published again" in saved
    assert "Version 1 is the latest again" in post(anna, spring, "restore", version="1")
    assert "this version" in page(anna, spring)
    assert "There is no template spring 9" in post(anna, spring, "restore", version="9")
    assert Template.objects.get(slug="spring").version == 3


def test_a_test_is_sent_to_colleagues(spring: Template, anna: Client) -> None:
    given = {"channel": "email", "to": "me@shop.example", "seeds": "1", "customer": "random"}
    told = post(anna, spring, "test", **given)
    assert "me@shop.example: sandbox" in told
    assert "team@shop.example: sandbox" in told
    assert "is no address for email" in post(anna, spring, "test", channel="email", to="x")


def test_a_removed_template_is_gone_from_the_lists(
    spring: Template, anna: Client, vera: Client
) -> None:
    url = reverse("admin:channels_template_remove", args=[spring.pk])
    assert vera.post(url).status_code == 403
    assert "The template spring is gone" in post(anna, spring, "remove")
    assert "spring" not in anna.get(reverse("admin:channels_template_changelist")).content.decode()


def test_who_may_only_look_changes_nothing(spring: Template, vera: Client) -> None:
    assert "readonly" in page(vera, spring)
    for name in ("save", "restore", "test"):
        url = reverse(f"admin:channels_template_{name}", args=[spring.pk])
        assert vera.post(url).status_code == 403
    assert vera.get(reverse(ADD)).status_code == 403


def test_a_seed_is_an_address(shop: World, anna: Client) -> None:
    url = reverse("admin:channels_seed_add")
    wrong = anna.post(url, {"channel": "sms", "address": "hello", "name": ""})
    assert "is no address for sms" in wrong.content.decode()
    assert (
        anna.post(url, {"channel": "sms", "address": "+1 202 555 0101", "name": ""}).status_code
        == 302
    )
