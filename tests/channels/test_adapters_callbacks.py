"""What comes back: the same security cases for every provider, then each one's own words."""

import time
from datetime import timedelta
from typing import Any

import pytest

from channels.adapters import registry
from channels.adapters.base import MAX_CALLBACK_BYTES, Malformed
from channels.core.message import AccountSettings
from tests.channels.callbacks import (
    EVENTS,
    INBOUND,
    NOW,
    OTHERS,
    PROVIDERS,
    STATUS,
    TAKEN,
    Provider,
    changed,
    from_sendgrid,
    from_twilio,
    one,
    raw,
    receipts,
    refused,
    sendgrid,
    twilio,
)


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> Provider:
    return PROVIDERS[request.param]


@pytest.fixture(params=sorted(name for name, each in PROVIDERS.items() if each.covers_body))
def signer(request: pytest.FixtureRequest) -> Provider:
    return PROVIDERS[request.param]


def test_a_genuine_callback_is_let_in_and_read(provider: Provider) -> None:
    receipt = one(provider.name, provider.genuine())
    assert (receipt.kind, receipt.message_uid) == provider.proves


def test_an_unsigned_callback_is_refused(provider: Provider) -> None:
    refusal = refused(provider, changed(provider.genuine(), headers={}))
    assert (refusal.status, refusal.code) == (401, "unsigned")


@pytest.mark.parametrize("signature", ["x", "AAAA", "A" * 88, "é", "=", "'; DROP TABLE message"])
def test_a_forged_callback_is_refused(provider: Provider, signature: str) -> None:
    request = provider.genuine()
    headers = {**request.headers, provider.signature: signature}
    refusal = refused(provider, changed(request, headers=headers))
    assert (refusal.status, refusal.code) == (401, "forged")


def test_a_changed_body_is_refused(signer: Provider) -> None:
    request = signer.genuine()
    tampered = request.body.replace(b"delivered", b"bounced")
    assert refused(signer, changed(request, body=tampered)).code == "forged"


def test_a_callback_signed_for_another_account_is_refused(provider: Provider) -> None:
    assert refused(provider, provider.genuine(), **OTHERS).code == "forged"


def test_an_account_without_a_key_is_closed(provider: Provider) -> None:
    refusal = refused(provider, provider.genuine(), **dict.fromkeys(OTHERS, ""))
    assert (refusal.status, refusal.code) == (403, "closed")


def test_a_huge_body_is_refused_before_any_cryptography(provider: Provider) -> None:
    request = changed(provider.genuine(), body=b"x" * (MAX_CALLBACK_BYTES + 1))

    def took() -> float:
        started = time.thread_time()
        assert refused(provider, request).status == 413
        return time.thread_time() - started

    assert min(took() for _ in range(3)) < 0.05  # garbage may be collected meanwhile


def test_every_refusal_says_the_same_to_the_caller(provider: Provider) -> None:
    request = provider.genuine()
    unsigned = refused(provider, changed(request, headers={}))
    forged = refused(provider, request, **OTHERS)
    assert (unsigned.status, unsigned.message) == (forged.status, forged.message)


def test_a_replayed_callback_carries_the_key_it_had(provider: Provider) -> None:
    request = provider.genuine()
    later = changed(request, now=NOW + timedelta(minutes=1))
    assert one(provider.name, request).key == one(provider.name, later).key


@pytest.mark.parametrize("age", [timedelta(hours=26), timedelta(days=400), -timedelta(minutes=6)])
def test_a_stale_or_future_event_webhook_is_refused(age: timedelta) -> None:
    request = from_sendgrid(sendgrid.event("delivered", TAKEN), at=NOW - age)
    assert refused(PROVIDERS["sendgrid"], request).code == "stale"


def test_a_callback_replayed_to_another_address_is_refused() -> None:
    request = changed(PROVIDERS["twilio"].genuine(), url=STATUS.replace("uid-1", "uid-2"))
    assert refused(PROVIDERS["twilio"], request).code == "forged"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}", b"5", b"null", b'"x"', b"[1]", b'[{"event":"open"}, 5]', b"\xff", b"["],
)
def test_a_signed_body_that_is_no_list_of_events_is_malformed(body: bytes) -> None:
    headers = sendgrid.headers(body, timestamp=NOW.timestamp())
    account = PROVIDERS["sendgrid"].account
    request = raw(EVENTS, body, headers)
    assert registry.callbacks("sendgrid").verify(account, request) is None
    assert isinstance(registry.callbacks("sendgrid").parse(account, request), Malformed)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "no_message_sid"),
        ({"MessageStatus": "sent"}, "no_message_sid"),
        ({"MessageSid": "SM1"}, "no_status"),
    ],
)
def test_a_signed_form_without_its_fields_is_malformed(fields: dict[str, str], code: str) -> None:
    account = PROVIDERS["twilio"].account
    parsed = registry.callbacks("twilio").parse(account, from_twilio(fields))
    assert isinstance(parsed, Malformed)
    assert parsed.code == code


