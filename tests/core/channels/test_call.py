"""Judging what another system answered, and signing what it is asked."""

import base64
import hashlib
import hmac
import json

import pytest

from channels.core.call import MOST_BYTES, judged, signature_headers, unanswered

NESTED = b"[" * 33 + b"]" * 33


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "answered"), (201, "answered"), (204, "answered"),
        (301, "failed"), (302, "failed"), (307, "failed"),
        (400, "failed"), (401, "failed"), (404, "failed"), (410, "failed"), (422, "failed"),
        (408, "retry"), (425, "retry"), (429, "retry"),
        (500, "retry"), (501, "retry"), (502, "retry"), (503, "retry"), (504, "retry"),
    ],
)  # fmt: skip
def test_a_status_says_whether_to_ask_again(status: int, kind: str) -> None:
    found = judged(status, b"", saves=False, retry_after=30)
    assert (found.kind, found.http_status) == (kind, status)
    assert found.retry_after == (30 if kind == "retry" else None)
    assert bool(found.error) == (kind != "answered")


def test_an_error_quotes_what_was_said_as_plain_text() -> None:
    found = judged(422, b"no \x00 such \xff customer", saves=True, retry_after=None)
    assert (found.code, found.error) == (
        "http_422",
        "It was refused: HTTP 422, “no  such � customer”.",
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"value": 7}', b"[]", b"null", b'"text"', b"5", b"12345678901234567890123",
        b"[" * 32 + b"]" * 32, b'{"a": "\\\\u0000"}',
    ],
)  # fmt: skip
def test_any_json_can_be_saved(body: bytes) -> None:
    found = judged(200, body, saves=True, retry_after=None)
    assert found.kind == "answered"
    assert json.loads(found.answer) == json.loads(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "answer_unreadable"),
        (b"<html>", "answer_unreadable"),
        (b"NaN", "answer_unreadable"),
        (b"1e999", "answer_unreadable"),
        (b'"\xff"', "answer_unreadable"),
        (b'{"a": 1', "answer_unreadable"),
        (b'"a\\u0000b"', "answer_unreadable"),
        (b'{"a\\u0000b": 1}', "answer_unreadable"),
        (NESTED, "answer_unreadable"),
        (b"[" * 100_000, "answer_too_large"),
        (b"[" * 60_000, "answer_unreadable"),
        (b'"' + b"a" * MOST_BYTES + b'"', "answer_too_large"),
    ],
)
def test_what_cannot_be_kept_has_failed(body: bytes, code: str) -> None:
    found = judged(200, body, saves=True, retry_after=None)
    assert (found.kind, found.code, found.answer) == ("failed", code, "")
    assert judged(200, body, saves=False, retry_after=None).kind == "answered"


@pytest.mark.parametrize(
    ("kind", "then"),
    [
        ("retry", "retry"),
        ("unknown", "retry"),
        ("permanent", "failed"),
        ("account_broken", "failed"),
    ],
)
def test_without_an_answer_it_is_asked_again_unless_it_never_could_be(kind: str, then: str) -> None:
    found = unanswered(kind, "code", "words\x00")  # type: ignore[arg-type]
    assert (found.kind, found.code, found.error, found.http_status) == (then, "code", "words", None)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    keys = [b"a" * 24, b"b" * 32]
    secrets = [f"whsec_{base64.b64encode(key).decode()}" for key in keys]
    found = signature_headers(secrets, uid="msg_1", timestamp=1_700_000_000, body=b'{"a":1}')
    wanted = [
        base64.b64encode(hmac.digest(key, b'msg_1.1700000000.{"a":1}', hashlib.sha256)).decode()
        for key in keys
    ]
    assert found == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": f"v1,{wanted[0]} v1,{wanted[1]}",
    }


def test_a_signature_that_others_have_published_comes_out() -> None:
    """The example of the specification's reference libraries."""
    found = signature_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        uid="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
