"""What apps get through Firebase, what its codes mean, and one access token for all threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from channels.adapters import registry
from channels.adapters.base import Sender
from channels.adapters.fcm.access import ServiceAccount
from channels.adapters.transport import leaving_before
from channels.core.message import Device
from tests.channels.providers import PROVIDERS, SHORT, black_hole, closed_port, message
from tests.emulators.fcm import Fcm, failed
from tests.emulators.server import Reply, as_json

PROVIDER = PROVIDERS["fcm"]
TO = PROVIDER.to


@pytest.fixture
def fcm() -> Iterator[Fcm]:
    with Fcm() as fcm:
        yield fcm
    registry.close_all()


@pytest.fixture
def sender(fcm: Fcm) -> Sender:
    return registry.sender(PROVIDER.account(fcm))


def test_the_app_gets_what_is_shown_and_its_data_as_strings(fcm: Fcm, sender: Sender) -> None:
    data: dict[str, Any] = {"sku": "A1", "count": 2, "gift": True, "lines": [{"sku": "A1"}]}
    sent = message(
        to=TO, title="Корзина", image="https://i.example/1.png", url="https://shop.example/",
        data=data, ttl=60,
    )  # fmt: skip
    outcome = sender.send(sent)
    got = fcm.accepted[0]["message"]
    assert outcome.provider_id == fcm.accepted[0]["id"]
    assert got["notification"] == {
        "title": "Корзина",
        "body": "Still thinking?",
        "image": "https://i.example/1.png",
    }
    assert got["data"] == {
        "sku": "A1", "count": "2", "gift": "true", "lines": '[{"sku":"A1"}]', "tag": sent.uid,
        "url": "https://shop.example/", "image": "https://i.example/1.png",
    }  # fmt: skip
    assert got["webpush"]["fcm_options"] == {"link": "https://shop.example/"}


def test_a_repeat_replaces_what_it_repeats_until_its_time_is_over(fcm: Fcm, sender: Sender) -> None:
    assert sender.repeatable
    sent = message(to=TO, ttl=60)
    sender.send(sent)
    got = fcm.accepted[0]["message"]
    assert got["android"] == {
        "ttl": "60s",
        "collapse_key": sent.uid,
        "priority": "HIGH",
        "notification": {"tag": sent.uid},
    }
    assert got["apns"]["headers"] == {
        "apns-collapse-id": sent.uid,
        "apns-expiration": str(int(sent.at.timestamp()) + 60),
    }
    assert got["webpush"]["notification"] == {"tag": sent.uid}


def test_without_words_it_is_data_for_the_app_alone(fcm: Fcm, sender: Sender) -> None:
    sender.send(message(to=TO, title="", body="", data={"sync": "orders"}))
    got = fcm.accepted[0]["message"]
    assert "notification" not in got
    assert "notification" not in got["android"]
    assert got["data"]["sync"] == "orders"


def test_the_device_goes_before_the_address(fcm: Fcm, sender: Sender) -> None:
    device = Device(id=1, endpoint="device-2", p256dh="", auth="")
    sender.send(message(to="17", device=device))
    sender.send(message(to=TO))
    assert [item["to"] for item in fcm.accepted] == ["device-2", TO]


def test_a_customer_without_a_token_cannot_be_pushed(fcm: Fcm, sender: Sender) -> None:
    assert sender.send(message(to="")).code == "subscription_gone"
    assert fcm.requests == 0


def test_what_is_too_large_never_leaves(fcm: Fcm, sender: Sender) -> None:
    outcome = sender.send(message(to=TO, body="я" * 2100))
    assert (outcome.kind, outcome.code) == ("permanent", "payload_too_large")
    assert fcm.requests == 0
    assert sender.send(message(to=TO, body="я" * 2000)).kind == "accepted"


def test_a_token_that_is_gone_is_gone_for_good(fcm: Fcm, sender: Sender) -> None:
    fcm.gone.add(TO)
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == ("permanent", "subscription_gone")


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (failed(404, "Requested entity was not found."), "permanent", "subscription_gone"),
        (Reply(404, b"<html>"), "account_broken", "http_404"),
        (failed(400, "Invalid ttl", code="INVALID_ARGUMENT"), "permanent", "invalid_message"),
        (
            failed(400, "The registration token is not a valid FCM registration token"),
            "permanent",
            "subscription_gone",
        ),
        (failed(403, "x", code="SENDER_ID_MISMATCH"), "account_broken", "sender_mismatch"),
        (failed(403, "x"), "account_broken", "forbidden"),
        (failed(401, "x", code="THIRD_PARTY_AUTH_ERROR"), "account_broken", "wrong_credentials"),
        (failed(401, "x"), "account_broken", "wrong_credentials"),
        (failed(429, "x", code="QUOTA_EXCEEDED"), "retry", "rate_limited"),
        (failed(503, "x", code="UNAVAILABLE"), "unknown", "http_503"),
        (failed(500, "x", code="UNREGISTERED"), "unknown", "http_500"),
        (Reply(200, b"{}"), "unknown", "unreadable_answer"),
        (Reply(200, b"<html>"), "unknown", "unreadable_answer"),
        (Reply(400, b'{"error": 5}'), "permanent", "http_400"),
    ],
)
def test_firebases_own_codes_say_more_than_the_status(
    fcm: Fcm, sender: Sender, reply: Reply, kind: str, code: str
) -> None:
    fcm.fail("status", status=reply.status, body=reply.body.decode())
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == (kind, code)


@pytest.mark.parametrize(("status", "code"), [(429, "QUOTA_EXCEEDED"), (503, "UNAVAILABLE")])
def test_firebase_is_given_the_rest_it_asks_for(
    fcm: Fcm, sender: Sender, status: int, code: str
) -> None:
    body = failed(status, "later", code=code).body.decode()
    fcm.fail("status", status=status, body=body, headers={"Retry-After": "30"})
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.retry_after) == ("retry", 30.0)


def test_many_threads_share_one_exchange(fcm: Fcm, sender: Sender) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: sender.send(message(to=TO)), range(40)))
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert len(fcm.granted) == 1


def test_a_token_is_exchanged_anew_before_it_runs_out(fcm: Fcm, sender: Sender) -> None:
    now = datetime.now(UTC)
    for minutes, exchanges in [(0, 1), (54, 1), (55, 2), (40, 3)]:
        sender.send(message(to=TO, at=now + timedelta(minutes=minutes)))
        assert len(fcm.granted) == exchanges, minutes


def test_a_token_that_is_no_longer_known_is_exchanged_and_the_push_repeated(
    fcm: Fcm, sender: Sender
) -> None:
    sender.send(message(to=TO))
    fcm.expire()
    assert sender.send(message(to=TO)).kind == "accepted"
    assert (len(fcm.accepted), len(fcm.granted)) == (2, 2)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (as_json(400, {"error": "invalid_grant"}), "account_broken", "wrong_credentials"),
        (as_json(401, {"error": "invalid_client"}), "account_broken", "wrong_credentials"),
        (Reply(500), "retry", "token_500"),
        (Reply(429, b"", {"Retry-After": "9"}), "retry", "token_429"),
        (Reply(200, b"<html>"), "retry", "unreadable_answer"),
    ],
)
def test_without_access_the_push_has_not_left(
    fcm: Fcm, sender: Sender, reply: Reply, kind: str, code: str
) -> None:
    fcm.granting = reply
    outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == (kind, code)
    assert outcome.retry_after == (9.0 if reply.status == 429 else None)
    assert fcm.accepted == []
    fcm.granting = None
    assert sender.send(message(to=TO)).kind == "accepted"


def test_a_silent_exchange_holds_all_threads_together_and_not_one_after_another(fcm: Fcm) -> None:
    with black_hole() as url:
        sender = registry.sender(PROVIDER.account(fcm, token_url=url, **SHORT))
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda _: sender.send(message(to=TO)), range(8)))
    assert {(outcome.kind, outcome.code) for outcome in outcomes} == {("retry", "no_answer")}
    assert sender._access.exchanges < 8  # type: ignore[attr-defined]
    assert fcm.requests == 0


def test_nobody_exchanging_is_tried_again(fcm: Fcm) -> None:
    sender = registry.sender(PROVIDER.account(fcm, token_url=closed_port()))
    assert sender.send(message(to=TO)).code == "connect_failed"


def test_a_push_that_was_held_up_does_not_leave(fcm: Fcm, sender: Sender) -> None:
    with leaving_before(0.0):
        outcome = sender.send(message(to=TO))
    assert (outcome.kind, outcome.code) == ("retry", "held_up")
    assert fcm.requests == 0


@pytest.mark.parametrize(
    "fields",
    [{"private_key": "x"}, {"private_key": ""}, {"project_id": ""}, {"client_email": ""}],
)
def test_an_unusable_service_account_breaks_the_account(fcm: Fcm, fields: dict[str, str]) -> None:
    account = PROVIDER.account(fcm, service_account=fcm.service_account(**fields))
    outcome = registry.sender(account).send(message(to=TO))
    assert (outcome.kind, outcome.code) == ("account_broken", "wrong_credentials")
    assert fcm.requests == 0


@pytest.mark.parametrize("given", ["", "{", "[]", '{"project_id": 5}', "{}"])
def test_what_is_no_service_account_breaks_the_account_and_is_not_repeated(
    fcm: Fcm, given: str
) -> None:
    outcome = registry.sender(PROVIDER.account(fcm, service_account=given)).send(message(to=TO))
    assert outcome.kind == "account_broken"
    assert outcome.detail == "Enter the JSON file of a service account of the project."


def test_a_key_whose_line_ends_were_lost_on_the_way_is_read(fcm: Fcm) -> None:
    whole = msgspec.json.decode(fcm.service_account())["private_key"]
    for spelled in (whole.replace("\n", ""), whole.replace("\n", "\\n")):
        account = PROVIDER.account(fcm, service_account=fcm.service_account(private_key=spelled))
        assert registry.sender(account).send(message(to=TO)).kind == "accepted"


def test_a_service_account_does_not_show_its_key() -> None:
    account = ServiceAccount("shop-1", "push@shop-1.example", "canary-7f3a")
    assert "canary" not in repr(account)
