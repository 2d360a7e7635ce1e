"""What apps get through Apple, what its reasons mean, and one signature for all threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from channels.adapters import registry
from channels.adapters.apns.adapter import ApnsSender, Signatures
from channels.adapters.base import Sender
from channels.adapters.jwt import UnusableKey
from channels.core.message import Device
from tests.channels.providers import NOW, PROVIDERS, message
from tests.emulators.apns import Apns
from tests.emulators.fcm import key as rsa_key

PROVIDER = PROVIDERS["apns"]
TO = PROVIDER.to


@pytest.fixture
def apns() -> Iterator[Apns]:
    with Apns() as apns:
        yield apns
    registry.close_all()


@pytest.fixture
def sender(apns: Apns) -> Sender:
    return registry.sender(PROVIDER.account(apns))


def test_the_app_gets_what_is_shown_and_its_data_as_strings(apns: Apns, sender: Sender) -> None:
    sent = message(
        to=TO, title="Корзина", image="https://i.example/1.png", url="https://shop.example/",
        data={"sku": "A1", "count": 2, "aps": "mine"}, ttl=60,
    )  # fmt: skip
    assert sender.send(sent).provider_id == sent.uid
    assert apns.accepted[0]["payload"] == {
        "aps": {"alert": {"title": "Корзина", "body": "Still thinking?"}, "mutable-content": 1},
        "sku": "A1",
        "count": "2",
        "url": "https://shop.example/",
        "image": "https://i.example/1.png",
        "tag": sent.uid,
    }


def test_a_repeat_replaces_what_it_repeats_until_its_time_is_over(
    apns: Apns, sender: Sender
) -> None:
    assert sender.repeatable
    sent = message(to=TO, ttl=60)
    sender.send(sent)
    assert apns.accepted[0]["headers"] == {
        "apns-topic": "com.example.shop",
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": str(int(sent.at.timestamp()) + 60),
        "apns-collapse-id": sent.uid,
        "apns-id": sent.uid,
    }


def test_without_words_it_wakes_the_app_in_the_background(apns: Apns, sender: Sender) -> None:
    sender.send(message(to=TO, title="", body="", data={"sync": "orders"}))
    (taken,) = apns.accepted
    assert taken["payload"]["aps"] == {"content-available": 1}
    assert taken["headers"]["apns-push-type"] == "background"
    assert taken["headers"]["apns-priority"] == "5"


def test_the_device_goes_before_the_address(apns: Apns, sender: Sender) -> None:
    sender.send(message(to="17", device=Device(id=1, endpoint="cd" * 32, p256dh="", auth="")))
    sender.send(message(to=TO))
    assert [item["to"] for item in apns.accepted] == ["cd" * 32, TO]


@pytest.mark.parametrize("target", ["", "17/../x", "ü", "AB CD", "a" * 500])
def test_what_is_no_token_of_apples_is_never_asked_for(
    apns: Apns, sender: Sender, target: str
) -> None:
    outcome = sender.send(message(to=target))
    assert (outcome.kind, outcome.code) == ("permanent", "subscription_gone")
    assert apns.requests == 0


def test_a_device_that_removed_the_app_is_gone_for_good(apns: Apns, sender: Sender) -> None:
    apns.gone.add(TO)
    for target in (TO, "abcd"):
        outcome = sender.send(message(to=target))
        assert (outcome.kind, outcome.code) == ("permanent", "subscription_gone")


def test_what_is_too_large_never_leaves(apns: Apns, sender: Sender) -> None:
    outcome = sender.send(message(to=TO, body="я" * 2100))
    assert (outcome.kind, outcome.code) == ("permanent", "payload_too_large")
    assert apns.requests == 0
    assert sender.send(message(to=TO, body="я" * 1900)).kind == "accepted"


@pytest.mark.parametrize(
    ("status", "reason", "kind", "code"),
    [
        (410, "Unregistered", "permanent", "subscription_gone"),
        (410, "", "permanent", "subscription_gone"),
        (400, "BadDeviceToken", "permanent", "subscription_gone"),
        (400, "DeviceTokenNotForTopic", "permanent", "subscription_gone"),
        (413, "PayloadTooLarge", "permanent", "payload_too_large"),
        (413, "", "permanent", "payload_too_large"),
        (400, "BadMessageId", "permanent", "http_400"),
        (400, "TopicDisallowed", "account_broken", "wrong_topic"),
        (403, "InvalidProviderToken", "account_broken", "wrong_credentials"),
        (403, "ExpiredProviderToken", "account_broken", "wrong_credentials"),
        (403, "Forbidden", "account_broken", "http_403"),
        (404, "BadPath", "account_broken", "http_404"),
        (400, "IdleTimeout", "retry", "connection_idle"),
        (429, "TooManyRequests", "retry", "rate_limited"),
        (429, "TooManyProviderTokenUpdates", "retry", "rate_limited"),
        (500, "InternalServerError", "unknown", "http_500"),
        (500, "Unregistered", "unknown", "http_500"),
        (503, "ServiceUnavailable", "unknown", "http_503"),
        (503, "Shutdown", "unknown", "http_503"),
    ],
)
def test_apples_own_reasons_say_more_than_the_status(
    apns: Apns, sender: Sender, status: int, reason: str, kind: str, code: str
) -> None:
    apns.fail("status", status=status, body=f'{{"reason": "{reason}"}}' if reason else "")
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == (kind, code)
    assert reason in outcome.detail


def test_many_threads_share_one_signature(apns: Apns) -> None:
    sender = ApnsSender(PROVIDER.account(apns))
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: sender.send(message(to=TO)), range(40)))
    sender.close()
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert sender._signatures.signed == len(apns.signatures) == 1
    assert apns.connections <= 8


def test_a_signature_that_apple_finds_too_old_is_renewed_once_and_the_push_repeated(
    apns: Apns, sender: Sender
) -> None:
    sender.send(message(to=TO))
    apns.expire()
    assert sender.send(message(to=TO)).kind == "accepted"
    assert (len(apns.accepted), len(apns.signatures)) == (2, 2)


def test_a_signature_is_made_anew_long_before_it_runs_out(apns: Apns) -> None:
    signatures = Signatures(key=apns.key, key_id="K", team_id="T")
    first = signatures.token(at=NOW)
    assert signatures.token(at=NOW + timedelta(minutes=39)) == first
    assert signatures.token(at=NOW - timedelta(minutes=4)) == first
    assert signatures.token(at=NOW + timedelta(minutes=40)) != first
    assert signatures.token(at=NOW - timedelta(minutes=30)) != first
    assert signatures.signed == 3


@pytest.mark.parametrize(
    "options",
    [{"key": ""}, {"key": "x"}, {"key": "-----"}, {"key": "é"}, {"key_id": ""}, {"team_id": ""}],
)
def test_an_unusable_key_breaks_the_account(apns: Apns, options: dict[str, str]) -> None:
    outcome = registry.sender(PROVIDER.account(apns, **options)).send(message(to=TO))
    assert (outcome.kind, outcome.code) == ("account_broken", "wrong_credentials")
    assert outcome.detail
    assert apns.requests == 0


def test_another_teams_key_breaks_the_account(apns: Apns) -> None:
    with Apns() as other:
        account = PROVIDER.account(apns, key=other.key)
    outcome = registry.sender(account).send(message(to=TO))
    assert (outcome.kind, outcome.detail) == ("account_broken", "InvalidProviderToken")


def test_a_key_of_another_kind_is_none_of_apples() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    formats = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signatures = Signatures(key=rsa_key().private_bytes(*formats).decode(), key_id="K", team_id="T")
    with pytest.raises(UnusableKey, match="P-256"):
        signatures.token(at=NOW)


def test_a_key_whose_line_ends_were_lost_on_the_way_is_read(apns: Apns) -> None:
    for spelled in (apns.key.replace("\n", ""), apns.key.replace("\n", "\\n")):
        sender = registry.sender(PROVIDER.account(apns, key=spelled))
        assert sender.send(message(to=TO)).kind == "accepted"