def test_a_body_that_is_no_form_is_malformed() -> None:
    account = PROVIDERS["twilio"].account
    parsed = registry.callbacks("twilio").parse(account, raw(STATUS, b"\xff\xfe", {}))
    assert isinstance(parsed, Malformed)


@pytest.mark.parametrize(
    ("event", "fields", "kind", "bounce"),
    [
        ("processed", {}, "queued", ""),
        ("deferred", {"response": "450 later"}, "deferred", ""),
        ("delivered", {}, "delivered", ""),
        ("bounce", {"type": "bounce"}, "bounced", "hard"),
        ("bounce", {"type": "blocked"}, "bounced", "soft"),
        ("bounce", {}, "bounced", "soft"),
        ("dropped", {"reason": "Bounced Address"}, "failed", "hard"),
        ("dropped", {"reason": "Spam Content"}, "failed", ""),
        ("open", {}, "opened", ""),
        ("click", {"url": "https://x/"}, "clicked", ""),
        ("spamreport", {}, "complained", ""),
        ("unsubscribe", {}, "unsubscribed", ""),
        ("group_unsubscribe", {"asm_group_id": 5}, "unsubscribed", ""),
    ],
)
def test_sendgrids_words_become_ours(
    event: str, fields: dict[str, Any], kind: str, bounce: str
) -> None:
    receipt = one("sendgrid", from_sendgrid(sendgrid.event(event, TAKEN, **fields)))
    assert (receipt.kind, receipt.bounce) == (kind, bounce)
    assert (receipt.message_uid, receipt.provider_id) == ("uid-1", "sg1")
    assert (receipt.address, receipt.at) == ("ann@example.com", NOW)
    assert receipt.detail == {name: str(value) for name, value in fields.items()}


def test_an_open_by_a_mail_programs_robot_is_marked() -> None:
    robot = sendgrid.event("open", TAKEN, sg_machine_open=True)
    person = sendgrid.event("open", TAKEN, sg_machine_open=False)
    assert [r.machine for r in receipts("sendgrid", from_sendgrid(robot, person))] == [True, False]


def test_events_we_do_not_know_are_passed_over() -> None:
    odd = sendgrid.event("group_resubscribe", TAKEN)
    good = sendgrid.event("open", TAKEN)
    assert [r.kind for r in receipts("sendgrid", from_sendgrid(odd, good))] == ["opened"]


def test_an_event_without_an_id_gets_one_from_its_content() -> None:
    event = sendgrid.event("delivered", TAKEN, sg_event_id=None)
    same, other = dict(reversed(event.items())), {**event, "email": "bob@example.com"}
    keys = [r.key for r in receipts("sendgrid", from_sendgrid(event, same, other))]
    assert keys[0] == keys[1] != keys[2]


def test_odd_values_in_an_event_do_no_harm() -> None:
    event = sendgrid.event("bounce", TAKEN)
    event |= {"timestamp": "soon", "message_id": 5, "email": ["x"], "sg_message_id": None}
    event |= {"reason": "a\x00b" + "x" * 9000, "type": {}, "sg_event_id": "k\x00"}
    receipt = one("sendgrid", from_sendgrid(event))
    assert (receipt.at, receipt.message_uid, receipt.provider_id) == (NOW, None, None)
    assert (receipt.address, receipt.bounce, receipt.key) == ("", "soft", "k")
    assert receipt.detail["reason"].startswith("abx")
    assert len(receipt.detail["reason"]) <= 500


