"""What reaches a chat, what the Bot API's words mean, and what its updates say."""

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from channels.adapters import registry
from channels.adapters.base import Malformed, Sender
from channels.core.receipt import KINDS
from tests.channels.callbacks import (
    ASKED,
    NOW,
    PRESSED,
    PROVIDERS,
    UID,
    UPDATES,
    from_telegram,
    one,
    raw,
    receipts,
    telegram,
)
from tests.channels.providers import PROVIDERS as CAST
from tests.channels.providers import SECRET, closed_port, message
from tests.emulators.telegram import Telegram

PROVIDER = CAST["telegram"]
TO = PROVIDER.to
CHAT = int(TO)


@pytest.fixture
def emulator() -> Iterator[Telegram]:
    with Telegram(token=SECRET) as emulator:
        yield emulator
    registry.close_all()


@pytest.fixture
def sender(emulator: Telegram) -> Sender:
    return registry.sender(PROVIDER.account(emulator))


def test_a_chat_reads_the_title_the_text_and_the_buttons(
    emulator: Telegram, sender: Sender
) -> None:
    buttons = [{"text": "Shop", "url": "https://x.example/"}, {"text": "Yes", "action": "yes"}]
    sent = message(to=TO, title="Hi", text="<b>1 & 2</b>", data={"buttons": buttons})
    outcome = sender.send(sent)
    (taken,) = emulator.accepted
    assert (outcome.kind, outcome.provider_id) == ("accepted", taken["id"])
    assert (taken["uid"], taken["text"], taken["mode"]) == (sent.uid, "Hi\n\n<b>1 & 2</b>", "")
    assert taken["entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    assert taken["buttons"][0] == [buttons[0]]


def test_an_image_is_sent_as_a_photo(emulator: Telegram, sender: Sender) -> None:
    sender.send(message(to=TO, text="x", title="", image="https://shop.example/a.jpg"))
    (taken,) = emulator.accepted
    assert (taken["method"], taken["photo"]) == ("sendPhoto", "https://shop.example/a.jpg")


def test_too_many_messages_wait_as_long_as_telegram_says(
    emulator: Telegram, sender: Sender
) -> None:
    emulator.flood(31)
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code, outcome.retry_after) == ("retry", "rate_limited", 31.0)
    assert sender.send(message(to=TO)).kind == "accepted"


@pytest.mark.parametrize(("given", "waited"), [(-5, 0.0), (10**300, 86400.0)])
def test_an_absurd_wait_is_cut_to_a_day(
    emulator: Telegram, sender: Sender, given: int, waited: float
) -> None:
    body = f'{{"ok": false, "parameters": {{"retry_after": {float(given)}}}}}'
    emulator.fail("status", status=429, body=body)
    assert sender.send(message(to=TO)).retry_after == waited


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        ("blocked", "unsubscribed"),
        ("deactivated", "invalid_address"),
        ("unknown", "invalid_address"),
    ],
)
def test_a_chat_that_is_closed_says_so_for_good(
    emulator: Telegram, sender: Sender, kept: str, code: str
) -> None:
    getattr(emulator, kept).add(TO)
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == ("permanent", code)
    assert outcome.detail


@pytest.mark.parametrize(
    ("status", "words", "kind", "code"),
    [
        (403, "Forbidden: bot was kicked from the group chat", "permanent", "unsubscribed"),
        (403, "Forbidden: bot can't initiate conversation", "permanent", "unsubscribed"),
        (403, "Forbidden: something new", "permanent", "forbidden"),
        (400, "Bad Request: PEER_ID_INVALID", "permanent", "invalid_address"),
        (400, "Bad Request: something new", "permanent", "http_400"),
        (401, "Unauthorized", "account_broken", "http_401"),
        (404, "Not Found", "account_broken", "http_404"),
        (429, "Too Many Requests", "retry", "http_429"),
        (502, "Bad Gateway: bot was blocked", "unknown", "http_502"),
    ],
)  # fmt: skip
def test_telegrams_words_say_more_than_the_status(
    emulator: Telegram, sender: Sender, status: int, words: str, kind: str, code: str
) -> None:
    body = msgspec.json.encode({"ok": False, "error_code": status, "description": words})
    emulator.fail("status", status=status, body=body.decode())
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code, outcome.detail) == (kind, code, words)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"ok": true}', '{"ok": false, "result": 5}'])
def test_a_success_that_names_no_message_proves_nothing(
    emulator: Telegram, sender: Sender, body: str
) -> None:
    emulator.fail("status", status=200, body=body)
    assert sender.send(message(to=TO)).kind == "unknown"


