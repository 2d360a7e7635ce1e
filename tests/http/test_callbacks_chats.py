"""Updates of a bot and reports of another system over HTTP: what is genuine takes effect once."""

from typing import Any

import pytest
from django.test import Client

from channels.models import Account, Receipt, Suppression
from tests.database import letters
from tests.emulators.telegram import Telegram
from tests.emulators.webhook import SECRET, Webhook

pytestmark = pytest.mark.django_db
CHAT = 4242


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths


@pytest.fixture
def bot() -> Telegram:
    letters.account("telegram", "telegram", token="42:t", secret_token="secret")
    return Telegram(token="42:t", secret_token="secret")


@pytest.fixture
def system() -> Webhook:
    letters.account("webhook", "webhook", url="https://crm.example/in", secret=SECRET)
    return Webhook()


def post(client: Client, adapter: str, body: bytes, headers: dict[str, str]) -> Any:
    given = {name: value for name, value in headers.items() if name != "Content-Type"}
    return client.post(
        f"/callbacks/{adapter}/{adapter}", data=body, content_type="application/json", headers=given
    )


def test_stop_in_a_chat_closes_it_once(client: Client, bot: Telegram) -> None:
    body, headers = bot.signed(bot.wrote(CHAT, "/stop"))
    answers = [post(client, "telegram", body, headers) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    closed = Suppression.objects.get()
    assert (closed.channel, closed.address, closed.reason) == ("telegram", "4242", "unsubscribed")
    assert Receipt.objects.filter(source="telegram").count() == 2


def test_start_opens_the_chat_again(client: Client, bot: Telegram) -> None:
    for text in ("STOP", "/start c-7"):
        assert post(client, "telegram", *bot.signed(bot.wrote(CHAT, text))).status_code == 200
    assert not Suppression.objects.exists()
    assert Receipt.objects.get(detail__intent="start").detail["start"] == "c-7"


def test_whoever_blocks_the_bot_is_written_to_no_more(client: Client, bot: Telegram) -> None:
    post(client, "telegram", *bot.signed(bot.member(CHAT, "kicked")))
    assert Suppression.objects.get().address == "4242"


def test_a_pressed_button_is_told_that_it_was_heard(client: Client, bot: Telegram) -> None:
    asked = {"to": str(CHAT), "number": 7, "at": 1, "buttons": []}
    answer = post(client, "telegram", *bot.signed(bot.press(asked, "x", id="77")))
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "77"}
    assert Receipt.objects.get().detail["provider_id"] == "4242:7"


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("", 401), ("other", 401)])
def test_without_the_bots_secret_nothing_changes(
    client: Client, bot: Telegram, token: str | None, status: int
) -> None:
    body, headers = bot.signed(bot.wrote(CHAT, "STOP"))
    kept = {} if token is None else dict.fromkeys(headers, token)
    assert post(client, "telegram", body, kept).status_code == status
    assert not Receipt.objects.exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("adapter", ["telegram", "webhook"])
def test_without_a_secret_or_an_account_the_door_is_closed(client: Client, adapter: str) -> None:
    assert post(client, adapter, b"{}", {}).status_code == 403
    letters.account(adapter, adapter)
    assert post(client, adapter, b"{}", {}).status_code == 403


def test_what_is_genuine_but_unreadable_is_malformed(
    client: Client, bot: Telegram, system: Webhook
) -> None:
    for body in (b"5", b"[1]", b"not json", b"\xff\xfe"):
        assert post(client, "telegram", body, bot.signed({})[1]).status_code == 400
        assert post(client, "webhook", body, system.headers(body)).status_code == 400


def test_a_report_of_another_system_takes_effect_once(client: Client, system: Webhook) -> None:
    report = {"type": "unsubscribed", "to": "ada"}
    body, headers = system.signed([report, {"type": "complained", "to": "bob"}])
    for _ in range(3):
        assert post(client, "webhook", body, headers).status_code == 200
    assert sorted(Suppression.objects.values_list("channel", "address", "reason")) == [
        ("webhook", "ada", "unsubscribed"),
        ("webhook", "bob", "complained"),
    ]
    assert Receipt.objects.count() == 2


def test_a_report_that_is_forged_or_stale_changes_nothing(client: Client, system: Webhook) -> None:
    body, headers = system.signed({"type": "unsubscribed", "to": "ada"})
    assert post(client, "webhook", body.replace(b"ada", b"bob"), headers).status_code == 401
    assert post(client, "webhook", body, {}).status_code == 401
    assert post(client, "webhook", body, system.headers(body, at=1)).status_code == 401
    others = Webhook(f"whsec_{'b3Ro' * 8}").headers(body)
    assert post(client, "webhook", body, others).status_code == 401
    assert not Receipt.objects.exists()


def test_only_post_is_taken(client: Client, bot: Telegram, system: Webhook) -> None:
    assert client.get("/callbacks/telegram/telegram").status_code == 405
    assert client.get("/callbacks/webhook/webhook").status_code == 405
    assert Account.objects.count() == 2
