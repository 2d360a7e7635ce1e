"""Callbacks that mean harm, and bodies that mean nothing: never an error."""

import random
from urllib.parse import urlencode

import msgspec

from channels.adapters.base import Malformed
from channels.core.receipt import KINDS
from tests.channels.callbacks import (
    EVENTS,
    PROVIDERS,
    STATUS,
    raw,
)


def test_ten_thousand_hostile_callbacks_are_refused_and_none_is_an_error() -> None:
    rng = random.Random(11)
    letters = [*map(chr, range(256)), "😀", "\ud800", "%", "=", "&", "[", "{", '"', "\\u0000"]
    names = [p.signature for p in PROVIDERS.values()]
    names += ["x-twilio-email-event-webhook-timestamp", "content-type"]
    names += ["webhook-id", "webhook-timestamp"]

    def junk() -> str:
        return "".join(rng.choices(letters, k=rng.randrange(40)))

    statuses = set()
    for _ in range(5000):
        headers = {name: junk() for name in names if rng.random() < 0.7}
        body = (
            rng.randbytes(rng.randrange(60))
            if rng.random() < 0.5
            else junk().encode("utf-8", "replace")
        )
        request = raw(rng.choice([STATUS, EVENTS, junk()]), body, headers)
        for provider in PROVIDERS.values():
            refusal = provider.callbacks.verify(provider.account, request)
            assert refusal is not None
            statuses.add(refusal.status)
    assert statuses <= {400, 401, 403, 413}


def test_any_signed_body_whatever_is_read_or_malformed_and_never_an_error() -> None:
    rng = random.Random(12)
    values = [None, True, 5, -1, 1e300, "x", "\x00", "delivered", "bounce", [], {}, "1793880000"]
    names = ["event", "timestamp", "email", "sg_event_id", "sg_message_id", "message_id", "type"]
    forms = [
        "MessageSid",
        "SmsSid",
        "MessageStatus",
        "SmsStatus",
        "Body",
        "From",
        "To",
        "ErrorCode",
    ]
    words = ["", "x", "\x00", "delivered", "received", "failed", "21610", "STOP", "😀", "a" * 3000]
    sendgrids, twilios = PROVIDERS["sendgrid"], PROVIDERS["twilio"]
    for _ in range(3000):
        event = {name: rng.choice(values) for name in names if rng.random() < 0.8}
        body = msgspec.json.encode(rng.choice([[event], event, [event, rng.choice(values)]]))
        seen = sendgrids.callbacks.parse(sendgrids.account, raw(EVENTS, body, {}))
        form = {name: rng.choice(words) for name in forms if rng.random() < 0.7}
        more = twilios.callbacks.parse(twilios.account, raw(STATUS, urlencode(form).encode(), {}))
        for result in (seen, more):
            for receipt in [] if isinstance(result, Malformed) else result:
                assert receipt.kind in KINDS
                assert receipt.key
                assert "\x00" not in msgspec.json.encode(receipt).decode()
                assert b"\\u0000" not in msgspec.json.encode(receipt)
