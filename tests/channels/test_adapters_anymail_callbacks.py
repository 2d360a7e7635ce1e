"""Reports of Mailgun and Postmark: who is let in, and what their words mean."""

import hashlib
import hmac
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from channels.adapters.anymail import callbacks
from channels.adapters.base import MAX_CALLBACK_BYTES, Malformed, RawRequest
from channels.core.message import AccountSettings
from channels.core.receipt import KINDS, Receipt
from tests.channels.callbacks import changed, raw
from tests.emulators.postmark import login, report

NOW = datetime(2026, 11, 5, 12, 1, tzinfo=UTC)
URL = "https://shop.example/callbacks/anymail/main"
KEY, LOGIN = "mailgun-key", "sojourn:hush"
TAKEN = {"id": "pm-1", "uid": "uid-1", "to": "ann@example.com"}


def account(backend: str, **options: str) -> AccountSettings:
    given = {"backend": backend, "webhook_key": KEY, "webhook_login": LOGIN, **options}
    return AccountSettings(slug="main", adapter="anymail", options=given)


def from_postmark(record: str, *, with_login: str = LOGIN, **fields: Any) -> RawRequest:
    body = msgspec.json.encode(report(record, TAKEN, **fields))
    return raw(URL, body, login(with_login), now=NOW)


def from_mailgun(
    event: str,
    fields: Mapping[str, Any] | None = None,
    *,
    key: str = KEY,
    at: datetime = NOW,
    token: str = "t1",
) -> RawRequest:
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    told = {
        "event": event,
        "timestamp": NOW.timestamp(),
        "recipient": "ann@example.com",
        "message": {"headers": {"message-id": "1@mg.example"}},
        "user-variables": {"message_id": "uid-1"},
        **(fields or {}),
    }
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    return raw(URL, msgspec.json.encode({"signature": signed, "event-data": told}), {}, now=NOW)


REQUESTS = {
    "mailgun": lambda: from_mailgun("delivered"),
    "postmark": lambda: from_postmark("Delivery"),
}


def code(backend: str, request: RawRequest, **options: str) -> str:
    refusal = callbacks.verify(account(backend, **options), request)
    return f"{refusal.status} {refusal.code}" if refusal else "let in"


def one(backend: str, request: RawRequest) -> Receipt:
    assert code(backend, request) == "let in"
    parsed = callbacks.parse(account(backend), request)
    assert not isinstance(parsed, Malformed)
    (receipt,) = parsed
    return receipt


@pytest.mark.parametrize("backend", sorted(REQUESTS))
def test_a_genuine_report_is_let_in_and_read(backend: str) -> None:
    receipt = one(backend, REQUESTS[backend]())
    assert (receipt.kind, receipt.message_uid) == ("delivered", "uid-1")
    assert receipt.address == "ann@example.com"


@pytest.mark.parametrize("backend", sorted(REQUESTS))
def test_a_report_for_an_account_without_a_secret_is_closed(backend: str) -> None:
    request = REQUESTS[backend]()
    assert code(backend, request, webhook_key="", webhook_login="") == "403 closed"


@pytest.mark.parametrize("backend", ["", "brevo", "resend", "sparkpost"])
def test_providers_whose_reports_are_not_read_are_closed(backend: str) -> None:
    assert {code(backend, make()) for make in REQUESTS.values()} == {"403 closed"}


@pytest.mark.parametrize("backend", sorted(REQUESTS))
def test_a_huge_body_is_refused_before_it_is_read(backend: str) -> None:
    request = changed(REQUESTS[backend](), body=b"x" * (MAX_CALLBACK_BYTES + 1))
    assert code(backend, request) == "413 too_large"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "401 unsigned"),
        ("Basic", "401 unsigned"),
        ("Basic !", "401 forged"),
        ("Basic é", "401 forged"),
        ("Bearer c29qb3Vybjpo", "401 forged"),
        (login("sojourn:wrong")["Authorization"], "401 forged"),
        (login(LOGIN)["Authorization"].replace("Basic", "Bearer"), "401 forged"),
        (login(LOGIN)["Authorization"].replace("Basic", "basic"), "let in"),
    ],
)
def test_postmark_is_known_by_its_login(given: str, expected: str) -> None:
    request = changed(from_postmark("Open"), headers={"authorization": given} if given else {})
    assert code("postmark", request) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (from_mailgun("opened", key="other"), "401 forged"),
        (from_mailgun("opened", at=NOW - timedelta(hours=13)), "401 stale"),
        (from_mailgun("opened", at=NOW + timedelta(minutes=6)), "401 stale"),
        (from_mailgun("opened", at=NOW - timedelta(hours=9)), "let in"),
        (from_mailgun("opened", token=""), "401 unsigned"),
        (raw(URL, b"{}", {}), "401 unsigned"),
        (raw(URL, b"[]", {}), "401 unsigned"),
        (raw(URL, b"\xff", {}), "401 unsigned"),
        (raw(URL, b'{"signature": 5}', {}), "401 unsigned"),
    ],
)
def test_mailgun_is_known_by_its_signature(request_: RawRequest, expected: str) -> None:
    assert code("mailgun", request_) == expected


def test_one_signature_of_mailguns_is_good_for_one_report() -> None:
    genuine, changed_ = from_mailgun("delivered"), from_mailgun("complained")
    assert one("mailgun", genuine).key == one("mailgun", changed_).key == "t1"


