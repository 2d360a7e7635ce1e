"""The cast of the adapter tests: each provider with its emulator, an account and a message."""

import base64
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from py_vapid import Vapid

from channels.core.message import AccountSettings, Device, Outgoing
from tests.emulators.apns import Apns
from tests.emulators.fcm import Fcm
from tests.emulators.postmark import Postmark
from tests.emulators.push import Push
from tests.emulators.sendgrid import SendGrid
from tests.emulators.smtp import MailServer
from tests.emulators.telegram import Telegram
from tests.emulators.twilio import Twilio
from tests.emulators.webhook import Webhook

SECRET = "canary-7f3a"
SHORT = {"connect_seconds": "0.5", "read_seconds": "0.5"}
"""Time-outs for a provider that never answers."""
PATIENT = {"connect_seconds": "60", "read_seconds": "18"}
"""For one that answers, on a machine that may have other things to do: the longest there are."""
NOW = datetime.now(UTC)
"""The beginning of the run, which may be long ago when a test asks."""


def vapid_key() -> str:
    """A fresh VAPID key as the raw base64url that browsers' tools print."""
    vapid = Vapid()
    vapid.generate_keys()
    number = vapid.private_key.private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


VAPID = vapid_key()


def message(**fields: Any) -> Outgoing:
    given: dict[str, Any] = {
        "uid": str(uuid.uuid4()),
        "to": "ann@example.com",
        "at": datetime.now(UTC),
        "subject": "Your basket waits",
        "html": "<p>Still thinking?</p>",
        "text": "Still thinking?",
        "title": "Your basket",
        "body": "Still thinking?",
    }
    return Outgoing(**{**given, **fields})


class Provider(msgspec.Struct, frozen=True):
    """How to run one provider and reach it, at its own address or at another one."""

    name: str
    start: Callable[[], AbstractContextManager[Any]]
    options: Callable[[Any, str], dict[str, str]]
    sender: str = ""
    to: str = "ann@example.com"

    def account(
        self, emulator: Any, *, url: str = "", slug: str = "main", **options: str
    ) -> AccountSettings:
        return AccountSettings(
            slug=slug,
            adapter=self.name,
            sender=self.sender,
            options={**PATIENT, **self.options(emulator, url or emulator.url), **options},
        )

    def message(self, emulator: Any, *, url: str = "", **fields: Any) -> Outgoing:
        if self.name == "webpush":
            fields.setdefault("device", device(emulator, url=url))
        if self.name == "telegram":
            fields.setdefault("data", {"buttons": [{"text": "OK", "action": "ok"}]})
        return message(**{"to": self.to, **fields})


def device(push: Push, *, url: str = "") -> Device:
    given = push.subscribe()
    endpoint = given["endpoint"].replace(push.url, url) if url else given["endpoint"]
    return Device(id=1, endpoint=endpoint, **given["keys"])


def _sendgrid(emulator: SendGrid, url: str) -> dict[str, str]:
    return {"api_key": SECRET, "base_url": url, "webhook_public_key": emulator.public_key}


def _twilio(emulator: Twilio, url: str) -> dict[str, str]:
    return {"account_sid": emulator.account_sid, "auth_token": SECRET, "base_url": url}


def _webpush(emulator: Push, url: str) -> dict[str, str]:
    return {"private_key": VAPID, "subject": "mailto:ops@example.com", "allow_private": "1"}


def _fcm(emulator: Fcm, url: str) -> dict[str, str]:
    return {"service_account": emulator.service_account(), "base_url": url}


def _apns(emulator: Apns, url: str) -> dict[str, str]:
    team = {"key_id": "KEY1234567", "team_id": "TEAM123456", "topic": emulator.topic}
    return {"key": emulator.key, "base_url": url, **team}


def _anymail(emulator: Postmark, url: str) -> dict[str, str]:
    settings = msgspec.json.encode({"server_token": SECRET}).decode()
    return {"backend": "postmark", "settings": settings, "base_url": url}


def _smtp(emulator: MailServer, url: str) -> dict[str, str]:
    return {"url": url.replace("http://", "smtp://")}


def _telegram(emulator: Telegram, url: str) -> dict[str, str]:
    return {"token": SECRET, "base_url": url, "secret_token": emulator.secret_token}


def _webhook(emulator: Webhook, url: str) -> dict[str, str]:
    return {"secret": emulator.secret, "url": f"{url}/in?key={SECRET}", "allow_private": "1"}


PROVIDERS = {
    "sendgrid": Provider("sendgrid", SendGrid, _sendgrid, sender="Shop <shop@example.com>"),
    "twilio": Provider(
        "twilio",
        lambda: Twilio(auth_token=SECRET),
        _twilio,
        sender="+15550001111",
        to="+4915112345678",
    ),
    "webpush": Provider("webpush", Push, _webpush, to="1"),
    "fcm": Provider("fcm", lambda: Fcm(access_token=SECRET), _fcm, to="device-1"),
    "apns": Provider("apns", Apns, _apns, to="ab" * 32),
    "anymail": Provider(
        "anymail", lambda: Postmark(server_token=SECRET), _anymail, sender="Shop <shop@example.com>"
    ),
    "smtp": Provider("smtp", MailServer, _smtp, sender="Shop <shop@example.com>"),
    "telegram": Provider("telegram", lambda: Telegram(token=SECRET), _telegram, to="4242"),
    "webhook": Provider("webhook", Webhook, _webhook, to="ada"),
}


def closed_port() -> str:
    """An address where nobody listens, and where nobody can begin to."""
    return f"http://127.0.0.1:{_held().getsockname()[1]}"


@cache
def _held() -> socket.socket:
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    return probe


@contextmanager
def wire(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does exactly as told with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                taken.append(connection)
                threading.Thread(target=_quietly, args=(talk, connection), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(60)
        for connection in taken:
            connection.close()


def _quietly(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        talk(connection)
    except OSError:
        connection.close()


def black_hole() -> AbstractContextManager[str]:
    """Takes connections and never says a word."""
    return wire(lambda connection: None)


def certificate(folder: Path) -> Path:
    """A certificate of localhost and 127.0.0.1 that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    return path
