"""Keep-alive HTTP that knows what it has proven. Every adapter that speaks HTTP speaks through it.

A failure before the first byte of the request has left is `retry` (or the account's fault); any
failure after it is `unknown`. Time-outs bound the whole answer, not each read, so a peer that drips
bytes holds a worker no longer than one that is silent. No redirects, no proxies, no retries.
"""

import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from time import monotonic
from urllib.parse import urlsplit

import certifi
import msgspec

from channels.adapters.base import outcome
from channels.adapters.wire import Exchange, Raw, Unreadable, request_bytes
from channels.core.message import AccountSettings, Outcome, OutcomeKind
from channels.core.network import is_public
from channels.core.receipt import plain

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
LONGEST_READ_SECONDS = 18.0
"""A call that left at the last moment is over before its message's lease is."""
IDLE_SECONDS = 30.0
MAX_IDLE_CONNECTIONS = 64
PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]


class Seconds(msgspec.Struct, frozen=True):
    """Time-outs: to connect, and to write a request and receive its whole answer."""

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
        min(float(options.get("read_seconds") or READ_SECONDS), LONGEST_READ_SECONDS),
    )


class _Limit(threading.local):
    """Until when calls of this thread may leave."""

    at: float = inf


_limit = _Limit()


@contextmanager
def leaving_before(deadline: float) -> Iterator[None]:
    """Calls of this thread leave before `deadline` (of the monotonic clock) or not at all.

    Asked right before the first byte, for a process may be stopped anywhere on the way there.
    """
    _limit.at = deadline
    try:
        yield
    finally:
        _limit.at = inf


class Connection:
    """One open connection and when it was last used."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.idle_since = 0.0

    def is_stale(self) -> bool:
        """Has the other side closed it, or sent what nobody asked for?"""
        if self.has_expired():
            return True
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        return bool(poller.poll(0))

    def has_expired(self) -> bool:
        """Has it been idle for so long that a server may be about to close it?"""
        return monotonic() - self.idle_since > IDLE_SECONDS


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
        self._idle: dict[Origin, deque[Connection]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """One call. Raises TransportError where no complete answer came back."""
        origin, host, target = split(url)
        try:
            sent = request_bytes(method, target, host=host, headers=headers, body=body)
        except ValueError as error:
            raise unusable(error) from error
        return self._answered(origin, lambda connection: self._exchange(connection, sent))

    def _answered(self, origin: Origin, exchange: Callable[[Connection], Raw]) -> Answer:
        """What came of it on a connection to there, which is kept if it can serve again."""
        connection = self._take(origin)
        try:
            answer = exchange(connection)
        except TransportError:
            connection.sock.close()
            raise
        except TimeoutError as error:
            connection.sock.close()
            raise TransportError(
                "unknown", "no_answer", "The provider did not answer in time."
            ) from error
        except (OSError, Unreadable) as error:
            connection.sock.close()
            raise TransportError("unknown", "connection_lost", _words(error)) from error
        self._give_back(origin, connection, reusable=answer.reusable)
        return Answer(answer.status, answer.headers, answer.body)

    def _exchange(self, connection: Connection, sent: bytes) -> Raw:
        until = monotonic() + self.seconds.read
        self._leave(connection.sock, sent)
        return Exchange(connection.sock, until=until).answer()

    def _leave(self, sock: socket.socket, sent: bytes) -> None:
        """From here on nobody can say that the request has not left."""
        sock.settimeout(self.seconds.read)
        if monotonic() >= _limit.at:
            raise TransportError("retry", "held_up", "The worker was held up; nothing was sent.")
        sock.sendall(sent)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            pools, self._idle = self._idle, {}
        for pool in pools.values():
            for connection in pool:
                connection.sock.close()

    def _take(self, origin: Origin) -> Connection:
        """An idle connection that still lives, or a new one."""
        pool = self._idle.setdefault(origin, deque())
        while True:
            try:
                connection = pool.pop()
            except IndexError:
                return self._connect(origin)
            if not connection.is_stale():
                return connection
            connection.sock.close()

    def _connect(self, origin: Origin) -> Connection:
        host, port = origin[1:]
        try:
            return self._made(self._open(origin))
        except ssl.SSLError as error:
            raise TransportError("retry", "tls_failed", _words(error)) from error
        except socket.gaierror as error:
            raise TransportError("retry", "name_unresolved", f"{host}: {error}") from error
        except TimeoutError as error:
            detail = f"{host}:{port} did not take the connection in time."
            raise TransportError("retry", "connect_timeout", detail) from error
        except (OSError, UnicodeError) as error:
            detail = f"{host}:{port}: {_words(error)}"
            raise TransportError("retry", "connect_failed", detail) from error

    def _made(self, sock: socket.socket) -> Connection:
        """The connection that a socket becomes."""
        return Connection(sock)

    def _open(self, origin: Origin) -> socket.socket:
        scheme, host, port = origin
        until = monotonic() + self.seconds.connect
        sock = open_socket(host, port, seconds=self.seconds.connect, guarded=self.guarded)
        if scheme != "https":
            return sock
        try:
            sock.settimeout(max(until - monotonic(), 0.001))
            return self._context().wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise

    def _give_back(self, origin: Origin, connection: Connection, *, reusable: bool) -> None:
        """Keep it for the next call unless the answer was cut short or ended it."""
        pool = self._idle.setdefault(origin, deque())
        if not reusable or len(pool) >= MAX_IDLE_CONNECTIONS:
            connection.sock.close()
            return
        connection.idle_since = monotonic()
        pool.append(connection)

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = self._secured()
            return self._tls

    def _secured(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certifi.where())


def split(url: str) -> tuple[Origin, str, str]:
    """The origin to connect to, the Host header and the request target of a URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        host, port = "", 0
    if not host:
        detail = f"{url[:200]!r} is no http or https address."
        raise TransportError("account_broken", "unusable_url", detail)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return (parts.scheme, host, port), parts.netloc.rpartition("@")[2], target


def unusable(error: ValueError) -> TransportError:
    """A request that could be taken for another one is not made at all."""
    return TransportError("account_broken", "unusable_request", _words(error))


def _words(error: Exception) -> str:
    """An error as one clear sentence part, never empty."""
    return str(error) or type(error).__name__
