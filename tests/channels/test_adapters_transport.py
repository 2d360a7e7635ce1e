"""The wire itself: keep-alive, hostile answers, guarded destinations."""

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from channels.adapters.transport import (
    Answer,
    Seconds,
    Transport,
    TransportError,
    leaving_before,
    open_socket,
)
from channels.adapters.wire import MAX_ANSWER_BYTES, Exchange, Unreadable, request_bytes
from tests.channels.providers import certificate, closed_port, wire
from tests.config.processes import until

PATIENT = Seconds(60.0, 60.0)
QUICK = Seconds(0.5, 0.5)
"""For servers that never answer."""


def read(*pieces: bytes, close: bool = True) -> tuple[int, bytes, bool]:
    """What an exchange makes of these bytes, however they are cut."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        feeder = threading.Thread(target=_feed, args=(theirs, pieces, close), daemon=True)
        feeder.start()
        try:
            answer = Exchange(ours, until=time.monotonic() + 60).answer()
        finally:
            ours.close()
            feeder.join(60)
    return answer.status, answer.body, answer.reusable


def _feed(theirs: socket.socket, pieces: tuple[bytes, ...], close: bool) -> None:
    try:
        for piece in pieces:
            theirs.sendall(piece)
        if close:
            theirs.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi", True)),
        (b"HTTP/1.1 202\r\nContent-Length: 0\r\n\r\n", (202, b"", True)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"", True)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi", False)),
        (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
            (200, b"hi", False),
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", (200, b"until the end", False)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", (200, b"hi", False)),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\ncontent-length:1\r\n\r\nx",
            (201, b"x", True),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2;ext=1\r\nhi\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
            (200, b"hi0123456789", True),
        ),
    ],
)  # fmt: skip
def test_every_framing_is_read_whole_or_in_single_bytes(
    raw: bytes, expected: tuple[int, bytes, bool]
) -> None:
    assert read(raw) == expected
    status, body, _ = read(*(bytes([byte]) for byte in raw))
    assert (status, body) == expected[:2]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9e9\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 70_000,
    ],
)
def test_what_is_no_complete_answer_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw)


def test_an_endless_answer_is_cut_at_a_mebibyte() -> None:
    big = b"x" * (MAX_ANSWER_BYTES + 1000)
    sized = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(big)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(big) * 2)
    for raw in (sized + big, b"HTTP/1.1 200 OK\r\n\r\n" + big, chunked + big + big):
        status, body, reusable = read(raw)
        assert (status, len(body), reusable) == (200, MAX_ANSWER_BYTES, False)


def test_noise_is_unreadable_or_an_answer_and_nothing_else() -> None:
    rng = random.Random(3)
    parts = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"]
    parts += [b"\r\n", b"\r\n\r\n", b"abc", b"0\r\n", b"\xff\x00", b"HTTP/1.1 1", b":", b"3\r\nabc"]
    for _ in range(1500):
        raw = b"".join(rng.choices(parts, k=rng.randrange(9)))
        try:
            assert 200 <= read(raw)[0] < 600
        except Unreadable:
            continue


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a b", {}),
        ("/a\r\nX: y", {}),
        ("", {}),
        ("/ü", {}),
        ("/", {"X": "a\r\nY: b"}),
        ("/", {"X": "a\x00"}),
        ("/", {"X Y": "a"}),
        ("/", {"X\r\nY": "a"}),
        ("/", {"X": "Ключ"}),
    ],
)
def test_no_request_can_be_made_to_carry_another(target: str, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        request_bytes("GET", target, host="x", headers=headers, body=None)


def test_a_request_is_one_piece_with_its_length() -> None:
    made = request_bytes("POST", "/x?y=1", host="h:1", headers={"A": "b"}, body=b"hi")
    assert made == b"POST /x?y=1 HTTP/1.1\r\nHost: h:1\r\nA: b\r\nContent-Length: 2\r\n\r\nhi"


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        for answer in answers:
            while b"\r\n\r\n" not in connection.recv(65536):
                continue
            connection.sendall(answer)
        connection.close()

    return talk


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def get(transport: Transport, url: str) -> Answer:
    return transport.request("GET", url, headers={})


def test_a_connection_that_the_provider_has_closed_is_replaced_not_trusted() -> None:
    closed = threading.Event()

    def once(connection: socket.socket) -> None:
        answering(OK)(connection)
        closed.set()

    transport = Transport(seconds=PATIENT)
    with wire(once) as url:
        for _ in range(3):
            assert get(transport, url).text == "ok"
            assert closed.wait(60)
            closed.clear()
    transport.close()


def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    transport = Transport(seconds=PATIENT)
    with wire(answering(OK + b"HTTP/1.1 500 Stray\r\nContent-Length: 0\r\n\r\n", OK)) as url:
        assert get(transport, url).status == 200
        assert get(transport, url).status == 200
    transport.close()


@pytest.mark.parametrize(
    ("url", "kind", "code"),
    [
        ("nonsense", "account_broken", "unusable_url"),
        ("ftp://x/", "account_broken", "unusable_url"),
        ("http://x:99999/", "account_broken", "unusable_url"),
        ("http:///x", "account_broken", "unusable_url"),
        ("http://127.0.0.1/a b", "account_broken", "unusable_request"),
        ("http://name.invalid/", "retry", "name_unresolved"),
        (f"http://{'a' * 70}.example/", "retry", "connect_failed"),
    ],
)
def test_a_call_that_cannot_begin_says_why(url: str, kind: str, code: str) -> None:
    with pytest.raises(TransportError) as caught:
        get(Transport(seconds=QUICK), url)
    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert caught.value.outcome().detail


def test_a_failed_handshake_is_before_the_request_so_it_is_tried_again() -> None:
    server = wire(lambda connection: connection.sendall(b"220 not tls\r\n"))
    with server as url, pytest.raises(TransportError) as caught:
        get(Transport(seconds=PATIENT), url.replace("http", "https"))
    assert (caught.value.kind, caught.value.code) == ("retry", "tls_failed")


@pytest.mark.parametrize("trusted", [True, False])
def test_https_is_spoken_only_with_those_whose_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    pem = certificate(tmp_path)
    if trusted:
        monkeypatch.setattr("certifi.where", lambda: str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            answering(OK, OK)(secure)

    transport = Transport(seconds=PATIENT)
    with wire(talk) as url:
        secure = url.replace("http", "https")
        if trusted:
            assert [get(transport, secure).text for _ in range(2)] == ["ok", "ok"]
        else:
            with pytest.raises(TransportError, match="self-signed") as caught:
                get(transport, secure)
            assert (caught.value.kind, caught.value.code) == ("retry", "tls_failed")
    transport.close()


def test_a_handshake_that_never_ends_is_cut() -> None:
    with wire(lambda connection: None) as url, pytest.raises(TransportError) as caught:
        get(Transport(seconds=QUICK), url.replace("http", "https"))
    assert (caught.value.kind, caught.value.code) == ("retry", "connect_timeout")


def test_a_call_that_was_held_up_does_not_leave() -> None:
    """The deadline passes while the connection is made, as if the process had been stopped."""
    heard: list[bytes] = []  # each connection has a thread: they are heard in any order
    with wire(lambda connection: heard.append(connection.recv(100))) as url:
        transport = Transport(seconds=QUICK)
        with leaving_before(time.monotonic()), pytest.raises(TransportError) as caught:
            get(transport, url)
        with pytest.raises(TransportError):
            get(transport, url)
        until(lambda: len(heard) == 2)
    assert (caught.value.kind, caught.value.code) == ("retry", "held_up")
    assert sorted(each[:3] for each in heard) == [b"", b"GET"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "0",
     "[::ffff:127.0.0.1]", "LOCALHOST", "localhost.", "169.254.169.254"],
)  # fmt: skip
def test_a_guarded_call_never_touches_a_private_address(host: str) -> None:
    touched = threading.Event()
    with wire(lambda connection: touched.set()) as url:
        port = url.rpartition(":")[2]
        with pytest.raises(TransportError) as caught:
            get(Transport(seconds=QUICK, guarded=True), f"http://{host}:{port}/")
    assert caught.value.code in {"address_forbidden", "name_unresolved"}
    assert not touched.is_set()


def test_every_address_of_a_name_is_checked_and_the_checked_one_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        rows = ["93.184.216.34", "127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (row, port)) for row in rows]

    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(TransportError):
        open_socket("half-private.example", 80, seconds=0.2, guarded=True)
    assert asked == ["half-private.example"]


def test_a_name_without_an_address_is_an_error_of_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(OSError, match="no address"):
        open_socket("empty.example", 80, seconds=0.2, guarded=False)


def test_idle_connections_are_few_and_grow_old(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Transport(seconds=PATIENT)
    monkeypatch.setattr("channels.adapters.transport.IDLE_SECONDS", -1.0)
    connections = []

    def talk(connection: socket.socket) -> None:
        connections.append(connection)
        answering(OK, OK)(connection)

    with wire(talk) as url:
        get(transport, url)
        get(transport, url)
    transport.close()
    assert len(connections) == 2


def test_a_closed_port_is_named_in_the_error() -> None:
    url = closed_port()
    with pytest.raises(TransportError, match=url.removeprefix("http://")):
        get(Transport(seconds=QUICK), url)
