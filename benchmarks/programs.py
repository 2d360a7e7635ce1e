"""The long-lived programs of a measurement: started, proven to serve, ended with the block."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.ground import Ground
from config import processes
from config.embedded import REPOSITORY

START_SECONDS = 300
READY = re.compile(r"^ready http://\S+:(\d+)\n", re.MULTILINE)


@contextlib.contextmanager
def program(
    ground: Ground, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own; its output goes to a log in the ground's folder."""
    with (ground.home / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env={**os.environ, **(env or {})},
        )  # fmt: skip
    try:
        yield process
    except RuntimeError as error:
        tail = (ground.home / f"{name}.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{error}\n{tail}") from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(12)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(what: str, proven: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not proven():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} does not answer after {START_SECONDS} s.")
        time.sleep(0.05)


@contextlib.contextmanager
def peer_worker(ground: Ground, *, workers: int) -> Iterator[int]:
    """The peer's Celery worker; yields its process id."""
    from benchmarks.peer.tasks import alive
    from profiles.operations import valkey

    command = [
        sys.executable, "-m", "celery", "-A", "benchmarks.peer.app", "worker", "--without-mingle",
        "--without-gossip", "--loglevel", "ERROR", "--concurrency", str(workers),
    ]  # fmt: skip
    client = valkey.client()
    client.delete("peer:alive", "peer")
    with program(ground, "peer-worker", command) as process:
        alive.delay()
        wait_until("the peer's worker", lambda: bool(client.exists("peer:alive")))
        yield process.pid


class Web(NamedTuple):
    """Programs that serve on a port."""

    port: int
    pids: list[int]


@contextlib.contextmanager
def web(ground: Ground) -> Iterator[Web]:
    """The product's web process as `manage.py up` runs it, with its own settings."""
    with _served(ground, "web", "config.wsgi:application", "config.settings", "/healthz") as found:
        yield found


@contextlib.contextmanager
def peer_web(ground: Ground) -> Iterator[Web]:
    """The same server with the peer's views."""
    application, settings = "benchmarks.peer.wsgi:application", "benchmarks.peer.settings"
    with _served(ground, "peer-web", application, settings, "/nothing") as found:
        yield found


@contextlib.contextmanager
def _served(ground: Ground, name: str, application: str, settings: str, path: str) -> Iterator[Web]:
    env = {"DJANGO_SETTINGS_MODULE": settings}
    with processes.kept_address("127.0.0.1", 0) as address:
        command = processes.web_command(address, application=application)
        with program(ground, name, command, env=env) as process:
            wait_until(name, lambda: _answers(address.port, path))
            yield Web(address.port, [process.pid])


def _answers(port: int, path: str) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", path)
        return asking.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


class Provider(NamedTuple):
    """An emulated provider in a process of its own; `log` holds a JSON line for all it took."""

    pid: int
    url: str
    log: Path


@contextlib.contextmanager
def provider(ground: Ground, kind: str) -> Iterator[Provider]:
    """SendGrid or a mail server on loopback."""
    log = ground.home / f"{kind}-{time.monotonic_ns()}.jsonl"
    said = ground.home / f"provider-{kind}.log"
    said.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.emulators", kind, "--log", str(log)]
    with program(ground, f"provider-{kind}", command) as process:
        wait_until(kind, lambda: said.read_text().startswith("ready "))
        yield Provider(process.pid, said.read_text().split()[1], log)
    log.unlink(missing_ok=True)


@contextlib.contextmanager
def up(ground: Ground, sink: Provider) -> Iterator[Web]:
    """`manage.py up`, with the emulated provider as its e-mail account."""
    log = ground.home / "up.log"
    log.unlink(missing_ok=True)
    env = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SENDGRID_API_KEY": "SG.benchmark",
        "SENDGRID_BASE_URL": sink.url,
        "EMAIL_FROM": "Shop <shop@example.com>",
    }
    command = [sys.executable, "manage.py", "up", "--port", "0"]
    with program(ground, "up", command, env=env) as process:
        wait_until("manage.py up", lambda: READY.search(log.read_text()) is not None)
        found = READY.search(log.read_text())
        assert found
        yield Web(int(found[1]), [process.pid])


@contextlib.contextmanager
def peer_stack(ground: Ground, sink: Provider) -> Iterator[Web]:
    """The peer's web process and its two workers."""
    os.environ["PEER_SENDGRID_URL"] = sink.url
    with peer_worker(ground, workers=2) as worker, peer_web(ground) as server:
        yield Web(server.port, [*server.pids, worker])
