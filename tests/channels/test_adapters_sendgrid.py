"""What goes to SendGrid, to the field, and what its lists and refusals mean."""

from collections.abc import Iterator

import pytest

from channels.adapters import registry
from channels.adapters.base import Sender, Together
from channels.adapters.sendgrid.adapter import compose
from tests.channels.providers import NOW, PROVIDERS, SECRET, message, wire
from tests.emulators.sendgrid import SendGrid

PROVIDER = PROVIDERS["sendgrid"]


@pytest.fixture
def emulator() -> Iterator[SendGrid]:
    with SendGrid(api_key=SECRET) as emulator:
        yield emulator
    registry.close_all()


@pytest.fixture
def sender(emulator: SendGrid) -> Sender:
    return registry.sender(PROVIDER.account(emulator))


def test_the_request_is_the_v3_api_with_our_id_and_without_their_tracking() -> None:
    mail = compose(
        message(
            uid="u-1",
            sender="Магазин <shop@example.com>",
            to="Ann <ann@example.com>",
            headers={"List-Unsubscribe": "<https://x/u/1>", "Reply-To": "Help <help@example.com>"},
        )
    )
    assert mail == {
        "personalizations": [{"to": [{"email": "ann@example.com", "name": "Ann"}]}],
        "from": {"email": "shop@example.com", "name": "Магазин"},
        "reply_to": {"email": "help@example.com", "name": "Help"},
        "subject": "Your basket waits",
        "content": [
            {"type": "text/plain", "value": "Still thinking?"},
            {"type": "text/html", "value": "<p>Still thinking?</p>"},
        ],
        "headers": {"List-Unsubscribe": "<https://x/u/1>"},
        "custom_args": {"message_id": "u-1"},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }


def test_the_mail_arrives_as_it_was_meant(emulator: SendGrid, sender: Sender) -> None:
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    outcome = sender.send(message(headers=one_click, subject="Привет 👋"))
    taken = emulator.accepted[0]
    assert outcome.provider_id == taken["id"]
    assert (taken["subject"], taken["headers"]) == ("Привет 👋", one_click)
    assert taken["sender"] == "shop@example.com"


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"subject": "Hi\r\nBcc: x@y.z"}, "permanent", "unsafe_header"),
        ({"headers": {"X": "a\nb"}}, "permanent", "unsafe_header"),
        ({"to": "nobody"}, "permanent", "invalid_address"),
        ({"to": "a@b.com, c@d.com"}, "permanent", "invalid_address"),
        ({"sender": "nobody"}, "account_broken", "no_sender"),
    ],
)
def test_what_must_not_leave_is_refused_here(
    emulator: SendGrid, sender: Sender, fields: dict[str, object], kind: str, code: str
) -> None:
    outcome = sender.send(message(**fields))
    assert (outcome.kind, outcome.code) == (kind, code)
    assert outcome.detail
    assert emulator.requests == 0


def test_one_bad_recipient_spoils_nobody_elses_mail(emulator: SendGrid, sender: Sender) -> None:
    assert isinstance(sender, Together)
    people = {"u-1": "ann@example.com", "u-2": "nobody", "u-3": "ben@localhost", "u-4": "cat@b.com"}
    outcomes = sender.send_together([message(uid=uid, to=to) for uid, to in people.items()])
    assert [outcome.kind for outcome in outcomes] == [
        "accepted", "permanent", "permanent", "accepted",
    ]  # fmt: skip
    assert (outcomes[1].code, outcomes[2].code) == ("invalid_address", "http_400")
    assert emulator.uids == {"u-1": 1, "u-4": 1}
    assert emulator.requests == 4


def test_a_wrong_key_breaks_the_account_with_sendgrids_own_words(emulator: SendGrid) -> None:
    account = PROVIDER.account(emulator, api_key="wrong")
    outcome = registry.sender(account).send(message())
    assert outcome.kind == "account_broken"
    assert "authorization grant is invalid" in outcome.detail


@pytest.mark.parametrize("body", ["[]", "{}", '{"errors": 5}', '{"errors": ["x"]}', "<html>"])
def test_a_refusal_in_another_shape_is_shown_as_it_came(
    emulator: SendGrid, sender: Sender, body: str
) -> None:
    emulator.fail("status", status=400, body=body)
    assert sender.send(message()).detail == body


def test_a_limit_may_say_when_it_ends_instead_of_how_long(
    emulator: SendGrid, sender: Sender
) -> None:
    headers = {"Date": "Thu, 05 Nov 2026 12:00:00 GMT", "X-RateLimit-Reset": "1793880030"}
    emulator.fail("status", status=429, headers=headers)
    assert sender.send(message()).retry_after == 30.0


@pytest.mark.parametrize("odd", ["soon", "-5", "Thu, 99 Nov 2026", "٣"])
def test_a_retry_time_that_is_none_is_left_out(
    emulator: SendGrid, sender: Sender, odd: str
) -> None:
    emulator.fail("status", status=429, headers={"Retry-After": odd.encode().decode("latin-1")})
    outcome = sender.send(message())
    assert (outcome.kind, outcome.retry_after) == ("retry", None)


def test_an_account_without_the_activity_list_cannot_tell(emulator: SendGrid) -> None:
    emulator.activity = False
    sender = registry.sender(PROVIDER.account(emulator))
    assert sender.lookup(uid="u", to="", since=NOW, body="") is None


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"messages": [{"id": 1}]}', b"<html>"])
def test_a_list_in_another_shape_proves_nothing(body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def talk(connection: object) -> None:
        connection.recv(65536)  # type: ignore[attr-defined]
        connection.sendall(answer)  # type: ignore[attr-defined]

    with SendGrid() as emulator, wire(talk) as url:
        sender = registry.sender(PROVIDER.account(emulator, url=url, slug="odd"))
        assert sender.lookup(uid="u", to="", since=NOW, body="") is None
    registry.close_all()
