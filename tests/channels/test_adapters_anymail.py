"""Mail through django-anymail: what goes to the provider, and what its answers mean."""

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from channels.adapters import registry
from channels.adapters.anymail.sender import BACKENDS
from channels.adapters.base import Sender
from channels.adapters.transport import leaving_before
from tests.channels.providers import PROVIDERS, message
from tests.emulators.postmark import Postmark, failed
from tests.emulators.server import Emulator, Reply, Request, as_json

PROVIDER = PROVIDERS["anymail"]


@pytest.fixture
def postmark() -> Iterator[Postmark]:
    with Postmark(server_token="canary-7f3a") as postmark:
        yield postmark
    registry.close_all()


@pytest.fixture
def sender(postmark: Postmark) -> Sender:
    return registry.sender(PROVIDER.account(postmark))


def test_the_provider_gets_the_whole_mail(postmark: Postmark, sender: Sender) -> None:
    headers = {"List-Unsubscribe": "<https://shop.example/u/1>", "Reply-To": "help@example.com"}
    sent = message(
        to="Ann, Lee <ann@example.com>", subject="Корзина", headers=headers, sender='"A" <a@b.com>'
    )
    outcome = sender.send(sent)
    assert (outcome.kind, outcome.http_status) == ("accepted", 200)
    assert outcome.provider_id == postmark.accepted[0]["id"]
    mail = postmark.accepted[0]["mail"]
    assert (mail["To"], mail["From"]) == ('"Ann, Lee" <ann@example.com>', "A <a@b.com>")
    assert (mail["Subject"], mail["ReplyTo"]) == ("Корзина", "help@example.com")
    assert (mail["TextBody"], mail["HtmlBody"]) == ("Still thinking?", "<p>Still thinking?</p>")
    assert mail["Metadata"] == {"message_id": sent.uid}
    assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")
    assert {(each["Name"], each["Value"]) for each in mail["Headers"]} == {
        ("List-Unsubscribe", "<https://shop.example/u/1>"),
        ("Message-ID", f"<{sent.uid}@b.com>"),
        ("X-PM-KeepID", "true"),
    }


def test_a_name_with_a_comma_stays_one_sender(postmark: Postmark, sender: Sender) -> None:
    assert sender.send(message(sender="Shop, Inc <shop@example.com>")).kind == "accepted"
    assert postmark.accepted[0]["sender"] == '"Shop, Inc" <shop@example.com>'


def test_a_mail_may_be_plain_text_alone(postmark: Postmark, sender: Sender) -> None:
    assert sender.send(message(html="")).kind == "accepted"
    assert "HtmlBody" not in postmark.accepted[0]["mail"]


def test_an_address_that_bounced_before_is_refused_and_stays_open(
    postmark: Postmark, sender: Sender
) -> None:
    postmark.inactive.add("ann@example.com")
    outcome = sender.send(message())
    assert (outcome.kind, outcome.code, outcome.http_status) == ("permanent", "rejected", 422)
    assert "inactive" in outcome.detail


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (failed(422, 300, "Invalid 'To' address: 'ann@example.com'."), "permanent",
         "invalid_address"),
        (failed(422, 300, "Invalid metadata content."), "permanent", "http_422"),
        (failed(422, 100, "Maintenance"), "retry", "maintenance"),
        (failed(422, 400, "Sender signature not found."), "account_broken", "invalid_sender"),
        (failed(422, 405, "Not allowed to send"), "account_broken", "account_inactive"),
        (failed(422, 412, "Account is pending"), "account_broken", "account_inactive"),
        (failed(401, 10, "Bad token"), "account_broken", "http_401"),
        (Reply(422, b"<html>"), "permanent", "http_422"),
        (Reply(200, b"<html>"), "unknown", "unreadable_answer"),
        (Reply(200, b"{}"), "unknown", "unreadable_answer"),
        (as_json(200, {"ErrorCode": 0, "Message": "OK"}), "unknown", "unreadable_answer"),
        (as_json(200, {"ErrorCode": 0, "Message": "OK", "MessageID": "1"}), "unknown",
         "unreadable_answer"),
    ],
)  # fmt: skip
def test_the_providers_words_become_ours(
    postmark: Postmark, sender: Sender, reply: Reply, kind: str, code: str
) -> None:
    postmark.fail("status", status=reply.status, body=reply.body.decode())
    outcome = sender.send(message())
    assert (outcome.kind, outcome.code, outcome.http_status) == (kind, code, reply.status)
    assert outcome.detail


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"to": "nobody"}, "permanent", "invalid_address"),
        ({"to": "a@b.com\r\nBcc: c@d.com"}, "permanent", "unsafe_header"),
        ({"headers": {"Bcc": "c@d.com"}}, "permanent", "unsafe_header"),
        ({"sender": "nobody"}, "account_broken", "no_sender"),
        ({"headers": {"Reply-To": "a, b <c"}}, "permanent", "unsupported"),
    ],
)
def test_what_cannot_be_sent_never_leaves(
    postmark: Postmark, sender: Sender, fields: dict[str, Any], kind: str, code: str
) -> None:
    outcome = sender.send(message(**fields))
    assert (outcome.kind, outcome.code) == (kind, code)
    assert postmark.requests == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"backend": "pigeon"}, "one of brevo"),
        ({"backend": ""}, "one of brevo"),
        ({"settings": "{"}, "not an object in JSON"),
        ({"settings": "[]"}, "not an object in JSON"),
        ({"settings": "{}"}, "POSTMARK_SERVER_TOKEN"),
        ({"base_url": "nonsense"}, "MissingSchema"),
    ],
)
def test_settings_that_cannot_be_used_break_the_account_and_say_why(
    postmark: Postmark, options: dict[str, str], words: str
) -> None:
    outcome = registry.sender(PROVIDER.account(postmark, **options)).send(message())
    assert outcome.kind == "account_broken"
    assert words in outcome.detail
    assert postmark.requests == 0


