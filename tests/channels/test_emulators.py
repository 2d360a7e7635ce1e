"""The loopback providers as processes of their own, as benchmarks and crash tests use them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from channels.adapters import registry
from channels.core.message import AccountSettings, Device
from channels.core.webhook_signature import ecdsa_key
from tests.channels.providers import VAPID, message
from tests.emulators.push import decode_subscriptions
from tests.emulators.webhook import SECRET

ACCOUNTS = {
    "sendgrid": {"api_key": "k", "base_url": "URL"},
    "twilio": {"account_sid": f"AC{'0' * 32}", "auth_token": "token", "base_url": "URL"},
    "smtp": {"url": "URL"},
    "telegram": {"token": "42:token", "base_url": "URL"},
    "webhook": {"secret": SECRET, "url": "URL", "allow_private": "1"},
}
ADDRESSES = {"twilio": "+4915112345678", "telegram": "4242"}
PRESSED = {"buttons": [{"text": "OK", "action": "ok"}]}


@contextmanager
def process(provider: str, *arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.emulators", provider, *arguments]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        word, url = running.stdout.readline().split()
        assert word == "ready"
        yield url
        running.send_signal(signal.SIGTERM)
        assert running.wait(120) == 0
    registry.close_all()


@pytest.mark.parametrize("provider", sorted(ACCOUNTS))
def test_a_provider_in_another_process_keeps_its_own_log(provider: str, tmp_path: Path) -> None:
    log = tmp_path / "accepted.jsonl"
    with process(provider, "--log", str(log)) as url:
        options = {name: value.replace("URL", url) for name, value in ACCOUNTS[provider].items()}
        sender = "+15550001111" if provider == "twilio" else "shop@example.com"
        account = AccountSettings(slug="p", adapter=provider, sender=sender, options=options)
        to = ADDRESSES.get(provider, "ann@example.com")
        given = {"to": to, "status_callback": "https://shop.example/s", "data": PRESSED}
        sent = [message(**given) for _ in range(3)]
        for one in sent:
            assert registry.sender(account).send(one).kind == "accepted"
    logged = [json.loads(line)["uid"] for line in log.read_text().splitlines()]
    assert logged == [one.uid for one in sent]


def test_faults_and_counts_are_set_and_read_over_http() -> None:
    with process("sendgrid") as url:
        options = {"api_key": "k", "base_url": url}
        account = AccountSettings(slug="p", adapter="sendgrid", sender="a@b.com", options=options)
        fault = [{"mode": "drop", "accept": True, "times": 1}]
        assert httpx.post(f"{url}/_/faults", json=fault).json() == 1
        sent = message()
        kinds = [registry.sender(account).send(sent).kind for _ in range(2)]
        assert kinds == ["unknown", "accepted"]
        assert httpx.get(f"{url}/_/stats").json() == {"accepted": 2, "repeated": 1}
        assert [item["uid"] for item in httpx.get(f"{url}/_/accepted?after=1").json()] == [sent.uid]
        assert ecdsa_key(httpx.get(f"{url}/_/key").json()) is not None
        httpx.post(f"{url}/_/reset")
        assert httpx.get(f"{url}/_/accepted").json() == []
        assert httpx.get(f"{url}/_/nothing").status_code == 404


def test_browsers_subscribe_over_http() -> None:
    with process("push") as url:
        (given,) = decode_subscriptions(httpx.post(f"{url}/_/subscribe?count=1").content)
        options = {"private_key": VAPID, "subject": "mailto:a@b.com", "allow_private": "1"}
        account = AccountSettings(slug="p", adapter="webpush", options=options)
        device = Device(id=1, endpoint=given["endpoint"], **given["keys"])
        assert registry.sender(account).send(message(device=device)).kind == "accepted"
        assert httpx.get(f"{url}/_/stats").json() == {"accepted": 1, "signatures": 1}
