"""Payload, topic, time to live and endpoints of browser pushes."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.message import Outgoing
from channels.core.webpush import DEFAULT_TTL, MAX_TTL, origin, payload, topic, ttl

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UID = "0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b"


def test_the_payload_carries_what_is_set_and_a_tag() -> None:
    message = Outgoing(uid=UID, to="", at=NOW, title="Корзина", body="ждёт", data={"n": 1})
    assert json.loads(payload(message)) == {
        "tag": UID,
        "title": "Корзина",
        "body": "ждёт",
        "data": {"n": 1},
    }


@given(st.text())
def test_a_topic_is_32_characters_of_base64url(uid: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic(uid))


def test_the_topic_of_a_uuid_is_its_digits() -> None:
    assert topic(UID) == UID.replace("-", "")
    assert topic(UID.upper()) == topic(UID)


def test_a_push_is_never_dropped_for_a_sleeping_device() -> None:
    assert [ttl(None), ttl(0), ttl(-5), ttl(60), ttl(10**9)] == [DEFAULT_TTL, 1, 1, 60, MAX_TTL]


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", "https://fcm.googleapis.com"),
        ("https://push.example:8443/x", "https://push.example:8443"),
        ("https://push.example:443/x", "https://push.example"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]"),
        ("http://127.0.0.1:8080/push/1", "http://127.0.0.1:8080"),
        ("http://localhost/push/1", "http://localhost"),
        ("http://push.example/x", None),
        ("ftp://push.example/x", None),
        ("https://user@push.example/x", None),
        ("https://push.example/a b", None),
        ("https://push.example/\n", None),
        ("https://push.example:99999/", None),
        ("https:///x", None),
        ("", None),
        ("https://[::1/x", None),
        ("https://push.example/ü", None),
    ],
)
def test_only_addresses_that_browsers_hand_out_are_called(
    endpoint: str, expected: str | None
) -> None:
    assert origin(endpoint) == expected
