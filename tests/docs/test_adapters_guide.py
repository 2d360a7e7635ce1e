"""The adapter that the guide builds keeps the contract, which not just any adapter does."""

import base64
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from channels.adapters import registry
from channels.adapters.base import Malformed, RawRequest
from channels.adapters.contract import Answer, Provided, broken
from channels.core.message import AccountSettings, Outcome
from channels.core.webhook_signature import sign_standard_webhook
from config.env import adapters
from tests.channels import providers
from tests.docs.pages import examples

SECRET = "whsec_" + base64.b64encode(b"shop" * 6).decode()
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
PARTS = {each.word: each.text for each in examples("python") if each.page == "docs/adapters.md"}
ACCOUNT = AccountSettings(slug="main", adapter="pigeon", options={"webhook_secret": SECRET})


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The guide's package, installed and named in the settings."""
    package = tmp_path / "pigeon"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("adapter", "callbacks"):
        (package / f"{name}.py").write_text(PARTS[name], encoding="utf8")
    monkeypatch.syspath_prepend(tmp_path)
    row = registry.added(adapters(["pigeon=pigeon"]))["pigeon"]
    monkeypatch.setitem(registry.PROVIDERS, "pigeon", row)
    yield "pigeon"
    registry.close_all()
    for name in [name for name in sys.modules if name.partition(".")[0] == "pigeon"]:
        del sys.modules[name]


def test_the_guides_adapter_stands_among_the_providers(pigeon: str) -> None:
    row = registry.PROVIDERS[pigeon]
    assert (row.title, row.channels) == ("Pigeon Post", ("sms",))
    assert registry.options(pigeon)[0].name == "api_key"
    assert registry.channel(ACCOUNT) == "sms"


def test_the_guides_own_test_passes(pigeon: str) -> None:
    given: dict[str, Any] = {}
    exec(compile(PARTS["test"], "docs/adapters.md", "exec"), given)
    given["test_pigeons_keep_the_contract"]()
    assert broken(provided(given, registry.adapter(pigeon))) == []


def provided(given: dict[str, Any], adapter: Any) -> Provided:
    return Provided(
        adapter=adapter,
        account=given["account"],
        message=given["message"],
        yes=Answer(201, b'{"id": "p-1"}'),
    )


class Yes:
    """An adapter that never calls anybody and is always content."""

    CHANNELS = ("sms",)
    OPTIONS = ()
    repeatable = False
    settle_seconds = 0

    def open(self, account: AccountSettings) -> Any:
        return self

    def send(self, message: object) -> Outcome:
        return Outcome(kind="accepted", provider_id="1")

    def lookup(self, **asked: object) -> Outcome:
        return Outcome(kind="retry", code="absent")

    def close(self) -> None:
        """Nothing to close."""


def test_an_adapter_that_makes_it_all_up_is_found_out(pigeon: str) -> None:
    given: dict[str, Any] = {}
    exec(compile(PARTS["test"], "docs/adapters.md", "exec"), given)
    faults = broken(provided(given, Yes()))
    for words in ("nobody called it", "HTTP 401 is account_broken", "Retry-After: 7", "(silent)",
                  "Nobody listening", "lookup that reaches nobody", "held up"):  # fmt: skip
        assert any(words in fault for fault in faults), words


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("sendgrid", Answer(202, b"", {"X-Message-Id": "1"})),
        ("twilio", Answer(201, b'{"sid": "SM1"}')),
        ("webpush", Answer(201, b"", {"Location": "https://push.example/1"})),
        (
            "anymail",
            Answer(200, b'{"ErrorCode":0,"Message":"OK","MessageID":"1","To":"ann@example.com"}'),
        ),
        ("fcm", Answer(200, b'{"name": "projects/shop-1/messages/1"}')),
    ],
)
def test_our_own_keep_it_too(name: str, yes: Answer) -> None:
    provider = providers.PROVIDERS[name]
    with provider.start() as emulator:
        assert broken(
            Provided(
                adapter=registry.adapter(name),
                account=lambda url: provider.account(emulator, url=url),
                message=lambda url: provider.message(emulator, url=url),
                yes=yes,
            )
        ) == []  # fmt: skip


def report(body: bytes, *, sign: Callable[[bytes], bytes] = bytes) -> RawRequest:
    at = str(int(NOW.timestamp()))
    signature = sign_standard_webhook(SECRET, message_id="m1", timestamp=at, body=sign(body))
    headers = {"id": "m1", "timestamp": at, "signature": f"v1,{signature}"}
    named = {f"webhook-{name}": value for name, value in headers.items()}
    return RawRequest(method="POST", url="https://x/", headers=named, body=body, now=NOW)


def test_the_guides_callbacks_let_in_what_is_signed_and_nothing_else(pigeon: str) -> None:
    callbacks = registry.callbacks(pigeon)
    body = msgspec.json.encode({"id": "p-1", "status": "arrived", "reference": "uid-1"})
    assert callbacks.verify(ACCOUNT, report(body)) is None
    forged = callbacks.verify(ACCOUNT, report(body, sign=bytes.upper))
    assert forged is not None
    assert forged.status == 401
    keyless = callbacks.verify(AccountSettings(slug="x", adapter="pigeon"), report(body))
    assert keyless is not None
    assert keyless.status == 403
    parsed = callbacks.parse(ACCOUNT, report(body))
    assert not isinstance(parsed, Malformed)
    (receipt,) = parsed
    assert (receipt.kind, receipt.message_uid, receipt.key) == ("delivered", "uid-1", "p-1:arrived")
    assert callbacks.parse(ACCOUNT, report(body.replace(b"arrived", b"resting"))) == []
    assert isinstance(callbacks.parse(ACCOUNT, report(b"\xff")), Malformed)


@pytest.mark.parametrize("given", ["pigeon", "=pigeon", "Pigeon=p", "p=", "p=a b", "p=.a", "p/q=a"])
def test_what_names_no_package_stops_the_start(given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SOJOURN_ADAPTERS"):
        adapters([given])


@pytest.mark.parametrize(
    ("name", "package", "words"),
    [
        ("twilio", "pigeon", "which is ours"),
        ("dove", "no_such_package", "no_such_package is no adapter"),
        ("dove", "tests.emulators", "is no adapter"),
    ],
)
def test_what_is_no_adapter_stops_the_start(name: str, package: str, words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        registry.added({name: package})


def test_a_third_partys_callbacks_have_an_address(pigeon: str, client: Any, db: None) -> None:
    assert client.post("/callbacks/pigeon/nobody", b"{}", "application/json").status_code == 403
    assert client.post("/callbacks/dove/nobody/x", b"{}", "application/json").status_code == 403
