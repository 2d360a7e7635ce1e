"""What goes to Twilio, what its error codes mean, and how an unproven SMS is found."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from channels.adapters import registry
from channels.adapters.base import Sender
from tests.channels.providers import NOW, PROVIDERS, message
from tests.emulators.twilio import Twilio

PROVIDER = PROVIDERS["twilio"]
TO = PROVIDER.to


@pytest.fixture
def emulator() -> Iterator[Twilio]:
    with Twilio(auth_token="canary-7f3a") as emulator:
        yield emulator
    registry.close_all()


@pytest.fixture
def sender(emulator: Twilio) -> Sender:
    return registry.sender(PROVIDER.account(emulator))


def test_the_status_callback_names_our_message(emulator: Twilio, sender: Sender) -> None:
    sender.send(message(to=TO, uid="u-1", status_callback="https://shop.example/s"))
    sender.send(message(to=TO, uid="u-2", status_callback="https://shop.example/s?a=1"))
    sender.send(message(to=TO, uid="u-3"))
    callbacks = [item["callback"] for item in emulator.accepted]
    assert callbacks == ["https://shop.example/s?m=u-1", "https://shop.example/s?a=1&m=u-2", ""]


def test_an_sms_that_outlives_its_use_is_dropped_by_twilio(
    emulator: Twilio, sender: Sender
) -> None:
    for seconds in (600, 10**6, 0):
        sender.send(message(to=TO, ttl=seconds))
    sender.send(message(to=TO))
    assert [item["validity"] for item in emulator.accepted] == ["600", "36000", "1", None]


def test_a_messaging_service_may_stand_for_the_sender(emulator: Twilio, sender: Sender) -> None:
    sender.send(message(to=TO, sender="MG0123"))
    sender.send(message(to=TO, sender="Shop"))
    assert [item["sender"] for item in emulator.accepted] == ["MG0123", "Shop"]


@pytest.mark.parametrize(
    ("status", "code", "kind", "meaning"),
    [
        (400, 21211, "permanent", "invalid_address"),
        (400, 21614, "permanent", "invalid_address"),
        (400, 21610, "permanent", "unsubscribed"),
        (400, 21606, "account_broken", "invalid_sender"),
        (400, 14107, "retry", "rate_limited"),
        (429, 20429, "retry", "rate_limited"),
        (401, 20003, "account_broken", "wrong_credentials"),
        (400, 12345, "permanent", "http_400"),
        (500, 21211, "unknown", "http_500"),
        (400, None, "permanent", "http_400"),
    ],
)
def test_twilios_own_codes_say_more_than_the_status(
    emulator: Twilio, sender: Sender, status: int, code: int | None, kind: str, meaning: str
) -> None:
    body = f'{{"code": {"null" if code is None else code}, "message": "words", "status": {status}}}'
    emulator.fail("status", status=status, body=body)
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == (kind, meaning)
    assert "words" in outcome.detail


def test_a_number_that_said_stop_is_unsubscribed_and_a_bad_one_invalid(
    emulator: Twilio, sender: Sender
) -> None:
    emulator.opted_out.add(TO)
    assert sender.send(message(to=TO)).code == "unsubscribed"
    assert sender.send(message(to="12")).code == "invalid_address"
    assert sender.send(message(to=TO, text="")).code == "empty_text"


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"sid": 5'])
def test_a_success_that_cannot_be_read_proves_nothing(
    emulator: Twilio, sender: Sender, body: str
) -> None:
    emulator.fail("status", status=201, body=body)
    assert sender.send(message(to=TO)).kind == "unknown"


def test_only_a_message_with_this_text_since_then_is_ours(emulator: Twilio, sender: Sender) -> None:
    sender.send(message(to=TO, text="Still thinking?"))
    emulator.accepted[0]["at"] -= 3600
    now = datetime.now(UTC)
    early, late = now - timedelta(hours=2), now

    def asked(since: object, body: str) -> str:
        outcome = sender.lookup(uid="u", to=TO, since=since, body=body)  # type: ignore[arg-type]
        assert outcome is not None
        return outcome.kind

    assert asked(early, "Still thinking?") == "accepted"
    assert asked(late, "Still thinking?") == "retry"
    assert asked(early, "Something else") == "retry"


@pytest.mark.parametrize("hours", [-25, 25])
def test_a_clock_of_ours_that_is_wrong_proves_no_absence(
    emulator: Twilio, sender: Sender, hours: int
) -> None:
    emulator.ahead = hours * 3600.0
    sender.send(message(to=TO, text="Still thinking?"))
    emulator.accepted[0]["at"] -= 3600

    def asked(since: datetime) -> str:
        outcome = sender.lookup(uid="u", to=TO, since=since, body="Still thinking?")
        assert outcome is not None
        return outcome.kind

    now = datetime.now(UTC)
    assert asked(now - timedelta(minutes=61)) == "accepted"
    assert asked(now - timedelta(minutes=50)) == "retry"


def test_a_trial_accounts_prefix_does_not_hide_our_text(emulator: Twilio, sender: Sender) -> None:
    sender.send(message(to=TO, text="Hi"))
    emulator.accepted[0]["text"] = "Sent from your Twilio trial account - Hi"
    outcome = sender.lookup(uid="u", to=TO, since=NOW, body="Hi")
    assert outcome is not None
    assert outcome.provider_id == emulator.accepted[0]["id"]


def test_a_full_page_of_newer_messages_proves_no_absence(emulator: Twilio, sender: Sender) -> None:
    for _ in range(51):
        sender.send(message(to=TO, text="other"))
    assert sender.lookup(uid="u", to=TO, since=NOW, body="ours") is None


def test_a_message_whose_date_is_missing_counts_as_recent(
    emulator: Twilio, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.send(message(to=TO, text="Hi"))
    whole = emulator._resource
    monkeypatch.setattr(emulator, "_resource", lambda item: {**whole(item), "date_created": None})
    outcome = sender.lookup(uid="u", to=TO, since=NOW, body="Hi")
    assert outcome is not None
    assert outcome.kind == "accepted"


WHATSAPP = f"whatsapp:{TO}"


@pytest.fixture(params=["option", "sender"])
def whatsapp(request: pytest.FixtureRequest, emulator: Twilio) -> Sender:
    account = PROVIDER.account(emulator, channel="whatsapp")
    if request.param == "sender":
        options = {**account.options, "channel": ""}
        account = structs.replace(account, sender=f"whatsapp:{account.sender}", options=options)
    assert registry.channel(account) == "whatsapp"
    return registry.sender(account)


def test_an_account_of_whatsapp_writes_from_and_to_whatsapp(
    emulator: Twilio, whatsapp: Sender
) -> None:
    for to in (TO, WHATSAPP):
        assert whatsapp.send(message(to=to)).kind == "accepted"
    taken = {(item["sender"], item["to"], item["text"]) for item in emulator.accepted}
    assert taken == {("whatsapp:+15550001111", WHATSAPP, "Still thinking?")}


def test_a_messaging_service_may_stand_for_the_sender_of_whatsapp_too(
    emulator: Twilio, whatsapp: Sender
) -> None:
    whatsapp.send(message(to=TO, sender="MG0123"))
    assert (emulator.accepted[0]["sender"], emulator.accepted[0]["to"]) == ("MG0123", WHATSAPP)


@pytest.mark.parametrize("variables", [{"1": "Ann", "2": 3}, '{"1":"Ann","2":"3"}', None, {}, 5])
def test_a_template_goes_with_its_variables_and_without_our_text(
    emulator: Twilio, whatsapp: Sender, variables: Any
) -> None:
    data = {"content_sid": "HX1", "content_variables": variables}
    assert whatsapp.send(message(to=TO, data=data)).kind == "accepted"
    taken = emulator.accepted[0]
    assert (taken["template"], taken["text"]) == ("HX1", "(as the template says)")
    given = json.loads(taken["variables"] or "{}")
    assert given == ({"1": "Ann", "2": "3"} if variables and variables != 5 else {})


def test_an_sms_is_no_template(emulator: Twilio, sender: Sender) -> None:
    sender.send(message(to=TO, data={"content_sid": "HX1"}))
    assert (emulator.accepted[0]["template"], emulator.accepted[0]["to"]) == ("", TO)


def test_an_unproven_whatsapp_is_found_by_its_text_and_a_template_is_not_given_up(
    emulator: Twilio, whatsapp: Sender
) -> None:
    def asked(body: str) -> str:
        found = whatsapp.lookup(uid="u", to=TO, since=NOW, body=body)
        return found.kind if found else "nobody knows"

    assert asked("Still thinking?") == "retry"
    whatsapp.send(message(to=TO, data={"content_sid": "HX1"}))
    assert [asked("Still thinking?"), asked("")] == ["nobody knows", "nobody knows"]
    whatsapp.send(message(to=TO))
    assert asked("Still thinking?") == "accepted"


@pytest.mark.parametrize(
    ("code", "kind", "meaning"),
    [
        (63007, "account_broken", "invalid_sender"),
        (63016, "permanent", "template_needed"),
        (63018, "retry", "rate_limited"),
        (63024, "permanent", "invalid_address"),
    ],
)
def test_whatsapps_codes_say_more_than_the_status(
    emulator: Twilio, whatsapp: Sender, code: int, kind: str, meaning: str
) -> None:
    emulator.fail("status", status=400, body=json.dumps({"code": code, "message": "words"}))
    outcome = whatsapp.send(message(to=TO))
    assert (outcome.kind, outcome.code) == (kind, meaning)
