"""Pushes that browsers can read, signed once a push service, to public addresses only."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from channels.adapters import registry
from channels.adapters.base import Sender
from channels.adapters.webpush.adapter import PushSender, Signatures
from channels.core.message import Device
from channels.core.webpush import MAX_PAYLOAD
from tests.channels.providers import NOW, PROVIDERS, VAPID, device, message
from tests.emulators.push import Push

PROVIDER = PROVIDERS["webpush"]


@pytest.fixture
def push() -> Iterator[Push]:
    with Push() as push:
        yield push
    registry.close_all()


@pytest.fixture
def sender(push: Push) -> Sender:
    return registry.sender(PROVIDER.account(push))


def test_the_browser_reads_what_was_written(push: Push, sender: Sender) -> None:
    sent = message(device=device(push), url="https://shop.example/", title="Корзина", ttl=60)
    outcome = sender.send(sent)
    assert outcome.provider_id.startswith(push.url)
    assert push.accepted[0]["ttl"] == 60
    (shown,) = push.opened()
    assert shown == {
        "tag": sent.uid,
        "title": "Корзина",
        "body": "Still thinking?",
        "url": "https://shop.example/",
    }


def test_a_sleeping_browser_gets_it_within_four_hours(push: Push, sender: Sender) -> None:
    sender.send(message(device=device(push)))
    assert push.accepted[0]["ttl"] == 4 * 3600


def test_each_push_service_is_signed_for_once() -> None:
    with Push() as one, Push() as two, Push() as three:
        sender = PushSender(PROVIDER.account(one))
        devices = [device(push) for push in (one, two, three) for _ in range(40)]
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda to: sender.send(message(device=to)), devices))
        sender.close()
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert sender._signatures.signed == 3
    assert [len(push.signatures) for push in (one, two, three)] == [1, 1, 1]


def test_a_signature_is_made_anew_before_it_runs_out() -> None:
    signatures = Signatures(private_key=VAPID, subject="mailto:ops@example.com")
    first = signatures.header("https://push.example", at=NOW)
    assert signatures.header("https://push.example", at=NOW + timedelta(hours=10)) == first
    assert signatures.header("https://push.example", at=NOW - timedelta(minutes=59)) == first
    assert signatures.header("https://push.example", at=NOW + timedelta(hours=11)) != first
    assert signatures.header("https://push.example", at=NOW - timedelta(days=1)) != first
    assert signatures.signed == 3


def test_a_key_may_be_raw_or_der_or_pem(push: Push) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    formats = (PrivateFormat.PKCS8, NoEncryption())
    der = base64.urlsafe_b64encode(key.private_bytes(Encoding.DER, *formats)).decode()
    pem = key.private_bytes(Encoding.PEM, *formats).decode()
    for private_key in (VAPID, der, pem):
        sender = registry.sender(PROVIDER.account(push, private_key=private_key))
        assert sender.send(message(device=device(push))).kind == "accepted"


@pytest.mark.parametrize(
    "options",
    [{"private_key": ""}, {"private_key": "x"}, {"private_key": "-----"}, {"subject": "nobody"}],
)
def test_an_unusable_key_or_contact_breaks_the_account(push: Push, options: dict[str, str]) -> None:
    outcome = registry.sender(PROVIDER.account(push, **options)).send(message(device=device(push)))
    assert (outcome.kind, outcome.code) == ("account_broken", "wrong_credentials")


def test_a_subscription_that_ended_is_gone_for_good(push: Push, sender: Sender) -> None:
    to = device(push)
    push.gone.add(to.endpoint.rpartition("/")[2])
    never = Device(id=2, endpoint=f"{push.url}/push/none", p256dh=to.p256dh, auth=to.auth)
    for subscription in (to, never):
        outcome = sender.send(message(device=subscription))
        assert (outcome.kind, outcome.code) == ("permanent", "subscription_gone")


def test_a_service_that_refuses_our_signature_breaks_the_account(
    push: Push, sender: Sender
) -> None:
    push.fail("status", status=403)
    assert sender.send(message(device=device(push))).kind == "account_broken"


@pytest.mark.parametrize(("size", "kind"), [(0, "accepted"), (1, "permanent")])
def test_a_push_is_as_long_as_a_record_and_no_longer(
    push: Push, sender: Sender, size: int, kind: str
) -> None:
    frame = len('{"tag":"","body":""}') + 36
    sent = message(device=device(push), title="", body="x" * (MAX_PAYLOAD - frame + size))
    outcome = sender.send(sent)
    assert outcome.kind == kind
    assert outcome.code == ("payload_too_large" if size else "")
    assert push.requests == 1 - size


def test_the_services_own_limit_counts_too(push: Push, sender: Sender) -> None:
    push.fail("status", status=413)
    assert sender.send(message(device=device(push))).code == "payload_too_large"


@pytest.mark.parametrize(
    "keys",
    [{"p256dh": ""}, {"p256dh": "AAAA"}, {"p256dh": "B" * 87}, {"auth": "!"}, {"auth": "é"}],
)
def test_a_subscription_with_broken_keys_is_gone(
    push: Push, sender: Sender, keys: dict[str, str]
) -> None:
    good = device(push)
    given = {"p256dh": good.p256dh, "auth": good.auth, **keys}
    outcome = sender.send(message(device=Device(id=1, endpoint=good.endpoint, **given)))
    assert outcome.kind == "permanent"
    assert push.requests == 0


def test_a_customer_without_a_device_cannot_be_pushed(sender: Sender) -> None:
    assert sender.send(message()).code == "subscription_gone"


def test_an_endpoint_on_a_private_address_is_never_called(push: Push) -> None:
    account = PROVIDER.account(push, allow_private="")
    outcome = registry.sender(account).send(message(device=device(push)))
    assert (outcome.kind, outcome.code) == ("permanent", "address_forbidden")
    assert push.connections == 0
