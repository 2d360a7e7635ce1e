"""What was sent to whom, shown without being its reader."""

import pytest
from django.test import Client
from django.urls import reverse

from channels.admin.preview import preview
from channels.models import Message
from tests.admin.pages import Page
from tests.world import World


def _list(client: Client, **query: str) -> set[int]:
    answer = client.get(reverse("admin:channels_message_changelist"), query)
    return {message.pk for message in answer.context["cl"].result_list}


def _sent(shop: World) -> Message:
    return Message.objects.filter(sent_at__isnull=False).latest("id")


def test_a_message_is_found_by_address_customer_journey_and_id(shop: World, anna: Client) -> None:
    message = _sent(shop)
    for term in (message.address, str(message.uid), message.provider_id, "abandoned-cart"):
        assert message.pk in _list(anna, q=term), term
    assert _list(anna, q=message.address) == set(
        Message.objects.filter(customer_id=message.customer_id).values_list("pk", flat=True)
    )
    assert not _list(anna, q="nobody@example.com")


@pytest.mark.parametrize(
    "query",
    [{"status": "skipped"}, {"status": "withheld"}, {"reached": "sent"}, {"ghost": "holdout"}],
)
def test_lists_narrow_to_what_they_say(shop: World, anna: Client, query: dict[str, str]) -> None:
    found = Message.objects.filter(pk__in=_list(anna, **query))
    expected = {
        "status": lambda message: message.status == query.get("status"),
        "reached": lambda message: message.sent_at is not None,
        "ghost": lambda message: message.ghost == query.get("ghost"),
    }[next(iter(query))]
    assert found
    assert {message.pk for message in Message.objects.all() if expected(message)} == {
        m.pk for m in found
    }


def test_the_mail_is_shown_in_a_frame_that_can_do_nothing(shop: World, anna: Client) -> None:
    message = _sent(shop)
    page = Page(
        anna.get(reverse("admin:channels_message_change", args=[message.pk])).content.decode()
    )
    frame = {name: value for tag, name, value in page.attributes if tag == "iframe"}
    assert frame["sandbox"] == ""
    assert "default-src 'none'" in frame["srcdoc"]


def test_looking_at_a_mail_is_no_open_and_no_click() -> None:
    shown = preview(
        "<p>Hi</p><a class=x href='https://s.example/c/t'>go</a><script>alert(1)</script>"
        '<form action="https://s.example/x"></form>'
        '<img width=1 src="https://s.example/o/abc" alt="">'
        '<img src="https://cdn.example/logo.png">'
    )
    page = Page(shown)
    assert not page.scripts
    assert not page.links
    sources = [value for tag, name, value in page.attributes if name == "src"]
    assert sources == ["data:,", "https://cdn.example/logo.png"]
    assert "action" not in {name for _tag, name, _value in page.attributes}


def test_a_message_that_never_left_says_why(shop: World, anna: Client) -> None:
    skipped = Message.objects.filter(status="skipped").first()
    assert skipped
    page = anna.get(reverse("admin:channels_message_change", args=[skipped.pk])).content.decode()
    assert "no consent" in page
    assert "Never handed to a provider." in page


def test_attempts_and_receipts_stand_below(shop: World, anna: Client) -> None:
    message = Message.objects.filter(receipts__kind="opened").get()
    page = anna.get(reverse("admin:channels_message_change", args=[message.pk])).content.decode()
    assert "accepted by the provider" in page
    assert "machine" in page
