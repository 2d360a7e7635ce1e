"""What an operator does with messages that stopped: asked first, counted, on the record."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from channels.models import Attempt, Message
from tests.world import World

LIST = "admin:channels_message_changelist"


def _url(name: str, message: Message) -> str:
    return reverse(f"admin:channels_message_{name}", args=[message.pk])


def _page(client: Client, message: Message) -> str:
    return client.get(_url("change", message)).content.decode()


def _stopped(status: str = "unknown", count: int = 1) -> list[Message]:
    found = list(Message.objects.filter(sent_at__isnull=False).order_by("-id")[:count])
    assert len(found) == count
    Message.objects.filter(pk__in=[message.pk for message in found]).update(status=status)
    for message in found:
        message.refresh_from_db()
    return found


@pytest.mark.parametrize(
    ("action", "status", "told"),
    [("sent", "sent", "sent: admin:anna"), ("resend", "queued", "resend: admin:anna"),
     ("drop", "failed", "drop: admin:anna")],
)  # fmt: skip
def test_one_message_is_decided_about_and_shows_who_did(
    shop: World, anna: Client, action: str, status: str, told: str
) -> None:
    [message] = _stopped()
    page = _page(anna, message)
    assert _url(action, message) in page
    assert "the customer may get it twice" in page
    shown = anna.post(_url(action, message), follow=True).content.decode()
    message.refresh_from_db()
    assert message.status == status
    assert told in shown
    assert "decided by an operator" in shown


@pytest.mark.parametrize("status", ["failed", "expired"])
def test_a_dead_letter_is_only_sent_again(shop: World, anna: Client, status: str) -> None:
    [message] = _stopped(status)
    page = _page(anna, message)
    assert _url("resend", message) in page
    assert _url("sent", message) not in page
    assert _url("drop", message) not in page


def test_what_did_not_stop_offers_nothing_and_moves_nowhere(shop: World, anna: Client) -> None:
    [message] = _stopped("delivered")
    assert _url("resend", message) not in _page(anna, message)
    told = anna.post(_url("resend", message), follow=True).content.decode()
    assert "The message is delivered by now" in told
    message.refresh_from_db()
    assert message.status == "delivered"


def _choose(client: Client, action: str, chosen: list[Message], **more: str) -> str:
    body = {"action": action, "_selected_action": [str(one.pk) for one in chosen], **more}
    answer = client.post(f"{reverse(LIST)}?status=unknown", body, follow=True)
    return str(answer.content.decode())


def test_many_are_counted_asked_about_and_then_sent_again(shop: World, anna: Client) -> None:
    chosen = _stopped(count=3)
    page = _choose(anna, "resolve_resend", chosen)
    assert "3 messages (unknown: 3)." in page
    assert "the customer may get it twice" in page
    assert Message.objects.filter(status="unknown").count() == 3
    assert "3 messages were decided about." in _choose(
        anna, "resolve_resend", chosen, confirmed="1"
    )
    assert Message.objects.filter(status="queued", pk__in=[m.pk for m in chosen]).count() == 3
    assert Attempt.objects.filter(detail="resend: admin:anna").count() == 3


def test_the_whole_filtered_list_is_dropped_and_nothing_else(shop: World, anna: Client) -> None:
    chosen = _stopped(count=3)
    others = Message.objects.exclude(status="unknown").count()
    _choose(anna, "resolve_drop", chosen[:1], confirmed="1", select_across="1")
    assert Message.objects.filter(reason="dropped").count() == 3
    assert Message.objects.exclude(reason="dropped").count() == others


def test_only_who_may_change_messages_sees_and_may_decide(shop: World, vera: Client) -> None:
    [message] = _stopped()
    assert _url("resend", message) not in _page(vera, message)
    assert vera.post(_url("resend", message)).status_code == 403
    assert "resolve_resend" not in vera.get(reverse(LIST)).content.decode()
    _choose(vera, "resolve_resend", [message], confirmed="1")
    message.refresh_from_db()
    assert message.status == "unknown"
    user = User.objects.get(username="vera")
    user.user_permissions.add(Permission.objects.get(codename="change_message"))
    assert _url("resend", message) in _page(vera, message)
    assert "resolve_resend" in vera.get(reverse(LIST)).content.decode()
    assert vera.post(_url("change", message), {"status": "sent"}).status_code in {200, 403, 405}
    message.refresh_from_db()
    assert message.status == "unknown"
