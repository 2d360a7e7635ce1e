"""What goes to Twilio, what its error codes mean, and how an unproven SMS is found."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from channels.adapters import registry
from channels.adapters.base import Sender
from tests.channels.providers import NOW, PROVIDERS, SHORT, message
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
    return registry.sender(PROVIDER.account(emulator, **SHORT))


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
    early, late = NOW - timedelta(hours=2), NOW

    def asked(since: object, body: str) -> str:
        outcome = sender.lookup(uid="u", to=TO, since=since, body=body)  # type: ignore[arg-type]
        assert outcome is not None
        return outcome.kind

    assert asked(early, "Still thinking?") == "accepted"
    assert asked(late, "Still thinking?") == "retry"
    assert asked(early, "Something else") == "retry"


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