@pytest.mark.parametrize(
    ("event", "fields", "kind", "bounce"),
    [
        ("accepted", {}, "queued", ""),
        ("delivered", {}, "delivered", ""),
        ("opened", {}, "opened", ""),
        ("clicked", {"url": "https://x/"}, "clicked", ""),
        ("unsubscribed", {}, "unsubscribed", ""),
        ("complained", {}, "complained", ""),
        ("rejected", {}, "failed", ""),
        ("failed", {"severity": "permanent", "reason": "bounce"}, "bounced", "hard"),
        ("failed", {"severity": "permanent", "reason": "suppress-bounce"}, "failed", "hard"),
        ("failed", {"severity": "permanent", "reason": "suppress-unsubscribe"}, "failed", ""),
        ("failed", {"severity": "permanent", "reason": "old"}, "bounced", "soft"),
        ("failed", {"severity": "temporary", "reason": "generic"}, "deferred", ""),
        ("failed", {}, "failed", ""),
    ],
)
def test_mailguns_words_become_ours(
    event: str, fields: dict[str, str], kind: str, bounce: str
) -> None:
    receipt = one("mailgun", from_mailgun(event, fields))
    assert (receipt.kind, receipt.bounce, receipt.at) == (kind, bounce, NOW)
    assert (receipt.provider_id, receipt.message_uid) == ("<1@mg.example>", "uid-1")
    assert receipt.detail == {name: value for name, value in fields.items() if name != "severity"}


def test_mailgun_says_what_a_server_answered_and_what_a_robot_opened() -> None:
    status = {"code": 550, "message": "5.1.1 no such user"}
    failed = one("mailgun", from_mailgun("failed", {"delivery-status": status}))
    assert failed.detail == {"response": "5.1.1 no such user", "code": "550"}
    opened = one("mailgun", from_mailgun("opened", {"client-info": {"bot": "gmail"}}))
    assert opened.machine
    assert not one("mailgun", from_mailgun("opened", {"client-info": {"bot": ""}})).machine


@pytest.mark.parametrize(
    ("record", "fields", "kind", "bounce"),
    [
        ("Delivery", {}, "delivered", ""),
        ("Open", {}, "opened", ""),
        ("Click", {"OriginalLink": "https://x/"}, "clicked", ""),
        ("SpamComplaint", {"Type": "SpamComplaint"}, "complained", ""),
        ("Bounce", {"Type": "HardBounce"}, "bounced", "hard"),
        ("Bounce", {"Type": "BadEmailAddress"}, "bounced", "hard"),
        ("Bounce", {"Type": "SoftBounce"}, "bounced", "soft"),
        ("Bounce", {"Type": "Blocked"}, "bounced", "soft"),
        ("Bounce", {"Type": "Transient"}, "deferred", ""),
        ("Bounce", {"Type": "Unsubscribe"}, "unsubscribed", ""),
        ("Bounce", {"Type": "SMTPApiError"}, "failed", ""),
        (
            "SubscriptionChange",
            {"SuppressSending": True, "SuppressionReason": "ManualSuppression"},
            "unsubscribed",
            "",
        ),
        (
            "SubscriptionChange",
            {"SuppressSending": True, "SuppressionReason": "HardBounce"},
            "bounced",
            "hard",
        ),
    ],
)
def test_postmarks_words_become_ours(
    record: str, fields: dict[str, Any], kind: str, bounce: str
) -> None:
    receipt = one("postmark", from_postmark(record, **fields))
    assert (receipt.kind, receipt.bounce) == (kind, bounce)
    assert receipt.at == datetime(2026, 11, 5, 12, 0, 0, 123456, tzinfo=UTC)
    assert (receipt.provider_id, receipt.address) == ("pm-1", "ann@example.com")


@pytest.mark.parametrize(
    "request_",
    [
        from_postmark("Inbound"),
        from_postmark("Bounce", Type="AutoResponder"),
        from_postmark("Bounce"),
        from_postmark("SubscriptionChange", SuppressSending=False, SuppressionReason="HardBounce"),
    ],
)
def test_reports_we_do_not_know_are_passed_over(request_: RawRequest) -> None:
    assert callbacks.parse(account("postmark"), request_) == []


def test_equal_copies_of_a_report_have_one_key_and_others_another() -> None:
    same = {one("postmark", from_postmark("Open")).key for _ in range(2)}
    other = one("postmark", from_postmark("Open", UserAgent="x")).key
    assert len(same) == 1
    assert other not in same


@pytest.mark.parametrize("at", ["", "soon", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_cannot_be_is_now(at: str) -> None:
    assert one("postmark", from_postmark("Delivery", DeliveredAt=at)).at == NOW


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"null", b"\xff", b"[" * 9000])
@pytest.mark.parametrize("backend", sorted(REQUESTS))
def test_what_is_no_report_is_malformed(backend: str, body: bytes) -> None:
    parsed = callbacks.parse(account(backend), raw(URL, body, {}))
    assert isinstance(parsed, Malformed)


def test_any_report_whatever_is_read_or_passed_over_and_never_an_error() -> None:
    rng = random.Random(13)
    names = ["RecordType", "Type", "Metadata", "MessageID", "DeliveredAt", "Email", "event-data"]
    names += ["signature", "event", "severity", "reason", "message", "user-variables", "timestamp"]
    values: list[Any] = [None, True, 5, 1e300, "x\x00", "Bounce", "HardBounce", "failed", [], {}]
    values += ["permanent", "delivered", {"message_id": "\x00"}, {"headers": 5}]
    for _ in range(3000):
        told = {name: rng.choice(values) for name in names if rng.random() < 0.7}
        body = msgspec.json.encode({**told, "event-data": dict(told)})
        for backend in REQUESTS:
            parsed = callbacks.parse(account(backend), raw(URL, body, {}))
            assert not isinstance(parsed, Malformed)
            for receipt in parsed:
                assert receipt.kind in KINDS
                assert b"\\u0000" not in msgspec.json.encode(receipt)
