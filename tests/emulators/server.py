"""A small HTTP/1.1 server for emulators: keep-alive, thousands of requests a second, faults.

Control routes, for emulators in another process: GET /_/accepted[?after=N], GET /_/stats,
POST /_/faults (a JSON list of Fault), POST /_/reset.
"""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, unquote

import msgspec

Mode = Literal["status", "drop", "silent", "drip", "slow"]
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 429: "Too Many Requests"}


class Fault(msgspec.Struct, kw_only=True):
    """Something that goes wrong with a share of the sends, at most `times` times.

    `status` answers with it; `drop` closes the connection; `silent` never answers; `drip` answers
    one byte at a time; `slow` answers after `seconds`. With `accept` the message is taken first.
    """

    mode: Mode
    accept: bool = False
    status: int = 503
    headers: dict[str, str] = {}
    body: str = ""
    seconds: float = 0.1
    share: float = 1.0
    times: int | None = None


class Request(msgspec.Struct):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Reply(msgspec.Struct):
    status: int
    body: bytes = b""
    headers: dict[str, str] = {}

    def encode(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "\r\n".join(lines).encode() + self.body


def as_json(status: int, value: Any, **headers: str) -> Reply:
    return Reply(
        status, msgspec.json.encode(value), {"Content-Type": "application/json", **headers}
    )


class Emulator:
    """One provider on one port. Subclasses say what a send is and how it is taken."""

    def __init__(
        self, *, port: int = 0, log: Path | None = None, delay: float = 0.0, seed: int = 1
    ) -> None:
        self.port = port
        self.delay = delay
        self.accepted: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.requests = 0
        self.connections = 0
        self._random = random.Random(seed)
        self._log = log.open("a", buffering=1) if log else None
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=type(self).__name__)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def uids(self) -> Counter[str]:
        """How often each of our message ids was accepted."""
        return Counter(item["uid"] for item in self.accepted)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(120):
            raise RuntimeError("The emulator did not start.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(120)
        if self._log:
            self._log.close()

    def fail(self, mode: Mode, **settings: Any) -> None:
        """Add a fault."""
        self.faults.append(Fault(mode=mode, **settings))

    def accept(self, **message: Any) -> None:
        """Take a message: from here on it counts as sent."""
        self.accepted.append(message)
        if self._log:
            self._log.write(json.dumps(message) + "\n")

    def is_send(self, request: Request) -> bool:
        raise NotImplementedError

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def control(self, request: Request) -> Reply:
        if request.path == "/_/accepted":
            return as_json(200, self.accepted[int(request.query.get("after", "0")) :])
        if request.path == "/_/stats":
            repeated = sum(count - 1 for count in self.uids.values())
            return as_json(200, {"accepted": len(self.accepted), "repeated": repeated})
        if request.path == "/_/faults":
            self.faults = msgspec.json.decode(request.body, type=list[Fault])
            return as_json(200, len(self.faults))
        if request.path == "/_/reset":
            self.accepted.clear()
            self.faults.clear()
            return as_json(200, 0)
        return as_json(404, None)

    def connection(self, others: set["Connection"]) -> "Connection":
        """What speaks with one client."""
        return Connection(self, others)

    def fault(self) -> Fault | None:
        for fault in self.faults:
            if fault.times == 0 or self._random.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        connections: set[Connection] = set()
        server = await self._loop.create_server(
            lambda: self.connection(connections), "127.0.0.1", self.port, backlog=1000
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        while accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting)  # a closed server would leave them half made
        server.close()
        for connection in list(connections):
            connection.abort()
        await asyncio.sleep(0)
        await server.wait_closed()


class Connection(asyncio.Protocol):
    """Parses requests and writes replies; one instance a connection."""

    def __init__(self, emulator: Emulator, connections: set["Connection"]) -> None:
        self.emulator = emulator
        self.connections = connections
        self.buffer = b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.connections.add(self)
        self.emulator.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)

    def abort(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (request := self._next()) is not None:
            self.handle(request)

    def _next(self) -> Request | None:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        self.buffer = rest[length:]
        method, target, _ = first.split(" ", 2)
        path, _, query = target.partition("?")
        fields = dict(parse_qsl(query, keep_blank_values=True))
        return Request(method, unquote(path), fields, headers, rest[:length])

    def handle(self, request: Request) -> None:
        emulator = self.emulator
        if request.path.startswith("/_/"):
            self.reply(emulator.control(request))
            return
        emulator.requests += 1
        fault = emulator.fault() if emulator.is_send(request) else None
        if fault is not None:
            self._misbehave(fault, request)
        elif emulator.delay:
            self.loop.call_later(emulator.delay, self.reply, emulator.answer(request))
        else:
            self.reply(emulator.answer(request))

    def _misbehave(self, fault: Fault, request: Request) -> None:
        taken = self.emulator.answer(request) if fault.accept else None
        deeds: dict[Mode, Callable[[], object]] = {
            "status": lambda: self.reply(Reply(fault.status, fault.body.encode(), fault.headers)),
            "drop": self.transport.close,
            "silent": lambda: None,
            "drip": lambda: self._drip(
                b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10000, fault.seconds
            ),
            "slow": lambda: self.loop.call_later(
                fault.seconds, self.reply, taken or self.emulator.answer(request)
            ),
        }
        deeds[fault.mode]()

    def _drip(self, data: bytes, seconds: float) -> None:
        if data and not self.transport.is_closing():
            self.transport.write(data[:1])
            self.loop.call_later(seconds, self._drip, data[1:], seconds)

    def reply(self, reply: Reply) -> None:
        self.write(reply.encode())

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)
