"""HTTP/2 keeps what HTTP/1.1 promises: hostile answers, deadlines, and what was never taken."""

import random
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from channels.adapters.http2 import Http2Transport
from channels.adapters.transport import Answer, Seconds, TransportError, leaving_before, split
from channels.adapters.wire import MAX_ANSWER_BYTES
from tests.channels.providers import black_hole, certificate, closed_port, wire
from tests.config.processes import until
from tests.lived import Lived

PATIENT = Seconds(60.0, 60.0)
QUICK = Seconds(0.5, 0.5)
"""For servers that never answer."""
Server = h2.connection.H2Connection
Deed = Callable[[Server, int], None]


def post(transport: Http2Transport, url: str, body: bytes = b"hi") -> Answer:
    return transport.request("POST", url, headers={"X-A": "b"}, body=body)


def answering(*deeds: Deed, over: Callable[[socket.socket], socket.socket] | None = None) -> (
    Callable[[socket.socket], None]
):  # fmt: skip
    """A server that does one deed for each whole request of a connection, then hangs up."""

    def talk(connection: socket.socket) -> None:
        with over(connection) if over else connection as sock:
            serve(sock, list(deeds))

    return talk


def serve(sock: socket.socket, deeds: list[Deed]) -> None:
    server = Server(h2.config.H2Configuration(client_side=False))
    server.initiate_connection()
    while deeds:
        sock.sendall(server.data_to_send())
        data = sock.recv(65536)
        if not data:
            return
        for event in server.receive_data(data):
            if isinstance(event, h2.events.StreamEnded):
                deeds.pop(0)(server, event.stream_id)
    sock.sendall(server.data_to_send())
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):  # what is closed unread takes back what was said
        continue


def ok(server: Server, stream: int) -> None:
    server.send_headers(stream, [(":status", "200"), ("x-id", "1")])
    server.send_data(stream, b"ok", end_stream=True)


def ok_and_goodbye(server: Server, stream: int) -> None:
    ok(server, stream)
    server.close_connection(last_stream_id=stream)


def test_a_connection_serves_one_request_after_another() -> None:
    transport = Http2Transport(seconds=PATIENT)
    seen = []

    def counted(connection: socket.socket) -> None:
        seen.append(connection)
        answering(ok, ok, ok)(connection)

    with wire(counted) as url:
        answers = [post(transport, url) for _ in range(3)]
    transport.close()
    assert {(answer.status, answer.text) for answer in answers} == {(200, "ok")}
    assert len(seen) == 1


def test_a_connection_that_the_server_ended_is_replaced_not_trusted() -> None:
    transport = Http2Transport(seconds=PATIENT)
    with wire(answering(ok_and_goodbye)) as url:
        assert [post(transport, url).text for _ in range(3)] == ["ok", "ok", "ok"]
    transport.close()


@pytest.mark.parametrize(
    ("deed", "kind", "code"),
    [
        (lambda server, stream: server.close_connection(last_stream_id=0), "retry", "not_taken"),
        (lambda server, stream: server.reset_stream(stream, 7), "retry", "not_taken"),
        (lambda server, stream: server.reset_stream(stream, 2), "unknown", "connection_lost"),
        (
            lambda server, stream: server.close_connection(last_stream_id=stream),
            "unknown",
            "connection_lost",
        ),
        (lambda server, stream: None, "unknown", "connection_lost"),
        (
            lambda server, stream: server.send_headers(stream, [(":status", "200")]),
            "unknown",
            "connection_lost",
        ),
    ],
)
def test_only_what_the_server_says_it_never_took_is_tried_again(
    deed: Deed, kind: str, code: str
) -> None:
    transport = Http2Transport(seconds=PATIENT)
    with wire(answering(deed)) as url, pytest.raises(TransportError) as caught:
        post(transport, url)
    assert (caught.value.kind, caught.value.code) == (kind, code)


def test_an_endless_answer_is_cut_at_a_mebibyte() -> None:
    def endless(connection: socket.socket) -> None:
        server = Server(h2.config.H2Configuration(client_side=False))
        server.initiate_connection()
        stream = 0
        while True:
            connection.sendall(server.data_to_send())
            for event in server.receive_data(connection.recv(65536)):
                if isinstance(event, h2.events.StreamEnded):
                    stream = event.stream_id
                    server.send_headers(stream, [(":status", "200")])
            while stream and server.local_flow_control_window(stream) >= 16384:
                server.send_data(stream, b"x" * 16384)

    transport = Http2Transport(seconds=PATIENT)
    with wire(endless) as url:
        answer = post(transport, url)
    assert (answer.status, len(answer.body)) == (200, MAX_ANSWER_BYTES)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 400 No\r\n\r\n", b"\x00" * 50, b"x" * 70_000, b""])
