"""Mail over SMTP, Telegram, webhooks and pushes to apps, from event to provider and back, on a
running Sojourn with the providers on loopback.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from standardwebhooks.webhooks import Webhook as Official

from tests.acceptance.installation import WRITE_KEY, Installation
from tests.config.processes import until
from tests.emulators.apns import Apns
from tests.emulators.fcm import Fcm
from tests.emulators.smtp import MailServer
from tests.emulators.telegram import Telegram
from tests.emulators.webhook import SECRET, Webhook
from tests.lived import Lived

pytestmark = pytest.mark.long
CHAT = 4242
AT_ONCE, TRIALS = 2.0, 10
"""Seconds for an answer; and how often we look, for a machine may be busy with other things."""
ACCOUNT = """
from channels.models import Account
from django.utils import timezone
account = Account(slug="webhook", adapter="webhook", channel="webhook", created_at=timezone.now())
account.options = {options!r}
account.save()
"""
JOURNEY: dict[str, Any] = {
    "journey": "basket",
    "enter": {"on": [{"event": "Cart Updated"}]},
    "steps": [
        {"id": "mail", "send": {"channel": "email", "subject": "Basket", "text": "Still there."}},
        {"id": "app", "send": {"channel": "push", "title": "Basket", "body": "Still there."}},
        {"id": "system", "send": {"channel": "webhook", "text": "{{ entry.cart_id }}"}},
        {
            "id": "ask",
            "send": {
                "channel": "telegram",
                "text": "Shall we keep it?",
                "data": {"buttons": [{"text": "Keep it", "action": "keep"}]},
            },
        },
        {
            "id": "answer",
            "wait_for": {
                "any": [
                    {
                        "event": "message.clicked",
                        "where": {"action": {"eq": "keep"}},
                        "then": "thanks",
                    }
                ],
                "timeout": "1d",
                "then": "end",
            },
        },
        {
            "id": "thanks",
            "send": {"channel": "telegram", "text": "Kept, {{ customer.firstName }}."},
        },
    ],
}


class Doors(NamedTuple):
    """The providers, and the installation that is pointed at them."""

    shop: Installation
    mail: MailServer
    chat: Telegram
    system: Webhook
    android: Fcm
    ios: Apns


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with ExitStack() as running:
        mail = running.enter_context(MailServer())
        chat = running.enter_context(Telegram())
        system, android, ios = Webhook(SECRET), Fcm(), Apns()
        for provider in (system, android, ios):
            running.enter_context(provider)
        variables = {
            "SMTP_URL": mail.url, "EMAIL_FROM": "Shop <shop@example.com>",
            "TELEGRAM_BOT_TOKEN": chat.token, "TELEGRAM_BASE_URL": chat.url,
            "TELEGRAM_SECRET_TOKEN": chat.secret_token,
            "FCM_SERVICE_ACCOUNT": android.service_account(), "FCM_BASE_URL": android.url,
            "APNS_KEY": ios.key, "APNS_KEY_ID": "KEY1234567", "APNS_TEAM_ID": "TEAM123456",
            "APNS_TOPIC": ios.topic, "APNS_BASE_URL": ios.url, "SOJOURN_GLOBAL_CONTROL": "0",
        }  # fmt: skip
        shop = running.enter_context(Installation(**variables))
        shop.configure("telegram", bot="shop_bot")
        shop.run(ACCOUNT.format(options={"url": system.url, "secret": SECRET}))
        shop.publish(JOURNEY)
        yield Doors(shop, mail, chat, system, android, ios)


def comes(doors: Doors, name: str, *, platform: str, chat: int) -> None:
    """A customer with a mail, an app and a chat of their own puts something into the basket."""
    web = doors.shop.web
    told = {"email": f"{name}@example.com", "firstName": name.title()}
    assert web.post("/v1/identify", json={"userId": name, "traits": told}).status_code == 200
    app = {"token": token(name), "platform": platform}
    given = {"writeKey": WRITE_KEY, "userId": name, "app": app}
    assert web.post("/push/subscriptions", json=given).status_code == 200
    link = doors.shop.api.post(f"/customers/user_id:{name}/telegram").json()
    assert link["url"] == f"https://t.me/shop_bot?start={link['payload']}"
    doors.chat.post(door(doors), doors.chat.wrote(chat, f"/start {link['payload']}"))
    body = {"userId": name, "event": "Cart Updated", "properties": {"cart_id": f"cart-{name}"}}
    assert web.post("/v1/track", json=body).status_code == 200


def token(name: str) -> str:
    """An app's, in the letters that Apple's have."""
    return name.encode().hex().ljust(64, "0")


def door(doors: Doors) -> str:
    return f"{doors.shop.url}/callbacks/telegram/telegram"


def asked(doors: Doors, chat: int) -> list[dict[str, Any]]:
    return [each for each in doors.chat.accepted if each["to"] == str(chat)]


@pytest.mark.parametrize(("name", "platform", "chat"), [("ann", "android", 1), ("ben", "ios", 2)])
def test_a_basket_reaches_every_channel_and_a_press_goes_on(
    doors: Doors, name: str, platform: str, chat: int
) -> None:
    trials = ((f"{name}-{trial}", CHAT + chat + 10 * trial) for trial in range(TRIALS))
    assert any(presses(doors, who, platform, number) < AT_ONCE for who, number in trials)


def presses(doors: Doors, name: str, platform: str, chat: int) -> float:
    """The whole story of one customer; how long the answer to their press took us."""
    comes(doors, name, platform=platform, chat=chat)
    until(lambda: asked(doors, chat))
    (question,) = asked(doors, chat)
    assert question["text"] == "Shall we keep it?"
    until(lambda: [each for each in doors.mail.accepted if each["to"] == f"{name}@example.com"])
    service = doors.android if platform == "android" else doors.ios
    until(lambda: [each for each in service.accepted if each["to"] == token(name)])
    data = question["buttons"][0][0]["callback_data"]
    with Lived() as waited:
        answer = doors.chat.post(door(doors), doors.chat.press(question, data))
        assert answer.json()["method"] == "answerCallbackQuery"
        until(lambda: len(asked(doors, chat)) > 1)
    assert asked(doors, chat)[1]["text"] == f"Kept, {name.title()}."
    return waited.seconds


def test_the_official_library_verifies_what_a_webhook_brings(doors: Doors) -> None:
    comes(doors, "cat", platform="android", chat=CHAT + 3)
    until(lambda: [each for each in doors.system.accepted if "cart-cat" in each["body"]])
    request = next(each for each in doors.system.seen if b"cart-cat" in each.body)
    told = Official(SECRET).verify(request.body, request.headers)
    assert told["text"] == "cart-cat"
    report = doors.system.report("delivered", told["id"])
    assert doors.system.post(f"{doors.shop.url}/callbacks/webhook/webhook", report) == 200
    until(
        lambda: doors.shop.number(
            "SELECT count(*) FROM channels_message WHERE uid = %s AND status = 'delivered'",
            told["id"],
        )
    )


def test_stop_in_a_chat_closes_it(doors: Doors) -> None:
    comes(doors, "dan", platform="android", chat=CHAT + 4)
    until(lambda: asked(doors, CHAT + 4))
    doors.chat.post(door(doors), doors.chat.wrote(CHAT + 4, "/stop"))
    assert doors.shop.number(
        "SELECT reason FROM channels_suppression WHERE channel = 'telegram' AND address = %s",
        str(CHAT + 4),
    ) == "unsubscribed"  # fmt: skip
