"""Load generators over keep-alive HTTP, each in a process of its own (see `hands`).

`closed` keeps every connection busy; `open` sends at fixed instants whatever the server does, and
counts an answer's time from the instant at which the request was due (no coordinated omission).
"""

import asyncio
import base64
import importlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

MOST_CONNECTIONS = 512


class Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, done: "Requests") -> None:
        self._requests = done
        self._buffer = b""
        self.due = 0.0
        self.number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def send(self, number: int, request: bytes, due: float) -> None:
        self.number, self.due = number, due
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._buffer = b""
        self._requests.answered(self, int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._requests.lost(self)


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class Requests:
    """Sends prepared requests in order and keeps what became of them."""

    def __init__(self, requests: Sequence[bytes], port: int) -> None:
        self._requests = requests
        self._port = port
        self._next = 0
        self._free: deque[Connection] = deque()
        self._open = 0
        self.acks: list[float] = [0.0] * len(requests)
        self.took: list[float] = []
        self.failed = 0
        self.finished = asyncio.Event()
        self.closed_loop = False

    async def connect(self, count: int) -> None:
        for _ in range(count):
            await self._connect()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._open += 1
        _, connection = await loop.create_connection(
            lambda: Connection(self), "127.0.0.1", self._port
        )
        self._free.append(connection)

    def spread(self) -> None:
        """Give every free connection a request."""
        while self._free and self._next < len(self._requests):
            self._send(self._free.popleft(), time.perf_counter())

    async def send_due(self, due: float) -> None:
        if not self._free and self._open < MOST_CONNECTIONS:
            await self._connect()
        while not self._free:
            await asyncio.sleep(0.0005)
        self._send(self._free.popleft(), due)

    def _send(self, connection: Connection, due: float) -> None:
        connection.send(self._next, self._requests[self._next], due)
        self._next += 1

    def answered(self, connection: Connection, status: int) -> None:
        self.failed += status != 200
        self.took.append(time.perf_counter() - connection.due)
        self.acks[connection.number] = time.time()
        if self.closed_loop and self._next < len(self._requests):
            self._send(connection, time.perf_counter())
        else:
            self._free.append(connection)
        if len(self.took) >= len(self._requests):
            self.finished.set()

    def lost(self, connection: Connection) -> None:
        if not self.finished.is_set():
            self.failed += 1
            self.finished.set()

    def summary(self, seconds: float) -> dict[str, Any]:
        ordered = sorted(self.took)
        return {
            "answered": len(ordered),
            "failed": self.failed,
            "seconds": seconds,
            "p50": quantile(ordered, 0.5),
            "p99": quantile(ordered, 0.99),
            "max": ordered[-1],
        }


def quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def closed(
    port: int,
    path: str,
    key: str,
    bodies: str,
    arguments: dict[str, Any],
    warm: int,
    connections: int,
) -> Iterator[Any]:
    """Send all as fast as `connections` take them; `warm` of them before the watch runs."""
    requests = prepared(port, path, key, bodies, arguments)
    with asyncio.Runner() as runner:
        runner.run(_closed(requests[:warm], port, connections))
        yield "ready"
        yield runner.run(_closed(requests[warm:], port, connections))


async def _closed(requests: Sequence[bytes], port: int, connections: int) -> dict[str, Any]:
    sending = Requests(requests, port)
    sending.closed_loop = True
    await sending.connect(connections)
    began = time.perf_counter()
    sending.spread()
    await sending.finished.wait()
    return sending.summary(time.perf_counter() - began)


def open_loop(
    port: int, path: str, key: str, bodies: str, arguments: dict[str, Any], warm: int, rate: float
) -> Iterator[Any]:
    """Send request n at n / `rate` seconds; the first `warm` are not counted.

    Yields also `acks`, the Unix times at which the counted requests were answered.
    """
    requests = prepared(port, path, key, bodies, arguments)
    with asyncio.Runner() as runner:
        runner.run(_paced(requests[:warm], port, rate))
        yield "ready"
        yield runner.run(_paced(requests[warm:], port, rate))


async def _paced(requests: Sequence[bytes], port: int, rate: float) -> dict[str, Any]:
    sending = Requests(requests, port)
    await sending.connect(min(64, len(requests)))
    began, wall = time.perf_counter(), time.time()
    for number in range(len(requests)):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        await sending.send_due(due)
    await sending.finished.wait()
    found = sending.summary(time.perf_counter() - began)
    return {**found, "began": wall, "acks": sending.acks}


def prepared(port: int, path: str, key: str, bodies: str, arguments: dict[str, Any]) -> list[bytes]:
    """Whole requests; `bodies` names the function that yields their bodies."""
    module, _, name = bodies.partition(":")
    token = base64.b64encode(f"{key}:".encode()).decode()
    found = []
    for body in getattr(importlib.import_module(module), name)(**arguments):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Basic {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        found.append(head.encode() + body)
    return found
