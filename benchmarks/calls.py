"""The calls that the load generators send: what a shop's clients send, always the same for a
number.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

NAMES = ("Product Viewed", "page", "Product Added")


def batches(customers: int, count: int, size: int, salt: str) -> Iterator[bytes]:
    """Bodies of /v1/batch. Of 100 calls 93 are events of known customers, 4 identify one (with one
    new trait), 2 come from new visitors and 1 repeats an earlier call.
    """
    now = dt.datetime.now(dt.UTC)
    for number in range(count):
        calls = [_mixed(number * size + place, customers, salt, now) for place in range(size)]
        yield json.dumps({"batch": calls, "sentAt": now.isoformat()}).encode()


def singles(customers: int, count: int, salt: str) -> Iterator[bytes]:
    """Bodies of /v1/track: events of known customers."""
    now = dt.datetime.now(dt.UTC)
    for number in range(count):
        yield json.dumps(_track(number, customers, salt, now)).encode()


def _mixed(number: int, customers: int, salt: str, now: dt.datetime) -> dict[str, Any]:
    place = number % 100
    if place == 99:
        return _track(number - 50, customers, salt, now)
    if place >= 97:
        call = _track(number, customers, salt, now)
        del call["userId"]
        return {**call, "anonymousId": f"{salt}-visitor-{number}"}
    if place >= 93:
        return {
            "type": "identify",
            "userId": _user(number, customers, salt),
            "messageId": f"{salt}-{number}",
            "timestamp": now.isoformat(),
            "traits": {"points": number % 1009, "plan": ("free", "plus", "pro")[number % 3]},
        }
    return _track(number, customers, salt, now)


def _track(number: int, customers: int, salt: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "type": "track",
        "event": NAMES[number % 3],
        "userId": _user(number, customers, salt),
        "messageId": f"{salt}-{number}",
        "timestamp": (now - dt.timedelta(milliseconds=number % 1000)).isoformat(),
        "properties": {
            "product_id": f"p{number % 500}", "value": number % 120, "currency": "EUR",
            "category": f"c{number % 20}", "position": number % 12,
        },
        "context": {"ip": "203.0.113.7", "library": {"name": "analytics-python", "version": "2"}},
    }  # fmt: skip


def _user(number: int, customers: int, salt: str) -> str:
    draw = int(hashlib.sha256(f"{salt}:{number}".encode()).hexdigest()[:8], 16)
    return f"user-{1 + draw % customers}"