@pytest.mark.parametrize("token", ["", "no token", "42:a/b"])
def test_a_token_that_is_none_breaks_the_account_without_a_call(
    emulator: Telegram, token: str
) -> None:
    outcome = registry.sender(PROVIDER.account(emulator, token=token)).send(message(to=TO))
    assert (outcome.kind, outcome.code) == ("account_broken", "wrong_credentials")
    assert emulator.requests == 0


def test_another_bots_token_breaks_the_account(emulator: Telegram) -> None:
    outcome = registry.sender(PROVIDER.account(emulator, token="7:x")).send(message(to=TO))
    assert (outcome.kind, outcome.http_status) == ("account_broken", 401)


@pytest.mark.parametrize("url", ["telegram", "ftp://x/", "http://127.0.0.1:1/a b", "http://[::1"])
def test_an_address_that_cannot_be_called_is_told_without_the_token(
    emulator: Telegram, url: str
) -> None:
    outcome = registry.sender(PROVIDER.account(emulator, base_url=url)).send(message(to=TO))
    assert outcome.kind in {"account_broken", "retry"}
    assert SECRET not in repr(outcome)


def test_nobody_listening_is_told_without_the_token(emulator: Telegram) -> None:
    account = PROVIDER.account(emulator, url=closed_port())
    outcome = registry.sender(account).send(message(to=TO))
    assert (outcome.kind, SECRET in repr(outcome)) == ("retry", False)


@pytest.mark.parametrize("fields", [{"text": "x" * 5000}, {"data": {"buttons": [{}]}}, {"to": ""}])
def test_what_telegram_would_never_take_is_not_sent(
    emulator: Telegram, sender: Sender, fields: dict[str, Any]
) -> None:
    outcome = sender.send(message(**{"to": TO, **fields}))
    assert (outcome.kind, emulator.requests) == ("permanent", 0)
    assert outcome.detail.endswith(".")


def test_a_bot_cannot_look_up_what_it_has_sent(sender: Sender) -> None:
    assert sender.lookup(uid="u", to=TO, since=NOW, body="x") is None
    assert not sender.repeatable


def test_a_pressed_button_names_its_message_and_what_it_says() -> None:
    receipt = one("telegram", from_telegram(telegram.press(ASKED, PRESSED)))
    assert (receipt.kind, receipt.message_uid, receipt.provider_id) == ("clicked", UID, "4242:7")
    assert (receipt.address, receipt.at) == (TO, NOW)
    assert receipt.detail == {"action": "yes", "text": "Yes, please"}


def test_a_button_that_is_not_ours_still_names_the_message_it_is_under() -> None:
    receipt = one("telegram", from_telegram(telegram.press(ASKED, "vote")))
    assert (receipt.message_uid, receipt.provider_id) == (None, "4242:7")
    assert receipt.detail == {"action": "vote", "text": ""}
    gone = one("telegram", from_telegram(telegram.press(ASKED, PRESSED, message=None)))
    assert (gone.message_uid, gone.provider_id, gone.address) == (UID, None, TO)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("STOP", "stop"),
        ("Отпишите меня!", "stop"),
        ("/stop", "stop"),
        ("/STOP@shop_bot now", "stop"),
        ("/start", "start"),
        ("help", "help"),
        ("/help", "help"),
        ("да", ""),
        ("yes", ""),
        ("Danke!", ""),
        ("please don't stop", ""),
        ("/started", ""),
    ],
)
def test_what_somebody_writes_is_kept_and_its_wish_is_understood(text: str, intent: str) -> None:
    update = telegram.wrote(CHAT, text, date=int(NOW.timestamp()) - 60)
    reply, *more = receipts("telegram", from_telegram(update))
    assert (reply.kind, reply.address, reply.key) == ("replied", TO, str(update["update_id"]))
    assert reply.at == NOW - timedelta(minutes=1)
    assert reply.detail == {"text": text, "intent": intent}
    assert [receipt.kind for receipt in more] == (["unsubscribed"] if intent == "stop" else [])
    assert all((receipt.address, receipt.at) == (TO, reply.at) for receipt in more)
    assert len({receipt.key for receipt in (reply, *more)}) == 1 + len(more)


