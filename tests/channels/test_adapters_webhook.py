"""What another system gets, how its answers are judged, and what it may report."""

import json
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
    NOW,
    PROVIDERS,
    REPORTS,
    changed,
    from_webhook,
    one,
    raw,
    receipts,
    refused,
    webhook,
)
from tests.channels.providers import PROVIDERS as CAST
from tests.channels.providers import message
from tests.emulators.server import Reply
from tests.emulators.webhook import SECRET, Webhook

PROVIDER = CAST["webhook"]
NEW_SECRET = f"whsec_{'bmV3' * 8}"


@pytest.fixture
def receiver() -> Iterator[Webhook]:
    with Webhook() as receiver:
        yield receiver
    registry.close_all()


@pytest.fixture
def sender(receiver: Webhook) -> Sender:
    return registry.sender(PROVIDER.account(receiver))


def test_the_other_system_reads_what_was_written(receiver: Webhook, sender: Sender) -> None:
    sent = message(to="ada", title="Корзина", data={"cart": {"items": 3}})
    outcome = sender.send(sent)
    assert (outcome.kind, outcome.provider_id) == ("accepted", sent.uid)
    (said,) = receiver.messages.values()
    assert (said["type"], said["id"], said["to"]) == ("message", sent.uid, "ada")
    assert (said["title"], said["data"]) == ("Корзина", {"cart": {"items": 3}})


def test_the_signature_is_made_at_the_moment_of_handing_over(
    receiver: Webhook, sender: Sender
) -> None:
    sent = message(to="ada")
    sender.send(sent)
    (request,) = receiver.seen
    assert request.headers["webhook-id"] == sent.uid
    assert request.headers["webhook-timestamp"] == str(int(sent.at.timestamp()))
    assert request.headers["content-type"] == "application/json"
    assert receiver.is_signed(request)


def test_a_repeat_is_known_by_its_id(receiver: Webhook, sender: Sender) -> None:
    sent = message(to="ada")
    receiver.fail("drop", accept=True, times=1)
    assert sender.send(sent).kind == "unknown"
    again = msgspec.structs.replace(sent, at=sent.at + timedelta(minutes=1))
    assert sender.send(again).kind == "accepted"
    assert sender.repeatable
    assert (len(receiver.accepted), len(receiver.messages)) == (2, 1)


def test_while_a_secret_is_replaced_both_sign(receiver: Webhook) -> None:
    account = PROVIDER.account(receiver, secret=f"{NEW_SECRET}, {SECRET}")
    assert registry.sender(account).send(message(to="ada")).kind == "accepted"
    only = PROVIDER.account(receiver, secret=NEW_SECRET)
    assert registry.sender(only).send(message(to="ada")).http_status == 401


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "no base64!"])
def test_an_unusable_secret_breaks_the_account_without_a_call(
    receiver: Webhook, secret: str
) -> None:
    outcome = registry.sender(PROVIDER.account(receiver, secret=secret)).send(message(to="ada"))
    assert (outcome.kind, outcome.code) == ("account_broken", "wrong_credentials")
    assert receiver.requests == 0


@pytest.mark.parametrize("url", ["", "shop", "ftp://x/", "http://[::1"])
def test_an_address_that_is_none_breaks_the_account(receiver: Webhook, url: str) -> None:
    account = msgspec.structs.replace(
        PROVIDER.account(receiver), options={"secret": SECRET, "url": url}
    )
    outcome = registry.sender(account).send(message(to="ada"))
    assert (outcome.kind, outcome.code) == ("account_broken", "unusable_url")


def test_a_private_address_breaks_the_account_and_is_never_called(receiver: Webhook) -> None:
    account = PROVIDER.account(receiver, allow_private="")
    outcome = registry.sender(account).send(message(to="ada"))
    assert (outcome.kind, outcome.code) == ("account_broken", "address_forbidden")
    assert receiver.connections == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "accepted"), (202, "accepted"), (204, "accepted"), (307, "account_broken"),
     (404, "account_broken"), (409, "permanent"), (410, "account_broken"), (500, "unknown")],
)  # fmt: skip
def test_the_status_of_the_answer_decides(
    receiver: Webhook, sender: Sender, status: int, kind: str
) -> None:
    receiver.says = lambda _: Reply(status, b"", {"Location": f"{receiver.url}/elsewhere"})
    assert sender.send(message(to="ada")).kind == kind
    assert receiver.requests == 1


@pytest.mark.parametrize(
    ("kind", "detail", "bounce"),
    [
        ("delivered", {}, ""),
        ("opened", {}, ""),
        ("clicked", {"url": "https://x.example/", "action": "yes"}, ""),
        ("bounced", {}, "soft"),
        ("bounced", {"bounce": "hard", "reason": "gone"}, "hard"),
        ("failed", {"reason": "closed"}, ""),
        ("unsubscribed", {"topic": "news"}, ""),
        ("complained", {}, ""),
    ],
)
def test_its_words_are_ours(kind: str, detail: dict[str, str], bounce: str) -> None:
    report = webhook.report(kind, "uid-1", at="2026-11-05T12:30:00+01:00", detail=detail)
    receipt = one("webhook", from_webhook(report, name="m-1"))
    assert (receipt.kind, receipt.bounce, receipt.message_uid) == (kind, bounce, "uid-1")
    assert (receipt.at, receipt.key) == (NOW - timedelta(minutes=30), "m-1:0")
    kept = {name: value for name, value in detail.items() if name != "bounce"}
    assert receipt.detail == kept


