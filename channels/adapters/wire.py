"""HTTP/1.1 (RFC 9112) as bytes: one request in one write, one answer by one deadline.

The standard library's client parses headers as e-mail and writes in two packets, which costs more
than everything else in a hand-over; and its time-outs begin anew with each read.
"""

import re
import socket
from collections.abc import Mapping
from time import monotonic

import msgspec

MAX_HEAD_BYTES = 64 * 1024
MAX_ANSWER_BYTES = 1024 * 1024
CHUNK = 64 * 1024

_TARGET = re.compile(r"[!-~]+")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE = re.compile(r"[\r\n\x00]")
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n]*)?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,12}")


class Unreadable(Exception):
    """What came back is no HTTP answer, or only a part of one."""


class Raw(msgspec.Struct, frozen=True):
    """A complete answer; `reusable` says whether the connection may serve another request."""

    status: int
    headers: dict[str, str]
    body: bytes
    reusable: bool


def request_bytes(
    method: str, target: str, *, host: str, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """A whole request. Raises ValueError for a target or header that could forge another one."""
    if not _TARGET.fullmatch(target):
        raise ValueError(f"{target[:200]!r} cannot be requested.")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or _UNSAFE.search(value):
            raise ValueError(f"The header {name[:50]!r} has characters that no header may have.")
        lines.append(f"{name}: {value}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (body or b"")


class Exchange:
    """One answer read from a socket until one instant, however slowly it drips."""

    def __init__(self, sock: socket.socket, *, until: float) -> None:
        self._sock = sock
        self._until = until
        self._buffer = b""

    def answer(self) -> Raw:
        """Read it. Raises TimeoutError, OSError or Unreadable."""
        version, status, headers = self._head()
        while status < 200:
            version, status, headers = self._head()
        keeps = version == b"1" and "close" not in headers.get("connection", "").lower()
        if status in (204, 304):
            body, whole = b"", True
        elif "transfer-encoding" in headers:
            body, whole = self._chunked(headers["transfer-encoding"])
        elif "content-length" in headers:
            body, whole = self._sized(headers["content-length"])
        else:
            body, whole = self._rest(), False
        return Raw(status, headers, body, keeps and whole and not self._buffer)

    def head(self) -> Raw:
        """The status and headers alone; the connection is of no further use. Raises the same."""
        _version, status, headers = self._head()
        while status < 200:
            _version, status, headers = self._head()
        return Raw(status, headers, b"", reusable=False)

    def _head(self) -> tuple[bytes, int, dict[str, str]]:
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise Unreadable("The answer's headers do not end.")
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        matched = _STATUS.fullmatch(first)
        if matched is None:
            raise Unreadable("The answer does not begin like HTTP.")
        headers: dict[str, str] = {}
        for line in rest.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return matched[1], int(matched[2]), headers

    def _sized(self, length: str) -> tuple[bytes, bool]:
        if not _DIGITS.fullmatch(length):
            raise Unreadable("The answer's Content-Length is no number.")
        wanted = min(int(length), MAX_ANSWER_BYTES)
        return self._exactly(wanted), wanted == int(length)

    def _chunked(self, encoding: str) -> tuple[bytes, bool]:
        if encoding.lower() != "chunked":
            raise Unreadable(f"The answer is encoded as {encoding[:50]!r}.")
        body = b""
        while size := self._chunk_size():
            room = MAX_ANSWER_BYTES - len(body)
            body += self._exactly(min(size, room))
            if size > room:
                return body, False
            self._line()
        while self._line():
            continue
        return body, True

    def _chunk_size(self) -> int:
        size = self._line().partition(b";")[0].strip()
        if not _HEX.fullmatch(size):
            raise Unreadable("A chunk of the answer has no size.")
        return int(size, 16)

    def _rest(self) -> bytes:
        """Everything until the other side closes."""
        while len(self._buffer) < MAX_ANSWER_BYTES:
            received = self._receive()
            if not received:
                break
            self._buffer += received
        body, self._buffer = self._buffer[:MAX_ANSWER_BYTES], b""
        return body

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise Unreadable("A line of the answer does not end.")
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, count: int) -> bytes:
        pieces, have = [self._buffer], len(self._buffer)
        while have < count:
            received = self._receive()
            if not received:
                raise Unreadable("The connection closed in the middle of the answer.")
            pieces.append(received)
            have += len(received)
        whole = b"".join(pieces)
        self._buffer = whole[count:]
        return whole[:count]

    def _more(self) -> None:
        received = self._receive()
        if not received:
            raise Unreadable("The connection closed without an answer.")
        self._buffer += received

    def _receive(self) -> bytes:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long.")
        self._sock.settimeout(left)
        return self._sock.recv(CHUNK)