def test_a_start_tells_what_its_link_carried() -> None:
    reply = one("telegram", from_telegram(telegram.wrote(CHAT, "/start c-77_x")))
    assert reply.detail == {"text": "/start c-77_x", "intent": "start", "start": "c-77_x"}
    long = one("telegram", from_telegram(telegram.wrote(CHAT, f"/start {'x' * 300}")))
    assert long.detail["start"] == "x" * 64


def test_an_answer_to_one_message_names_it() -> None:
    quoted = {"message_id": 7, "chat": {"id": CHAT}, "date": 1}
    update = telegram.wrote(CHAT, "thanks", reply_to_message=quoted)
    assert one("telegram", from_telegram(update)).provider_id == "4242:7"
    assert one("telegram", from_telegram(telegram.wrote(CHAT, "thanks"))).provider_id is None


def test_a_picture_speaks_by_its_caption_and_a_bot_not_at_all() -> None:
    captioned = telegram.wrote(CHAT, "", caption="look")
    assert one("telegram", from_telegram(captioned)).detail["text"] == "look"
    robot = telegram.wrote(CHAT, "STOP", **{"from": {"id": 1, "is_bot": True}})
    for silent in (telegram.wrote(CHAT, ""), robot, {"update_id": 1}, {"update_id": 2, "poll": {}}):
        assert receipts("telegram", from_telegram(silent)) == []


@pytest.mark.parametrize(
    ("status", "kinds"), [("kicked", ["unsubscribed"]), ("left", ["unsubscribed"]), ("member", [])]
)
def test_whoever_blocks_the_bot_asks_for_no_more(status: str, kinds: list[str]) -> None:
    update = telegram.member(CHAT, status, at=NOW.timestamp())
    found = receipts("telegram", from_telegram(update))
    assert [receipt.kind for receipt in found] == kinds
    assert all((receipt.address, receipt.at) == (TO, NOW) for receipt in found)


def test_a_time_to_come_is_now() -> None:
    update = telegram.wrote(CHAT, "hi", date=int(NOW.timestamp()) + 86400)
    assert one("telegram", from_telegram(update)).at == NOW


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"5", b"\xff", b"{}", b'{"update_id": "1"}', b'{"update_id": true}',
     b'{"update_id": 1e300}', b'{"update_id": ' + b"9" * 5000 + b"}", b"[" * 100_000,
     b'{"update_id": 1, "message": {}}', b'{"update_id": 1, "message": "x"}',
     b'{"update_id": 1, "callback_query": {"data": "x"}}'],
)  # fmt: skip
def test_a_body_that_is_no_update_is_malformed(body: bytes) -> None:
    provider = PROVIDERS["telegram"]
    assert isinstance(provider.callbacks.parse(provider.account, raw(UPDATES, body, {})), Malformed)


def test_any_update_whatever_is_read_or_malformed_and_never_an_error() -> None:
    rng = random.Random(13)
    odd = [None, True, 5, -1, 2**60, 1.5, "x", "\x00", "/start \x00", "STOP", "😀", [], {}]
    provider = PROVIDERS["telegram"]
    read = 0
    for _ in range(3000):
        update = rng.choice([
            telegram.wrote(CHAT, rng.choice(["/stop", "x\x00y"])),
            telegram.press(ASKED, rng.choice([PRESSED, "\x00", "é:" * 30])),
            telegram.member(CHAT, "kicked"),
        ])  # fmt: skip
        _spoil(update, rng, odd)
        parsed = provider.callbacks.parse(
            provider.account, raw(UPDATES, msgspec.json.encode(update), {})
        )
        for receipt in [] if isinstance(parsed, Malformed) else parsed:
            read += 1
            assert receipt.kind in KINDS
            assert b"\\u0000" not in msgspec.json.encode(receipt)
    assert read > 500


def _spoil(update: dict[str, Any], rng: random.Random, odd: list[Any]) -> None:
    """Put something odd at one place, at whatever depth."""
    place: Any = update
    for _ in itertools.repeat(None, rng.randrange(1, 4)):
        inner = [value for value in place.values() if isinstance(value, dict) and value]
        if not inner:
            break
        place = rng.choice(inner)
    place[rng.choice(sorted(place))] = rng.choice(odd)