@pytest.mark.parametrize(
    ("status", "error", "kind", "bounce"),
    [
        ("accepted", "", "queued", ""),
        ("queued", "", "queued", ""),
        ("sending", "", "queued", ""),
        ("sent", "", "sent", ""),
        ("delivered", "", "delivered", ""),
        ("read", "", "opened", ""),
        ("undelivered", "30003", "bounced", "soft"),
        ("undelivered", "30005", "bounced", "hard"),
        ("failed", "30006", "failed", "hard"),
        ("failed", "30008", "failed", ""),
        ("canceled", "", "failed", ""),
    ],
)
def test_twilios_words_become_ours(status: str, error: str, kind: str, bounce: str) -> None:
    extra = {"ErrorCode": error} if error else {}
    fields = twilio.status({**TAKEN, "to": "+4915112345678"}, status, **extra)
    receipt = one("twilio", from_twilio(fields))
    assert (receipt.kind, receipt.bounce) == (kind, bounce)
    assert (receipt.message_uid, receipt.provider_id) == ("uid-1", "sg1")
    assert (receipt.key, receipt.address) == (f"sg1:{status}", "+4915112345678")
    assert receipt.detail == ({"error_code": error} if error else {})


def test_a_status_we_do_not_know_is_passed_over() -> None:
    assert receipts("twilio", from_twilio(twilio.status(TAKEN, "teleported"))) == []


def test_a_failure_because_of_a_stop_is_an_unsubscribe_too() -> None:
    fields = twilio.status(TAKEN, "failed", ErrorCode="21610")
    failed, unsubscribed = receipts("twilio", from_twilio(fields))
    assert (failed.kind, unsubscribed.kind) == ("failed", "unsubscribed")
    assert unsubscribed.address == failed.address
    assert failed.key != unsubscribed.key


@pytest.mark.parametrize(
    ("text", "extra", "intent"),
    [
        ("STOP", {}, "stop"),
        ("Отпишите меня!", {}, "stop"),
        ("START", {}, "start"),
        ("help", {}, "help"),
        ("Danke!", {}, ""),
        ("please don't stop", {}, ""),
        ("whatever", {"OptOutType": "STOP"}, "stop"),
        ("", {}, ""),
    ],
)
def test_a_reply_is_kept_and_its_wish_is_understood(
    text: str, extra: dict[str, str], intent: str
) -> None:
    request = from_twilio(twilio.reply("+4915112345678", text, **extra), url=INBOUND)
    reply, *more = receipts("twilio", request)
    assert (reply.kind, reply.address) == ("replied", "+4915112345678")
    assert (reply.detail["text"], reply.detail["intent"]) == (text, intent)
    assert [receipt.kind for receipt in more] == (["unsubscribed"] if intent == "stop" else [])
    assert all(receipt.address == "+4915112345678" for receipt in more)


@pytest.mark.parametrize(("prefix", "channel"), [("whatsapp:", "whatsapp"), ("", "sms")])
def test_a_number_is_read_without_the_prefix_that_names_its_channel(
    prefix: str, channel: str
) -> None:
    number = f"{prefix}+4915112345678"
    reply = twilio.reply(number, "STOP", To=f"{prefix}+15550001111")
    told = receipts("twilio", from_twilio(reply, url=INBOUND))
    told += receipts("twilio", from_twilio(twilio.status({**TAKEN, "to": number}, "read")))
    assert [receipt.kind for receipt in told] == ["replied", "unsubscribed", "opened"]
    assert {(each.address, each.channel) for each in told} == {("+4915112345678", channel)}
    assert told[0].detail["to"] == "+15550001111"


def test_a_reply_names_no_message_of_ours() -> None:
    reply = one("twilio", from_twilio(twilio.reply("+4915112345678", "hm"), url=INBOUND))
    assert reply.message_uid is None


@pytest.mark.parametrize("url", ["https://[::1/x?m=1", "https://x/?" + "a=1&" * 50, "https://x/"])
def test_a_url_without_a_readable_name_names_no_message(url: str) -> None:
    assert one("twilio", from_twilio(twilio.status(TAKEN, "sent"), url=url)).message_uid is None


@pytest.mark.parametrize("name", ["smtp", "webpush", "fcm", "apns", "sandbox"])
def test_a_provider_that_never_calls_back_lets_nobody_in(name: str) -> None:
    account = AccountSettings(slug="main", adapter=name, options={"auth_token": "x"})
    request = PROVIDERS["twilio"].genuine()
    refusal = registry.callbacks(name).verify(account, request)
    assert refusal is not None
    assert refusal.status == 403
    assert isinstance(registry.callbacks(name).parse(account, request), Malformed)
