"""One contract for every provider: what each answer, silence and accident proves."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from channels.adapters import registry
from channels.adapters.base import Sender
from channels.core.message import Outcome, Outgoing
from tests.channels.providers import (
    NOW,
    PROVIDERS,
    SECRET,
    SHORT,
    Provider,
    black_hole,
    closed_port,
    wire,
)
from tests.config.processes import until
from tests.lived import Lived

HTTP = ["sendgrid", "twilio", "webpush", "telegram", "webhook", "fcm", "apns", "anymail"]
Case = tuple[Provider, Any, Sender]


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    registry.close_all()


@pytest.fixture(params=[*HTTP, "smtp"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    provider = PROVIDERS[request.param]
    with provider.start() as emulator:
        yield provider, emulator, registry.sender(provider.account(emulator))


@pytest.fixture(params=HTTP)
def http(request: pytest.FixtureRequest) -> Iterator[Case]:
    provider = PROVIDERS[request.param]
    with provider.start() as emulator:
        yield provider, emulator, registry.sender(provider.account(emulator))


def send_with(case: Case, mode: str, **fault: Any) -> Outcome:
    provider, emulator, sender = case
    emulator.fail(mode, **fault)
    return sender.send(provider.message(emulator))


def unanswered(sender: Sender, sent: Outgoing) -> tuple[Outcome, float]:
    """What comes of it, and how long it took us. Who needs a token first, and is held up over that,
    has sent nothing yet: it is tried again.
    """
    for _ in range(20):
        with Lived() as waited:
            outcome = sender.send(sent)
        if (outcome.kind, outcome.code) != ("retry", "no_answer"):
            break
    return outcome, waited.seconds


def test_a_good_message_is_accepted_once_with_the_providers_id(case: Case) -> None:
    provider, emulator, sender = case
    sent = provider.message(emulator, status_callback="https://shop.example/s")
    outcome = sender.send(sent)
    assert outcome.kind == "accepted", outcome
    assert outcome.provider_id
    assert emulator.accepted[0]["uid"] == sent.uid
    assert len(emulator.accepted) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, "account_broken"),
        (400, "permanent"),
        (401, "account_broken"),
        (403, "account_broken"),
        (408, "retry"),
        (413, "permanent"),
        (422, "permanent"),
        (429, "retry"),
        (500, "unknown"),
        (502, "unknown"),
        (503, "unknown"),
        (504, "unknown"),
    ],
)
def test_each_status_has_its_outcome(http: Case, status: int, kind: str) -> None:
    outcome = send_with(http, "status", status=status, body="sorry")
    assert (outcome.kind, outcome.http_status) == (kind, status)
    assert outcome.code
    assert not http[1].accepted


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(http: Case, status: int) -> None:
    outcome = send_with(http, "status", status=status, headers={"Retry-After": "7"})
    assert (outcome.kind, outcome.retry_after) == ("retry", 7.0)


def test_the_time_of_a_retry_may_be_a_date(http: Case) -> None:
    dates = {
        "Date": "Thu, 05 Nov 2026 12:00:00 GMT",
        "Retry-After": "Thu, 05 Nov 2026 12:00:42 GMT",
    }
    assert send_with(http, "status", status=429, headers=dates).retry_after == 42.0


def test_nobody_listening_is_not_accepted_so_it_is_tried_again(case: Case) -> None:
    provider, emulator, _ = case
    url = closed_port()
    sender = registry.sender(provider.account(emulator, url=url, slug="closed"))
    outcome = sender.send(provider.message(emulator, url=url))
    assert (outcome.kind, outcome.code) == ("retry", "connect_failed")


def test_a_black_hole_holds_a_worker_no_longer_than_its_time_outs(case: Case) -> None:
    provider, emulator, _ = case
    with black_hole() as url:
        sender = registry.sender(provider.account(emulator, url=url, slug="hole", **SHORT))
        outcome, seconds = unanswered(sender, provider.message(emulator, url=url))
    assert seconds < 3
    assert outcome.kind == ("retry" if provider.name == "smtp" else "unknown")


def test_a_provider_that_drips_holds_a_worker_no_longer_either(case: Case) -> None:
    provider, emulator, _ = case

    def drip(connection: Any) -> None:
        pause = threading.Event()
        for byte in b"HTTP/1.1 200 OK\r\n" + b"220-slow\r\n" * 1000:
            connection.sendall(bytes([byte]))
            pause.wait(0.1)

    with wire(drip) as url:
        sender = registry.sender(provider.account(emulator, url=url, slug="drip", **SHORT))
        outcome, seconds = unanswered(sender, provider.message(emulator, url=url))
    assert seconds < 3
    assert outcome.kind == ("retry" if provider.name == "smtp" else "unknown")


@pytest.mark.parametrize("mode", ["drop", "silent"])
@pytest.mark.parametrize("accept", [True, False])
def test_no_answer_after_the_request_has_left_proves_nothing(
    http: Case, mode: str, accept: bool
) -> None:
    provider, emulator, _ = http
    sender = registry.sender(provider.account(emulator, slug="mute", read_seconds="1"))
    emulator.fail(mode, accept=accept)
    outcome, _ = unanswered(sender, provider.message(emulator))
    assert outcome.kind == "unknown"
    until(lambda: len(emulator.accepted) >= accept)  # it may hear of us when we have given up
    assert len(emulator.accepted) == accept


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_gateway_error_may_hide_an_accepted_message(http: Case, status: int) -> None:
    assert send_with(http, "status", accept=True, status=status).kind == "unknown"
    assert len(http[1].accepted) == 1


@pytest.mark.parametrize("name", ["sendgrid", "twilio"])
@pytest.mark.parametrize("accept", [True, False])
def test_an_unproven_send_is_settled_by_the_providers_list(name: str, accept: bool) -> None:
    provider = PROVIDERS[name]
    with provider.start() as emulator:
        sender = registry.sender(provider.account(emulator))
        emulator.fail("drop", accept=accept, times=1)
        sent = provider.message(emulator, status_callback="https://shop.example/s")
        assert sender.send(sent).kind == "unknown"
        found = sender.lookup(uid=sent.uid, to=sent.to, since=NOW, body=sent.text)
        assert found is not None
        if accept:
            assert found.kind == "accepted"
            assert emulator.accepted[0]["id"] == found.provider_id
        else:
            assert (found.kind, found.code) == ("retry", "absent")


def test_a_provider_that_cannot_tell_proves_nothing(case: Case) -> None:
    provider, emulator, _ = case
    gone = registry.sender(provider.account(emulator, url=closed_port(), slug="gone"))
    asked = gone.lookup(uid="x", to=provider.to, since=NOW - timedelta(hours=1), body="x")
    assert asked is None


def test_many_messages_share_one_connection(http: Case) -> None:
    provider, emulator, sender = http
    for _ in range(20):
        assert sender.send(provider.message(emulator)).kind == "accepted"
    assert emulator.connections == 1


def test_many_threads_share_one_sender(case: Case) -> None:
    provider, emulator, sender = case
    sent = [
        provider.message(emulator, status_callback="https://shop.example/s") for _ in range(120)
    ]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(sender.send, sent))
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert {item["uid"] for item in emulator.accepted} == {item.uid for item in sent}
    assert len(emulator.accepted) == 120


def test_no_outcome_carries_a_secret(case: Case) -> None:
    provider, emulator, sender = case
    account = provider.account(emulator)
    outcomes = [sender.send(provider.message(emulator))]
    if provider.name != "smtp":
        outcomes.append(send_with(case, "status", status=401, body="no"))
    assert SECRET not in repr([account, *outcomes])


def test_an_account_without_its_settings_is_broken_and_says_so(case: Case) -> None:
    provider, emulator, _ = case
    bare = provider.account(emulator, slug="bare")
    bare.options.clear()
    bare.options.update(allow_private="1", base_url=closed_port())
    outcome = registry.sender(bare).send(provider.message(emulator))
    assert outcome.kind in {"account_broken", "retry"}
    assert outcome.detail
