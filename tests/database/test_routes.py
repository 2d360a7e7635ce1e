"""Which account and which address a message takes, over every channel: devices, chats, systems."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from channels.core.receipt import Receipt
from channels.models import Account, Device, Message, Suppression
from channels.operations import chats
from channels.operations.devices import subscribe
from channels.operations.dispatch import dispatch
from channels.operations.receive import receive
from channels.queries.public import signer
from profiles.core.answers import Refused
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.telegram import Telegram
from tests.emulators.twilio import Twilio
from tests.emulators.webhook import SECRET, Webhook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]
TEXT = {"text": "Hello {{ customer.firstName }}", "title": "News", "body": "Hello"}
CHAT = "987654"


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as emulator:
        letters.account(
            "telegram", "telegram", token=emulator.token, base_url=emulator.url, bot="@shop_bot"
        )
        yield emulator


def start(payload: str = "", *, key: str = "1", at: dt.datetime = NOW) -> None:
    """Somebody opens the chat, as the callback's view tells it."""
    detail = {"text": f"/start {payload}".strip(), "intent": "start", "start": payload}
    receipts = [Receipt(key=key, kind="replied", at=at, address=CHAT, detail=detail)]
    chats.begin(receipts, channel="telegram", source="telegram", now=at)
    receive(receipts, source="telegram", channel="telegram", now=at)


def test_a_customers_own_link_leads_the_chat_to_them(telegram: Telegram) -> None:
    (ann,) = letters.customers(1)
    link = chats.link(ann)
    assert link["url"] == f"https://t.me/shop_bot?start={link['payload']}"
    assert len(link["payload"]) <= 64
    start(link["payload"])
    start(link["payload"])
    assert Device.objects.values_list("customer_id", "kind", "endpoint").get() == (
        ann, "telegram", CHAT,
    )  # fmt: skip
    letters.enqueue([ann], TEXT, channels=("telegram",))
    assert dispatch(now=NOW).sent == 1
    assert str(telegram.accepted[0]["to"]) == CHAT
    assert "Hello C1" in telegram.accepted[0]["text"]


def test_a_stranger_who_starts_the_bot_is_a_customer_from_then_on(telegram: Telegram) -> None:
    start("not-a-token-of-ours")
    start(key="2")
    device = Device.objects.get()
    letters.enqueue([device.customer_id], TEXT, channels=("telegram",))
    assert dispatch(now=NOW).sent == 1


def test_stop_closes_the_chat_and_start_opens_it_again(telegram: Telegram) -> None:
    (ann,) = letters.customers(1)
    start(signer().chat(ann))
    stop = Receipt(key="s", kind="unsubscribed", at=NOW + dt.timedelta(minutes=1), address=CHAT)
    receive([stop], source="telegram", channel="telegram", now=NOW)
    (message,) = letters.enqueue([ann], TEXT, channels=("telegram",))
    dispatch(now=NOW)
    assert Message.objects.get(pk=message).reason == "suppressed"
    start(key="3", at=NOW + dt.timedelta(minutes=2))
    (message,) = letters.enqueue([ann], TEXT, enrollment_id=2, channels=("telegram",))
    dispatch(now=NOW)
    assert Message.objects.get(pk=message).status == "sent"


def test_a_chat_that_telegram_did_not_know_is_open_once_it_writes(telegram: Telegram) -> None:
    (ann,) = letters.customers(1)
    start(signer().chat(ann))
    Suppression.objects.create(
        channel="telegram", address=CHAT, reason="invalid", source="provider", at=NOW
    )
    start(key="2")
    assert not Suppression.objects.exists()


def test_a_link_needs_the_bots_name(telegram: Telegram) -> None:
    account = Account.objects.get()
    account.options = {**account.options, "bot": ""}
    account.save()
    with pytest.raises(Refused, match="bot's name"):
        chats.link(1)


def test_a_forged_or_strange_payload_names_nobody() -> None:
    genuine = signer().chat(5)
    assert signer().read_chat(genuine) == 5
    for wrong in ("", "x", genuine[:-1], f"{genuine[:-1]}_", f"{genuine}A", "ы" * 32):
        assert signer().read_chat(wrong) is None


def test_a_webhook_message_names_the_customer_and_a_stop_concerns_only_them() -> None:
    ann, ben = letters.customers(2)
    with Webhook(SECRET) as system:
        letters.account("webhook", "webhook", url=system.url, secret=SECRET, allow_private="1")
        letters.enqueue([ann], TEXT, channels=("webhook",))
        assert dispatch(now=NOW).sent == 1
        assert json.loads(system.accepted[0]["body"])["to"] == str(ann)
        stop = Receipt(key="s", kind="unsubscribed", at=NOW, address=str(ann))
        receive([stop], source="webhook", channel="webhook", now=NOW)
        letters.enqueue([ann, ben], TEXT, step="second", channels=("webhook",))
        dispatch(now=NOW)
    second = Message.objects.filter(step="second").order_by("customer_id")
    assert [row.status for row in second] == ["skipped", "sent"]


def test_whatsapp_goes_to_the_phone_by_its_own_account() -> None:
    (ann,) = letters.customers(1)
    with Twilio() as twilio:
        account = letters.account(
            "twilio", "whatsapp", slug="wa", account_sid=twilio.account_sid,
            auth_token=twilio.auth_token, base_url=twilio.url,
        )  # fmt: skip
        account.options = {**account.options, "channel": "whatsapp"}
        account.save()
        letters.enqueue([ann], TEXT, channels=("whatsapp",))
        assert dispatch(now=NOW).sent == 1
        assert twilio.accepted[0]["to"].startswith("whatsapp:+49")


def test_a_push_goes_by_the_account_of_the_newest_device(settings: Any) -> None:
    """Of two push accounts the one that reaches the device is taken, whichever comes first."""
    settings.SOJOURN_SANDBOX = True
    ann, ben, cat = letters.customers(3)
    for customer, kind, seen in ((ann, "fcm", 1), (ann, "apns", 2), (ben, "webpush", 1)):
        at = NOW - dt.timedelta(days=seen)
        subscribe(customer, kind=kind, endpoint=f"{kind}-{customer}", now=at)
    letters.enqueue([ann, ben, cat], TEXT, channels=("push",))
    dispatch(now=NOW)
    found = Message.objects.order_by("customer_id").values_list("status", "address", "reason")
    assert list(found) == [
        ("sent", f"fcm-{ann}", ""), ("sent", f"webpush-{ben}", ""), ("skipped", "", "no_address"),
    ]  # fmt: skip


def test_a_device_without_an_account_of_its_kind_is_passed_over() -> None:
    (ann,) = letters.customers(1)
    letters.account("apns", "push", key="x", key_id="k", team_id="t", topic="app")
    Account.objects.update(state="paused")
    subscribe(ann, kind="apns", endpoint="a" * 64, now=NOW)
    subscribe(ann, kind="fcm", endpoint="b" * 64, now=NOW + dt.timedelta(days=1))
    (message,) = letters.enqueue([ann], TEXT, channels=("push",))
    dispatch(now=NOW)
    row = Message.objects.get(pk=message)
    assert (row.status, row.reason) == ("queued", "")