def test_what_is_no_http2_proves_nothing(raw: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(raw)
        connection.close()

    with wire(talk) as url, pytest.raises(TransportError) as caught:
        post(Http2Transport(seconds=PATIENT), url)
    assert caught.value.kind == "unknown"


def test_noise_is_an_answer_or_an_error_of_the_transport_and_nothing_else() -> None:
    rng = random.Random(5)
    server = Server(h2.config.H2Configuration(client_side=False))
    server.initiate_connection()
    good = server.data_to_send()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        kind, flags, size = rng.randrange(11), rng.randrange(256), rng.randrange(40)
        frame = bytes([0, 0, size, kind, flags, 0, 0, 0, rng.randrange(3)]) + rng.randbytes(size)
        connection.sendall(good + frame)
        connection.close()

    transport = Http2Transport(seconds=QUICK)
    with wire(talk) as url:
        for _ in range(200):
            try:
                assert 100 <= post(transport, url).status < 1000
            except TransportError as error:
                assert error.kind in {"unknown", "retry"}
    transport.close()


def test_silence_holds_a_worker_no_longer_than_the_time_outs() -> None:
    with black_hole() as url, Lived() as waited, pytest.raises(TransportError) as caught:
        post(Http2Transport(seconds=QUICK), url)
    assert (caught.value.kind, caught.value.code) == ("unknown", "no_answer")
    assert waited.seconds < 3


def test_pings_without_end_hold_a_worker_no_longer_either() -> None:
    def ping(connection: socket.socket) -> None:
        server = Server(h2.config.H2Configuration(client_side=False))
        server.initiate_connection()
        connection.recv(65536)
        while True:
            server.ping(b"12345678")
            connection.sendall(server.data_to_send())
            server.receive_data(b"")
            connection.recv(65536)

    with wire(ping) as url, Lived() as waited, pytest.raises(TransportError) as caught:
        post(Http2Transport(seconds=QUICK), url)
    assert caught.value.kind == "unknown"
    assert waited.seconds < 3


@pytest.mark.parametrize(
    ("says", "connections"),
    [
        (lambda server: server.ping(b"12345678"), 1),
        (lambda server: server.update_settings({3: 100}), 1),
        (lambda server: server.close_connection(last_stream_id=1), 2),
    ],
)
def test_what_a_server_says_between_two_requests_is_heard(
    says: Callable[[Server], object], connections: int
) -> None:
    """It ends the connection only where the server says so."""
    answered = threading.Event()
    seen: list[Server] = []

    def talk(connection: socket.socket) -> None:
        server = Server(h2.config.H2Configuration(client_side=False))
        server.initiate_connection()
        seen.append(server)
        first = len(seen) == 1
        for count, stream in enumerate(requests(connection, server)):
            ok(server, stream)
            connection.sendall(server.data_to_send())
            if first and count == 0 and answered.wait(60):
                says(server)
                connection.sendall(server.data_to_send())
            if first and connections == 2:
                break
        while connection.recv(65536):
            continue

    transport = Http2Transport(seconds=PATIENT)
    with wire(talk) as url:
        assert post(transport, url).text == "ok"
        answered.set()
        (kept,) = transport._idle[split(url)[0]]
        assert select.select([kept.sock], [], [], 60)[0]
        assert post(transport, url).text == "ok"
        transport.close()
    assert len(seen) == connections


def requests(connection: socket.socket, server: Server) -> Iterator[int]:
    """The streams of whole requests, as they come."""
    connection.sendall(server.data_to_send())
    while data := connection.recv(65536):
        for event in server.receive_data(data):
            if isinstance(event, h2.events.StreamEnded):
                yield event.stream_id
        connection.sendall(server.data_to_send())


@pytest.mark.parametrize(
    ("url", "kind", "code"),
    [
        ("nonsense", "account_broken", "unusable_url"),
        ("http://127.0.0.1/a b", "account_broken", "unusable_request"),
        ("http://name.invalid/", "retry", "name_unresolved"),
    ],
)
def test_a_call_that_cannot_begin_says_why(url: str, kind: str, code: str) -> None:
    with pytest.raises(TransportError) as caught:
        post(Http2Transport(seconds=QUICK), url)
    assert (caught.value.kind, caught.value.code) == (kind, code)


def test_nobody_listening_and_private_addresses_are_as_for_any_transport() -> None:
    with pytest.raises(TransportError) as caught:
        post(Http2Transport(seconds=QUICK), closed_port())
    assert caught.value.code == "connect_failed"
    with pytest.raises(TransportError) as caught:
        post(Http2Transport(seconds=QUICK, guarded=True), closed_port())
    assert caught.value.code == "address_forbidden"


def test_a_call_that_was_held_up_does_not_leave() -> None:
    heard: list[bytes] = []
    with wire(lambda connection: heard.append(connection.recv(100))) as url:
        with leaving_before(time.monotonic()), pytest.raises(TransportError) as caught:
            post(Http2Transport(seconds=QUICK), url)
        with pytest.raises(TransportError):
            post(Http2Transport(seconds=QUICK), url)
        until(lambda: len(heard) == 2)
    assert (caught.value.kind, caught.value.code) == ("retry", "held_up")
    assert sorted(each[:3] for each in heard) == [b"", b"PRI"]


@pytest.mark.parametrize("protocols", [["h2"], ["http/1.1"]])
def test_over_tls_the_server_must_agree_to_http2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocols: list[str]
) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setattr("certifi.where", lambda: str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(protocols)

    def secure(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    transport = Http2Transport(seconds=PATIENT)
    with wire(answering(ok, ok, over=secure)) as plain:
        url = plain.replace("http", "https")
        if protocols == ["h2"]:
            assert [post(transport, url).text for _ in range(2)] == ["ok", "ok"]
        else:
            with pytest.raises(TransportError) as caught:
                post(transport, url)
            assert (caught.value.kind, caught.value.code) == ("account_broken", "no_http2")
    transport.close()
