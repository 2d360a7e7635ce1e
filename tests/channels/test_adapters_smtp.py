"""Mail over SMTP: kept sessions, each step's refusal, logins, and what a lost connection proves."""

import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from channels.adapters import registry
from channels.adapters.base import Sender
from channels.adapters.smtp.session import Server, server_of
from tests.channels.providers import PROVIDERS, certificate, message, wire
from tests.emulators.smtp import MailServer, Step

PROVIDER = PROVIDERS["smtp"]


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server
    registry.close_all()


@pytest.fixture
def sender(server: MailServer) -> Sender:
    return registry.sender(PROVIDER.account(server))


def test_the_mail_arrives_whole_with_its_own_id(server: MailServer, sender: Sender) -> None:
    sent = message(text=".\n..\n.x\nend", subject="Привет", sender="Магазин <shop@example.com>")
    outcome = sender.send(sent)
    assert outcome.provider_id == f"<{sent.uid}@example.com>"
    mail = message_from_bytes(server.accepted[0]["raw"], policy=policy.SMTP)
    assert (mail["Subject"], mail["Message-ID"]) == ("Привет", outcome.provider_id)
    assert server.accepted[0]["sender"] == "shop@example.com"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n").strip() == ".\n..\n.x\nend"


def test_a_session_carries_many_mails_and_is_renewed(server: MailServer, sender: Sender) -> None:
    for _ in range(150):
        assert sender.send(message()).kind == "accepted"
    assert len(server.accepted) == 150
    assert server.sessions == 3  # the emulator's own probe at its start is one of them


@pytest.mark.parametrize(
    ("step", "reply", "kind", "code"),
    [
        ("mail", "451 later", "retry", "smtp_451"),
        ("mail", "550 no such sender", "permanent", "smtp_550"),
        ("mail", "530 log in first", "account_broken", "wrong_credentials"),
        ("rcpt", "450 busy", "retry", "smtp_450"),
        ("rcpt", "550 5.1.1 no such user", "permanent", "invalid_address"),
        ("rcpt", "550 5.7.1 not from you", "permanent", "smtp_550"),
        ("data", "452 no space", "retry", "smtp_452"),
        ("data", "554 5.7.1 spam", "permanent", "smtp_554"),
        ("data", "552 5.3.4 too big", "permanent", "smtp_552"),
        ("drop_after_taking", "", "unknown", "no_answer"),
        ("drop_before_taking", "", "unknown", "no_answer"),
    ],
)
@pytest.mark.parametrize("warm", [False, True])
def test_each_steps_refusal_has_its_outcome(
    server: MailServer, sender: Sender, step: Step, reply: str, kind: str, code: str, warm: bool
) -> None:
    if warm:
        assert sender.send(message()).kind == "accepted"
    server.fail(step, reply)
    outcome = sender.send(message())
    assert (outcome.kind, outcome.code) == (kind, code)
    assert len(server.accepted) == warm + (step == "drop_after_taking")
    server.replies.clear()
    assert sender.send(message()).kind == "accepted"


def test_a_login_is_used_and_a_wrong_one_breaks_the_account() -> None:
    with MailServer(login=("ann", "s p@ce")) as server:
        for password, kind in (("s%20p%40ce", "accepted"), ("wrong", "account_broken")):
            url = server.url.replace("smtp://", f"smtp://ann:{password}@")
            outcome = registry.sender(PROVIDER.account(server, url=url)).send(message())
            assert outcome.kind == kind, outcome
        outcome = registry.sender(PROVIDER.account(server)).send(message())
        assert (outcome.kind, outcome.code) == ("account_broken", "wrong_credentials")
    registry.close_all()


def test_a_login_where_the_server_offers_none_breaks_the_account(server: MailServer) -> None:
    url = server.url.replace("smtp://", "smtp://ann:secret@")
    outcome = registry.sender(PROVIDER.account(server, url=url)).send(message())
    assert (outcome.kind, outcome.code) == ("account_broken", "login_unsupported")


def test_encryption_that_is_demanded_is_not_done_without(server: MailServer) -> None:
    account = PROVIDER.account(server, url=f"{server.url}?starttls=always")
    outcome = registry.sender(account).send(message())
    assert (outcome.kind, outcome.code) == ("account_broken", "tls_required")


