"""The long-lived programs of a measurement: started, proven to serve, ended with the block."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
import os

from benchmarks.ground import Ground
from config.embedded import REPOSITORY

START_SECONDS = 60


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
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
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
