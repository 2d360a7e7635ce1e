"""HTTP/2 (RFC 9113) with everything that our HTTP/1.1 promises, for those who speak nothing else.

One request at a time on a connection, so that it is as clear as there what has been proven; as many
connections as threads that send. Frames are h2's. A peer that says that it never looked at a
request (GOAWAY, REFUSED_STREAM) has not taken it: that is `retry`.
"""

import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import cast

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
from h2.settings import SettingCodes, Settings

from channels.adapters.transport import (
    Answer,
    Connection,
    Transport,
    TransportError,
    split,
    unusable,
)
from channels.adapters.wire import CHUNK, MAX_ANSWER_BYTES, Raw, Unreadable, request_bytes

PROTOCOL = "h2"
MIN_WINDOW = 8 * 1024
"""A connection on which less may be sent is replaced: a message waits for no window."""
LISTENING = 0.1
MOST_SAID = 8
"""Seconds for what a peer has begun to say while nobody asked, and how often it is listened to."""
Fields = list[tuple[str, str]]


class Http2Transport(Transport):
    """The pool, the time-outs and the guards of Transport; another language on the wire."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """One call. Raises TransportError where no complete answer came back."""
        origin, host, target = split(url)
        try:
            request_bytes(method, target, host=host, headers=headers, body=None)
        except ValueError as error:
            raise unusable(error) from error
        named = {":method": method, ":scheme": origin[0], ":authority": host, ":path": target}
        fields = [*named.items(), *((name.lower(), text) for name, text in headers.items())]
        return self._answered(origin, lambda connection: self._talk(connection, fields, body))

    def _talk(self, connection: Connection, fields: Fields, body: bytes | None) -> Raw:
        conversation = cast(Conversation, connection)
        until = monotonic() + self.seconds.read
        self._leave(conversation.sock, conversation.request(fields, body))
        return conversation.answer(until=until)

    def _made(self, sock: socket.socket) -> Connection:
        if isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() != PROTOCOL:
            sock.close()
            raise TransportError("account_broken", "no_http2", "The server speaks no HTTP/2.")
        return Conversation(sock)

    def _secured(self) -> ssl.SSLContext:
        context = super()._secured()
        context.set_alpn_protocols([PROTOCOL])
        return context


class Conversation(Connection):
    """One connection's HTTP/2 state, and the stream of the answer that it is waiting for."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        config = h2.config.H2Configuration(client_side=True, header_encoding=None)
        self._h2 = h2.connection.H2Connection(config)
        wishes = {SettingCodes.ENABLE_PUSH: 0}
        self._h2.local_settings = Settings(client=True, initial_values=wishes)
        self._h2.initiate_connection()
        self._stream = 0

    def is_stale(self) -> bool:
        """As of any connection; but what a peer says between two requests is listened to."""
        try:
            for _ in range(MOST_SAID):
                if not _readable(self.sock):
                    break
                self.sock.settimeout(LISTENING)
                if any(map(_ends, self._listen(self.sock.recv(CHUNK)))):
                    return True
        except (OSError, Unreadable):
            return True
        narrow = self._h2.outbound_flow_control_window < MIN_WINDOW
        return narrow or self.has_expired() or _readable(self.sock)

    def request(self, fields: Fields, body: bytes | None) -> bytes:
        """All of it in one piece, the connection's own beginning included."""
        try:
            self._stream = self._h2.get_next_available_stream_id()
            self._h2.send_headers(self._stream, fields, end_stream=body is None)
            if body is not None:
                self._h2.send_data(self._stream, body, end_stream=True)
        except h2.exceptions.H2Error as error:
            raise TransportError("retry", "not_sent", str(error)) from error
        return self._h2.data_to_send()

    def answer(self, *, until: float) -> Raw:
        """Read it. Raises TimeoutError, OSError, Unreadable or TransportError."""
        status, headers, body = 0, dict[str, str](), b""
        while True:
            events = self._listen(self._receive(until))
            for event in events:
                if isinstance(event, h2.events.ResponseReceived):
                    status, headers = _head(event)
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                elif isinstance(event, h2.events.StreamEnded):
                    return Raw(
                        status, headers, body[:MAX_ANSWER_BYTES], not any(map(_ends, events))
                    )
                else:
                    self._give_up(event)
            if len(body) >= MAX_ANSWER_BYTES:
                return Raw(status, headers, body[:MAX_ANSWER_BYTES], False)

    def _receive(self, until: float) -> bytes:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long.")
        self.sock.settimeout(left)
        return self.sock.recv(CHUNK)

    def _listen(self, data: bytes) -> list[h2.events.Event]:
        """What was said, and our acknowledgements sent back."""
        if not data:
            raise Unreadable("The connection closed without an answer.")
        try:
            events = self._h2.receive_data(data)
            for event in events:
                if isinstance(event, h2.events.DataReceived) and not _ends(events[-1]):
                    size = event.flow_controlled_length
                    self._h2.acknowledge_received_data(size, event.stream_id)
        except h2.exceptions.H2Error as error:
            raise Unreadable(f"The answer is no HTTP/2: {error}") from error
        with suppress(OSError):  # who is gone may have said something before
            self.sock.sendall(self._h2.data_to_send())
        return events

    def _give_up(self, event: h2.events.Event) -> None:
        """Where no answer can come any more; what the peer never looked at, it has not taken."""
        if isinstance(event, h2.events.ConnectionTerminated):
            if self._stream > (event.last_stream_id or 0):
                raise _refused("The server ended the connection and took nothing.")
            raise Unreadable("The server ended the connection.")
        if isinstance(event, h2.events.StreamReset):
            if event.error_code == h2.errors.ErrorCodes.REFUSED_STREAM:
                raise _refused("The server refused the request unread.")
            raise Unreadable(f"The server broke the answer off ({event.error_code}).")


def _head(event: h2.events.ResponseReceived) -> tuple[int, dict[str, str]]:
    headers = {_text(name): _text(value) for name, value in event.headers}
    status = headers.pop(":status", "")
    if not (status.isascii() and status.isdigit()):
        raise Unreadable("The answer has no status.")
    return int(status), headers


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")


def _ends(event: h2.events.Event) -> bool:
    return isinstance(event, h2.events.ConnectionTerminated)


def _refused(detail: str) -> TransportError:
    return TransportError("retry", "not_taken", detail)


def _readable(sock: socket.socket) -> bool:
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))