@pytest.mark.parametrize("trusted", [True, False])
def test_the_session_is_encrypted_where_the_server_offers_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    pem = certificate(tmp_path)
    if trusted:
        monkeypatch.setattr("certifi.where", lambda: str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    with MailServer(tls=context) as server:
        account = PROVIDER.account(server, url=f"{server.url}?starttls=always")
        outcomes = [registry.sender(account).send(message()) for _ in range(2)]
        registry.close_all()
    expected = ("accepted", "") if trusted else ("retry", "tls_failed")
    assert {(outcome.kind, outcome.code) for outcome in outcomes} == {expected}
    assert server.sessions == (2 if trusted else 3)


def test_a_password_is_never_sent_in_the_clear_over_a_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.adapters.smtp.session._LOOPBACK", frozenset())
    with MailServer(login=("ann", "secret")) as server:
        for query, kind in (("", "account_broken"), ("?starttls=never", "accepted")):
            url = server.url.replace("//", "//ann:secret@") + query
            outcome = registry.sender(PROVIDER.account(server, url=url)).send(message())
            assert outcome.kind == kind
    registry.close_all()


def test_a_server_without_tls_is_not_spoken_to_in_tls(server: MailServer) -> None:
    account = PROVIDER.account(server, url=server.url.replace("smtp:", "smtps:"))
    outcome = registry.sender(account).send(message())
    assert (outcome.kind, outcome.code) == ("retry", "tls_failed")


def test_a_server_that_greets_with_a_refusal_is_tried_again() -> None:
    with MailServer() as server, wire(lambda peer: peer.sendall(b"554 go away\r\n")) as url:
        outcome = registry.sender(PROVIDER.account(server, url=url)).send(message())
    assert (outcome.kind, outcome.code) == ("retry", "smtp_554")
    registry.close_all()


@pytest.mark.parametrize("step", [b"MAIL", b"RCPT", b"DATA", b"body"])
def test_a_connection_lost_before_the_final_dot_is_tried_again(step: bytes) -> None:
    def talk(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        while line := peer.recv(4096):
            if line.upper().startswith((step, b"DATA")):
                if step == b"body":
                    peer.sendall(b"354 go\r\n")
                    peer.recv(10)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                peer.close()
                return
            peer.sendall(b"250 ok\r\n")

    with MailServer() as server, wire(talk) as url:
        account = PROVIDER.account(server, url=url)
        outcome = registry.sender(account).send(
            message(html="x" * (20_000_000 if step == b"body" else 10))
        )
    assert (outcome.kind, outcome.code) == ("retry", "connection_lost")
    registry.close_all()


def test_a_session_that_the_server_has_ended_is_replaced(
    server: MailServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sender.send(message()).kind == "accepted"
    monkeypatch.setattr("channels.adapters.smtp.session.IDLE_SECONDS", -1.0)
    assert sender.send(message()).kind == "accepted"
    assert server.sessions == 3


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"subject": "Hi\r\nBcc: x@y.z"}, "permanent", "unsafe_header"),
        ({"headers": {"Bcc": "x@y.z"}}, "permanent", "unsafe_header"),
        ({"to": "nobody"}, "permanent", "invalid_address"),
        ({"to": "a@b.com>\r\nRCPT TO:<c@d.com"}, "permanent", "unsafe_header"),
        ({"sender": "nobody"}, "account_broken", "no_sender"),
    ],
)
def test_what_must_not_leave_is_refused_here(
    server: MailServer, sender: Sender, fields: dict[str, object], kind: str, code: str
) -> None:
    outcome = sender.send(message(**fields))
    assert (outcome.kind, outcome.code) == (kind, code)
    assert not server.accepted


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://ann:p%40ss@mail.example:2525",
            Server("mail.example", 2525, "ann", "p@ss", tls=False, starttls="auto"),
        ),
        ("smtp://mail.example", Server("mail.example", 587, "", "", tls=False, starttls="auto")),
        (
            "smtps://mail.example?starttls=never",
            Server("mail.example", 465, "", "", tls=True, starttls="never"),
        ),
        ("http://mail.example", None),
        ("smtp://mail.example?starttls=maybe", None),
        ("smtp://mail.example:99999", None),
        ("smtp://", None),
        ("", None),
    ],
)
def test_a_servers_address_is_read_or_refused(url: str, expected: Server | None) -> None:
    assert server_of(url) == expected


def test_an_address_that_cannot_be_read_breaks_the_account(server: MailServer) -> None:
    outcome = registry.sender(PROVIDER.account(server, url="mail.example")).send(message())
    assert (outcome.kind, outcome.code) == ("account_broken", "unusable_url")
