"""Web, worker and beat in one terminal: started together, restarted alone, stopped together.

The parent answers for the whole: `serving` yields once every part has proven that it serves.
"""

import contextlib
import errno
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlsplit

import redis
from django.conf import settings

from config import health
from config.child import Child, ChildError, Spec
from config.embedded import REPOSITORY, embedded_parts, state_dir
from config.embedded_supervisor import Supervisor
from config.watchdog import Watchdog

START_SECONDS = 180.0
"""A busy or slow machine takes a while; what cannot start at all is said long before."""
FALLS_BEFORE_GIVING_UP = 3
WEB_THREADS = 32
"""Each keeps a database connection; more than these would only queue for the interpreter."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared only


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the web process listens, and how this machine reaches it."""

    host: str
    port: int

    @property
    def near(self) -> str:
        return EVERYWHERE.get(self.host, self.host)

    @property
    def url(self) -> str:
        host = f"[{self.near}]" if ":" in self.near else self.near
        return f"http://{host}:{self.port}"


@contextlib.contextmanager
def kept_address(host: str, port: int) -> Iterator[Address]:
    """The address, if we may listen there; port 0 picks a free one. While entered nobody else gets
    it; our web process does, as it shares its port, and whoever listens gets the connections.
    """
    if port:
        _bound(host, port, share=False).close()
    with _bound(host, port, share=True) as kept:
        yield Address(host=host, port=kept.getsockname()[1])


def _bound(host: str, port: int, *, share: bool) -> socket.socket:
    probe = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    option = socket.SO_REUSEPORT if share else socket.SO_REUSEADDR
    try:
        probe.setsockopt(socket.SOL_SOCKET, option, 1)
        probe.bind((host, port))
    except OSError as error:
        probe.close()
        raise ChildError(_why_not(host, port, error)) from error
    except OverflowError as error:
        probe.close()
        raise ChildError(f"There is no port {port}: give --port a number up to 65535.") from error
    return probe


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken: stop the program that listens there, "
            "or choose another with --port."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights that you do not have: choose one above 1023 with --port."
    return (
        f"Cannot listen on {host}:{port} ({error.strerror}): "
        "choose an address of this machine with --host."
    )


def own_servers() -> Supervisor:
    """The embedded servers that nobody has named an address for; there may be none."""
    return Supervisor(parts=embedded_parts())


@contextlib.contextmanager
def serving(address: Address, *, workers: int) -> Iterator[str]:
    """Run web, worker and beat; yield the URL when all serve, stop them at the end."""
    os.environ.setdefault("PUBLIC_URL", address.url)
    parts = _parts(address, workers=workers)
    _forget_heartbeat()
    try:
        for part in parts:
            part.start()
        _wait_until_ready(address, parts)
        seconds = float(settings.SOJOURN_WATCHDOG_SECONDS)
        with Watchdog(lambda: _ask(address, "/readyz"), parts[1:], seconds=seconds):
            yield address.url
    finally:
        for part in parts:
            part.ask_to_stop()
        for part in parts:
            part.stop()


def web_command(address: Address, *, application: str = "config.wsgi:application") -> list[str]:
    """What serves a WSGI application here."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--respawn-failed-workers", "--blocking-threads", str(WEB_THREADS)]
    return [*command, "--host", address.host, "--port", str(address.port), application]


def _parts(address: Address, *, workers: int) -> list[Child]:
    celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
    worker = [*celery, "worker", "--without-mingle", "--without-gossip", "--loglevel", "WARNING"]
    worker += ["--concurrency", str(workers), "--hostname", f"sojourn-{os.getpid()}@%h"]
    beat = [*celery, "beat", "-s", "/dev/null", "--max-interval", "1", "--loglevel", "WARNING"]
    return [
        Child(
            spec=_spec("web", web_command(address), patience=3.0),
            ready=lambda: _ask(address, "/healthz")[0] == http.client.OK,
        ),
        # Without their supervisor there is no database to finish anything in, and a farewell of
        # their own would wait for a broker that ends too.
        Child(spec=_spec("worker", worker, patience=3.0, death_signal=signal.SIGKILL), ready=_born),
        Child(spec=_spec("beat", beat, patience=2.0, death_signal=signal.SIGKILL), ready=_born),
    ]


def _born() -> bool:
    """Worker and beat have no door to knock at; the heartbeat speaks for both."""
    return True


def _spec(
    name: str, command: list[str], *, patience: float, death_signal: signal.Signals = signal.SIGTERM
) -> Spec:
    logs = state_dir() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    return Spec(
        name=name,
        command=command,
        log=logs / f"{name}.log",
        stops=((signal.SIGTERM, patience), (signal.SIGQUIT, 0.5), (signal.SIGKILL, 1.0)),
        death_signal=death_signal,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        backoff=0.25,
    )


def _wait_until_ready(address: Address, parts: list[Child]) -> None:
    """Web proves itself by answering, worker and beat by the heartbeat behind /readyz."""
    deadline = time.monotonic() + START_SECONDS
    answer, missing = 0, ""
    while answer != http.client.OK:
        for part in parts:
            _refuse_if_hopeless(part)
        if time.monotonic() > deadline:
            raise ChildError(
                f"Not ready after {START_SECONDS:.0f} s; {address.url}/readyz says: "
                f"{missing or 'nothing'} (logs: {parts[0].spec.log.parent})"
            )
        time.sleep(0.1)
        if parts[0].settled:
            answer, missing = _ask(address, "/readyz")


def _refuse_if_hopeless(part: Child) -> None:
    if part.error is not None:
        raise part.error
    if part.falls >= FALLS_BEFORE_GIVING_UP:
        raise ChildError(
            f"{part.spec.name} does not stay up: {part.last_words} (log: {part.spec.log})"
        )


def _forget_heartbeat() -> None:
    """A sign of life from before this start proves nothing."""
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.delete(health.HEARTBEAT_KEY)
    except redis.RedisError as error:
        raise ChildError(f"The broker failed ({error}): is the server of REDIS_URL up?") from error


def _ask(address: Address, path: str) -> tuple[int, str]:
    """Status and body; status 0 when nobody answers. Speaks as the public host would."""
    public = urlsplit(os.environ["PUBLIC_URL"])
    headers = {"Host": public.netloc or address.near, "X-Forwarded-Proto": public.scheme or "http"}
    connection = http.client.HTTPConnection(address.near, address.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the block in good order; more signals wait.

    What our caller has us ignore (nohup) stays ignored.
    """
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in ends if signal.getsignal(number) is not signal.SIG_IGN]

    def leave(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_signal() -> None:
    """Sleep until a signal ends the process, also one that comes just before the sleep."""
    told, telling = os.pipe()
    os.set_blocking(telling, False)
    before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    try:
        while True:
            os.read(told, 1)
    finally:
        signal.set_wakeup_fd(before)
        os.close(told)
        os.close(telling)
