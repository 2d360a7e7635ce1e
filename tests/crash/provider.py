"""A provider as a process of its own, whose log of what it took outlives everything else."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.acceptance.providers import SENDER, SID, TOKEN
from tests.config.processes import REPOSITORY


class Kind(NamedTuple):
    """A provider, the channel it serves, and where a customer's address for it comes from."""

    name: str
    channel: str
    trait: str
    content: dict[str, str]


TWILIO = Kind("twilio", "sms", "phone", {"text": "{{ customer.firstName }}, the sale begins"})
SENDGRID = Kind(
    "sendgrid",
    "email",
    "email",
    {"subject": "The sale begins", "text": "Welcome, {{ customer.firstName }}."},
)
SHAKY = (
    {"mode": "drop", "accept": True, "share": 0.01},
    {"mode": "status", "status": 503, "share": 0.01},
)
"""One message in a hundred is taken and the connection dropped; one is not taken, with a 503."""


class Provider:
    """The emulator of one kind while it runs."""

    def __init__(self, kind: Kind, url: str, log: Path) -> None:
        self.kind = kind
        self.url = url
        self.log = log
        self.web = httpx.Client(base_url=url, timeout=30)

    def variables(self) -> dict[str, str]:
        if self.kind is SENDGRID:
            key = self.web.get("/_/key").json()
            return {
                "SENDGRID_API_KEY": "SG.test",
                "SENDGRID_BASE_URL": self.url,
                "SENDGRID_WEBHOOK_PUBLIC_KEY": key,
                "EMAIL_FROM": "Shop <shop@example.com>",
            }
        return {
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
            "TWILIO_BASE_URL": self.url,
        }

    def fails(self, *faults: dict[str, Any]) -> None:
        """What goes wrong with sends from here on."""
        assert self.web.post("/_/faults", json=faults).status_code == 200

    def count(self) -> int:
        """How many messages it has taken so far."""
        found: int = self.web.get("/_/stats").json()["accepted"]
        return found

    def taken(self) -> Sequence[dict[str, Any]]:
        """Its log, in order."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def running(kind: Kind, home: Path, *, delay: float) -> Iterator[Provider]:
    log = home / f"{kind.name}.jsonl"
    log.touch()
    command = [sys.executable, "-m", "tests.emulators", kind.name, "--log", str(log)]
    command += ["--delay", str(delay), "--account-sid", SID, "--auth-token", TOKEN]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            _, _, url = process.stdout.readline().strip().partition(" ")
            provider = Provider(kind, url, log)
            with provider.web:
                yield provider
        finally:
            process.terminate()
