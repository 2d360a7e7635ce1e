"""The five minutes of the README, command by command, against everything that `up` starts."""

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.embedded import run_dir
from tests.config.test_up import run_up
from tests.docs.pages import commands

START, SAVE, TELL, LOOK = commands("Your first journey in five minutes")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the README's first command serves."""
    home = Path(tempfile.mkdtemp(prefix="sojourn-home-")).resolve()
    home.chmod(0o711)
    *settings, make, target = shlex.split(START)
    assert (make, target) == ("make", "up")
    named = dict(setting.split("=", 1) for setting in settings)
    with run_up(home, "--port", "0", "--workers", "1", **named) as process:
        try:
            assert process.stdout is not None
            ready, _, url = process.stdout.readline().strip().partition(" ")
            assert ready == "ready", process.communicate(timeout=300)[1]
            yield url
        finally:
            process.terminate()
            process.communicate(timeout=120)
            shutil.rmtree(run_dir(home), ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)


def curl(line: str, address: str) -> Any:
    """What curl would send, and the answer as JSON; the machine may have no curl."""
    words = iter(shlex.split(line)[1:])
    request: dict[str, Any] = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    method = "GET"
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            request["headers"][name] = value
        elif word == "-u":
            request["auth"] = tuple(next(words).split(":", 1))
        elif word == "-d":
            method, request["content"] = ("POST" if method == "GET" else method), next(words)
        else:
            request["url"] = word.replace("localhost:8000", address)
    response = httpx.request(method, timeout=120, **request)
    assert response.is_success, response.text
    return response.json()


def each_line(block: str) -> Iterator[str]:
    """A command ends where its quotes are closed."""
    waiting = ""
    for line in block.splitlines(keepends=True):
        waiting += line
        if waiting.count("'") % 2 == 0:
            yield waiting
            waiting = ""


def test_the_five_minutes_end_with_two_letters_to_ada(address: str) -> None:
    saved, published = (curl(line, address) for line in each_line(SAVE))
    assert (saved["state"], published["state"], published["version"]) == ("draft", "live", 1)
    assert [curl(line, address) for line in each_line(TELL)] == [{"success": True}] * 2
    moved, inbox = (curl(line, address) for line in each_line(LOOK))
    assert moved["processed"] >= 2
    assert [(item["to"], item["subject"], item["status"]) for item in inbox["items"]] == [
        ("ada@example.com", "Hello Ada", "sent"),
        ("ada@example.com", "Still there?", "sent"),
    ]
