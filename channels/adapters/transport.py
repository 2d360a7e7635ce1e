"""Keep-alive HTTP that knows what it has proven. Every adapter that speaks HTTP speaks through it.

A failure before the first byte of the request has left is `retry` (or the account's fault); any
failure after it is `unknown`. Time-outs bound the whole answer, not each read, so a peer that drips
bytes holds a worker no longer than one that is silent. No redirects, no proxies, no retries.
"""

import http.client
import io
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

import certifi
import msgspec

from channels.adapters.base import outcome
from channels.core.message import AccountSettings, Outcome, OutcomeKind
from channels.core.network import is_public
from channels.core.receipt import plain

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
IDLE_SECONDS = 30.0
MAX_ANSWER_BYTES = 1024 * 1024
MAX_IDLE_CONNECTIONS = 64


class Seconds(msgspec.Struct, frozen=True):
    """Time-outs: to connect or to write, and to receive a whole answer."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS


class TransportError(Exception):
    """A call without an answer; `kind` says what that proves, `code` names it in our words."""

    def __init__(self, kind: OutcomeKind, code: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.code = code

    def outcome(self) -> Outcome:
        return Outcome(kind=self.kind, code=self.code, detail=plain(str(self)))


class Answer(msgspec.Struct, frozen=True):
    """A complete HTTP answer; header names in lower case, the body cut at 1 MiB."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def outcome(self, *, detail: str = "", provider_id: str = "") -> Outcome:
        """What this answer proves, without any provider's particulars."""
        return outcome(self.status, headers=self.headers, detail=detail, provider_id=provider_id)


def seconds_of(account: AccountSettings) -> Seconds:
    """The account's own time-outs where it has any."""
    options = account.options
    return Seconds(
        float(options.get("connect_seconds") or CONNECT_SECONDS),
        float(options.get("read_seconds") or READ_SECONDS),
    )


class DeadlineReader(io.RawIOBase):
    """Reads a socket until one instant, however slowly the other side drips."""

    def __init__(self, sock: socket.socket, *, seconds: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = cast(io.RawIOBase, sock.makefile("rb", buffering=0))
        self.restart(seconds=seconds)

    def restart(self, *, seconds: float) -> None:
        """Count anew: for the next reply on the same connection."""
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return cast(int | None, self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """A response whose deadline is the socket's time-out at the moment it is awaited."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        reader = DeadlineReader(sock, seconds=sock.gettimeout() or READ_SECONDS)
        self.fp = io.BufferedReader(reader)


class _Connection(http.client.HTTPConnection):
    """One keep-alive connection; `context` turns it into TLS."""

    response_class = _TimedResponse
    idle_since = 0.0

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self.context = context

    def open(self, *, seconds: float, guarded: bool) -> None:
        until = monotonic() + seconds
        self.sock = open_socket(self.host, self.port, seconds=seconds, guarded=guarded)
        if self.context is not None:
            self.sock.settimeout(max(until - monotonic(), 0.001))
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)

    def is_stale(self) -> bool:
        """Has the other side closed it, or sent what nobody asked for?"""
        if monotonic() - self.idle_since > IDLE_SECONDS:
            return True
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        return bool(poller.poll(0))


def open_socket(host: str, port: int, *, seconds: float, guarded: bool) -> socket.socket:
    """Resolve once, check every address if `guarded`, and connect to one of exactly those."""
    until = monotonic() + seconds
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    private = next((str(row[4][0]) for row in found if not is_public(str(row[4][0]))), None)
    if guarded and private is not None:
        raise TransportError(
            "permanent",
            "address_forbidden",
            f"Destination not allowed: {private} is not a public address (host {host}).",
        )
    failure: OSError = OSError(f"{host} has no address.")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(max(until - monotonic(), 0.001))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class Transport:
    """Pooled connections to any number of origins, safe to use from many threads.

    `guarded` refuses every destination that is not on the public internet; it is for URLs that
    came from outside.
    """

    def __init__(self, *, seconds: Seconds | None = None, guarded: bool = False) -> None:
        self.seconds = seconds or Seconds()
        self.guarded = guarded
        self._idle: dict[tuple[str, str, int], deque[_Connection]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """One call. Raises TransportError where no complete answer came back."""
        origin, target = self._split(url)
        connection = self._take(origin)
        try:
            connection.sock.settimeout(self.seconds.connect)
            connection.request(method, target, body=body, headers=dict(headers))
            connection.sock.settimeout(self.seconds.read)
            response = connection.getresponse()
            content = response.read(MAX_ANSWER_BYTES)
        except TimeoutError as error:
            connection.close()
            raise TransportError(
                "unknown", "no_answer", "The provider did not answer in time."
            ) from error
        except (ValueError, http.client.InvalidURL) as error:
            connection.close()
            raise TransportError("account_broken", "unusable_request", _words(error)) from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise TransportError("unknown", "connection_lost", _words(error)) from error
        answered = {name.lower(): value for name, value in response.getheaders()}
        self._give_back(origin, connection, reusable=response.isclosed())
        return Answer(response.status, answered, content)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            pools, self._idle = self._idle, {}
        for pool in pools.values():
            for connection in pool:
                connection.close()

    def _split(self, url: str) -> tuple[tuple[str, str, int], str]:
        """The origin to connect to and the request target."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (ValueError, KeyError):
            host, port = "", 0
        if not host:
            raise TransportError(
                "account_broken", "unusable_url", f"{url[:200]!r} is no http or https address."
            )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return (parts.scheme, host, port), target

    def _take(self, origin: tuple[str, str, int]) -> _Connection:
        """An idle connection that still lives, or a new one."""
        pool = self._idle.setdefault(origin, deque(maxlen=MAX_IDLE_CONNECTIONS))
        while True:
            try:
                connection = pool.pop()
            except IndexError:
                return self._connect(origin)
            if not connection.is_stale():
                return connection
            connection.close()

    def _connect(self, origin: tuple[str, str, int]) -> _Connection:
        scheme, host, port = origin
        connection = _Connection(host, port, self._context() if scheme == "https" else None)
        try:
            connection.open(seconds=self.seconds.connect, guarded=self.guarded)
        except ssl.SSLError as error:
            connection.close()
            raise TransportError("retry", "tls_failed", _words(error)) from error
        except socket.gaierror as error:
            raise TransportError("retry", "name_unresolved", f"{host}: {error}") from error
        except TimeoutError as error:
            connection.close()
            raise TransportError(
                "retry", "connect_timeout", f"{host}:{port} did not take the connection in time."
            ) from error
        except (OSError, UnicodeError) as error:
            connection.close()
            raise TransportError("retry", "connect_failed", _words(error)) from error
        return connection

    def _give_back(
        self, origin: tuple[str, str, int], connection: _Connection, *, reusable: bool
    ) -> None:
        """Keep it for the next call unless the answer was cut short or ended it."""
        if not reusable or connection.sock is None:
            connection.close()
            return
        connection.idle_since = monotonic()
        self._idle.setdefault(origin, deque(maxlen=MAX_IDLE_CONNECTIONS)).append(connection)

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context(cafile=certifi.where())
            return self._tls


def _words(error: Exception) -> str:
    """An error as one clear sentence part, never empty."""
    return str(error) or type(error).__name__