@pytest.mark.parametrize(
    ("detail", "kept"),
    [
        ({"text": "hm"}, {"text": "hm", "intent": ""}),
        ({"text": "again", "intent": "START"}, {"text": "again", "intent": "start"}),
        ({"intent": "dance"}, {"text": "", "intent": ""}),
        ({}, {"text": "", "intent": ""}),
    ],
)
def test_a_reply_has_a_text_and_a_wish(detail: dict[str, str], kept: dict[str, str]) -> None:
    receipt = one("webhook", from_webhook(webhook.report("replied", "uid-1", detail=detail)))
    assert receipt.detail == kept


def test_several_reports_come_in_one_call_each_with_a_key_of_its_own() -> None:
    reports = [webhook.report(kind, "uid-1") for kind in ("delivered", "danced", "opened")]
    found = receipts("webhook", from_webhook(reports, name="m-1"))
    assert [(receipt.kind, receipt.key) for receipt in found] == [
        ("delivered", "m-1:0"),
        ("opened", "m-1:2"),
    ]


def test_a_report_may_name_whom_instead_of_a_message() -> None:
    receipt = one("webhook", from_webhook({"type": "unsubscribed", "to": "ada"}))
    assert (receipt.message_uid, receipt.address) == (None, "ada")


def test_our_own_messages_played_back_to_us_say_nothing(receiver: Webhook, sender: Sender) -> None:
    sender.send(message(to="ada", at=NOW))
    (request,) = receiver.seen
    assert receipts("webhook", raw(REPORTS, request.body, request.headers)) == []


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(days=1), -timedelta(minutes=6)])
def test_a_stale_or_future_report_is_refused(age: timedelta) -> None:
    request = from_webhook(webhook.report("delivered", "uid-1"), at=NOW - age)
    assert refused(PROVIDERS["webhook"], request).code == "stale"


def test_another_id_needs_another_signature() -> None:
    request = PROVIDERS["webhook"].genuine()
    renamed = {**request.headers, "webhook-id": "msg_other"}
    assert refused(PROVIDERS["webhook"], changed(request, headers=renamed)).code == "forged"


@pytest.mark.parametrize(
    "at",
    [None, 5, "", "soon", "2026-11-05", "2026-11-05T12:00:00", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59-12:00", "2026-11-06T12:00:00Z", "\ud800"],
)  # fmt: skip
def test_a_time_that_is_none_is_now(at: Any) -> None:
    body = json.dumps({"type": "opened", "message": "uid-1", "at": at}).encode()
    provider = PROVIDERS["webhook"]
    parsed = provider.callbacks.parse(provider.account, raw(REPORTS, body, {"webhook-id": "m"}))
    if not isinstance(parsed, Malformed):
        assert [receipt.at for receipt in parsed] == [NOW]


def test_what_could_be_taken_for_our_own_notes_is_not_kept() -> None:
    detail = {"uid": "x", "provider_id": "x", "address": "x", "n": 5, "list": [1], "deep": {}}
    report = webhook.report("opened", "uid-1", detail={**detail, "a\x00": "b\x00" + "x" * 900})
    kept = one("webhook", from_webhook(report)).detail
    assert set(kept) == {"n", "a"}
    assert (kept["n"], len(kept["a"])) == ("5", 499)
    many = {f"k{n}": "x" for n in range(1000)}
    full = one("webhook", from_webhook(webhook.report("opened", "uid-1", detail=many)))
    assert len(full.detail) == 50


@pytest.mark.parametrize("body", [b"", b"5", b"x", b"\xff", b"[1]", b'["a"]', b"[" * 100_000])
def test_a_body_that_reports_nothing_is_malformed(body: bytes) -> None:
    provider = PROVIDERS["webhook"]
    assert isinstance(provider.callbacks.parse(provider.account, raw(REPORTS, body, {})), Malformed)


def test_any_signed_report_whatever_is_read_or_malformed_and_never_an_error() -> None:
    rng = random.Random(14)
    odd = [None, True, 5, -1, 1e300, "x", "\x00", "delivered", "bounced", "replied", [], {},
           {"text": {}}, {"intent": 5}, {"bounce": []}, {"\x00": "\x00"}]  # fmt: skip
    provider = PROVIDERS["webhook"]
    for _ in range(3000):
        names = ("type", "message", "to", "at", "detail", "extra")
        report = {name: rng.choice(odd) for name in names if rng.random() < 0.8}
        given = rng.choice([report, [report], [report, rng.choice(odd)]])
        headers = {"webhook-id": "m\x00"}
        request = raw(REPORTS, msgspec.json.encode(given), headers)
        parsed = provider.callbacks.parse(provider.account, request)
        for receipt in [] if isinstance(parsed, Malformed) else parsed:
            assert receipt.kind in KINDS
            assert receipt.key
            assert b"\\u0000" not in msgspec.json.encode(receipt)
