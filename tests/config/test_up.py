"""`manage.py up`: everything in one terminal, as a user sees it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.child import ChildError
from config.embedded import run_dir
from config.embedded_supervisor import Supervisor
from config.processes import Address, kept_address, stoppable
from tests.config.processes import (
    REPOSITORY,
    alive,
    child_running,
    descendants,
    environment,
    until,
)
from tests.lived import Lived

START_SECONDS = 300
STOP_SECONDS = 10


def run_up(home: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", *arguments],
        cwd=REPOSITORY,
        env=environment(SOJOURN_STATE=str(home), **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def up(home: Path, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `up` on a port of its own, and its URL."""
    with run_up(home, "--port", "0", "--workers", "1", **env) as process:
        try:
            assert process.stdout is not None
            word, _, url = process.stdout.readline().strip().partition(" ")
            if word != "ready":
                pytest.fail(process.communicate(timeout=START_SECONDS)[1])
            yield process, url
        finally:
            process.kill()


def refused(home: Path, *arguments: str, **env: str) -> str:
    """What an `up` that must not start says; it says it in one line."""
    with run_up(home, *arguments, **env) as process:
        out, said = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    assert out == ""
    assert said.count("\n") == 1
    return said


def status(url: str, path: str) -> int:
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def restarted(root: int, old: int, *words: str) -> bool:
    new = child_running(root, *words)
    return new is not None and new != old


def test_up_serves_mends_what_dies_and_stops_clean(home: Path) -> None:
    with up(home) as (process, url):
        assert status(url, "/healthz") == http.client.OK
        until(lambda: status(url, "/readyz") == http.client.OK)
        for words in (("celery", "worker"), ("celery", "beat"), ("granian",), ("postgres", "-D")):
            victim = child_running(process.pid, *words)
            assert victim is not None, words
            os.kill(victim, signal.SIGKILL)
            until(lambda w=words, v=victim: restarted(process.pid, v, *w))  # type: ignore[misc]
        until(lambda: status(url, "/readyz") == http.client.OK)
        family = descendants(process.pid)
        with Lived() as waited:
            process.send_signal(signal.SIGTERM)
            rest, said = process.communicate(timeout=START_SECONDS)
        assert waited.seconds < STOP_SECONDS
    assert process.returncode == 0
    assert rest == ""
    for part in ("worker", "beat", "web", "PostgreSQL"):
        assert f"{part} ended unexpectedly (killed by signal 9); starting it again" in said
    assert [pid for pid in family if alive(pid)] == []
    assert not run_dir(home).exists()


@pytest.mark.long
def test_a_worker_that_lives_and_does_nothing_is_started_again(home: Path) -> None:
    with up(home, SOJOURN_WATCHDOG_SECONDS="2") as (process, url):
        stopped = child_running(process.pid, "celery", "worker")
        assert stopped is not None
        os.kill(stopped, signal.SIGSTOP)
        until(lambda: restarted(process.pid, stopped, "celery", "worker"))
        until(lambda: status(url, "/readyz") == http.client.OK)
        assert not alive(stopped)


@pytest.mark.skipif(sys.platform != "linux", reason="needs the parent-death signal of Linux")
def test_a_killed_up_leaves_nothing_running(home: Path) -> None:
    with up(home) as (process, _url):
        family = descendants(process.pid)
        process.kill()
        process.wait()
        took = until(lambda: not any(alive(pid) for pid in family))
        assert took < STOP_SECONDS


def test_a_taken_port_is_refused_with_the_remedy(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(home, "--port", str(port))
    assert f"Port {port} is taken: stop the program that listens there" in said
    assert "--port" in said
    assert not (home / "pg").exists()


def test_a_folder_that_another_process_serves_is_refused(home: Path) -> None:
    with Supervisor(home, durable=False):
        said = refused(home, "--port", "0")
    assert "already served by process" in said
    assert "SOJOURN_STATE" in said


def test_a_database_that_does_not_answer_is_said(home: Path) -> None:
    said = refused(
        home,
        "--port",
        "0",
        DATABASE_URL="postgresql://127.0.0.1:1/none",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert "is the server of DATABASE_URL up?" in said
    assert not (home / "logs").exists()


def test_a_broker_that_does_not_answer_is_said(home: Path) -> None:
    said = refused(home, "--port", "0", REDIS_URL="redis://127.0.0.1:1/0")
    assert "is the server of REDIS_URL up?" in said


def test_a_count_of_workers_below_one_is_wrong_usage(home: Path) -> None:
    with run_up(home, "--workers", "0") as process:
        _, said = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 2
    assert "--workers is 0: give 1 or more." in said


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("127.0.0.1", 70000, "no port 70000"),
        ("203.0.113.7", 0, "Cannot listen on 203.0.113.7:0 .*--host"),
    ],
)
def test_an_address_that_cannot_be_had_is_said(host: str, port: int, sentence: str) -> None:
    with pytest.raises(ChildError, match=sentence), kept_address(host, port):
        pytest.fail("It was had.")


def test_a_port_is_kept_for_the_web_process_alone() -> None:
    with kept_address("127.0.0.1", 0) as address:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((address.host, address.port))
        with socket.socket() as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            ours.bind((address.host, address.port))
            ours.listen()
            socket.create_connection((address.host, address.port)).close()
    with kept_address("127.0.0.1", address.port):
        pass


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("192.0.2.1", "http://192.0.2.1:8000"),
    ],
)
def test_the_url_is_one_that_this_machine_can_open(host: str, url: str) -> None:
    assert Address(host=host, port=8000).url == url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_block_once(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit), stoppable():
            try:
                os.kill(os.getpid(), number)
                signal.pause()
            finally:
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_a_signal_that_the_caller_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