def test_a_mail_that_was_held_up_does_not_leave(postmark: Postmark, sender: Sender) -> None:
    with leaving_before(0.0):
        assert sender.send(message()).code == "held_up"
    assert postmark.requests == 0


def test_a_redirect_leads_nowhere(postmark: Postmark, sender: Sender) -> None:
    headers = {"Location": f"{postmark.url}/email"}
    postmark.fail("status", status=302, headers=headers, times=1)
    assert sender.send(message()).kind == "account_broken"
    assert (postmark.requests, postmark.accepted) == (1, [])


def test_without_the_library_the_account_says_what_to_install(
    postmark: Postmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "channels.adapters.anymail.sender", None)
    with pytest.raises(ValueError, match="sojourn\\[anymail\\]"):
        registry.sender(PROVIDER.account(postmark))


class Anybody(Emulator):
    """A provider of any kind: keeps what came and answers as it is told."""

    says = Reply(200)

    def is_send(self, request: Request) -> bool:
        return True

    def answer(self, request: Request) -> Reply:
        self.accept(uid="", path=request.path, body=request.body.decode("latin-1"))
        return self.says


SETTINGS: dict[str, dict[str, str]] = {
    "brevo": {"api_key": "k"},
    "mailersend": {"api_token": "k"},
    "mailgun": {"api_key": "k"},
    "mailjet": {"api_key": "k", "secret_key": "s"},
    "mailtrap": {"api_token": "k"},
    "mandrill": {"api_key": "k"},
    "postmark": {"server_token": "k"},
    "resend": {"api_key": "k"},
    "scaleway": {"secret_key": "k", "project_id": "p"},
    "sparkpost": {"api_key": "k"},
}


@pytest.mark.parametrize("backend", sorted(BACKENDS))
@pytest.mark.parametrize(("status", "kind"), [(401, "account_broken"), (500, "unknown")])
def test_every_provider_is_spoken_to_with_our_id_and_our_message_id(
    backend: str, status: int, kind: str
) -> None:
    with Anybody() as provider:
        provider.says = Reply(status, b"no")
        account = PROVIDER.account(
            provider, backend=backend, settings=msgspec.json.encode(SETTINGS[backend]).decode(),
        )  # fmt: skip
        sent = message()
        outcome = registry.sender(account).send(sent)
        registry.close_all()
    assert (outcome.kind, outcome.http_status) == (kind, status), outcome
    (taken,) = provider.accepted
    assert "ann@example.com" in unquote(taken["body"])
    assert f"{sent.uid}@example.com" in unquote(taken["body"])


def test_mailguns_yes_is_a_yes() -> None:
    with Anybody() as provider:
        provider.says = as_json(200, {"id": "<1@mg.example>", "message": "Queued. Thank you."})
        settings = msgspec.json.encode(SETTINGS["mailgun"]).decode()
        account = PROVIDER.account(provider, backend="mailgun", settings=settings)
        outcome = registry.sender(account).send(message())
        registry.close_all()
    assert (outcome.kind, outcome.provider_id) == ("accepted", "<1@mg.example>")
    assert provider.accepted[0]["path"] == "/example.com/messages"
