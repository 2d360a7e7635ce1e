"""Addresses that came from outside: however spelled, they lead to the public internet only."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from channels.adapters import caller
from channels.adapters.transport import Seconds, Transport, TransportError
from tests.channels.providers import wire

QUICK = Seconds(connect=0.5, read=0.5)
SPELLED = """127.0.0.1 127.1 127.0.1 0x7f000001 0x7f.0.0.1 0x7F.1 0177.0.0.1 0177.1 017700000001
2130706433 localhost LocalHost localhost. 0 0.0.0.0 0x0 000.000.000.000 10.1 0xa000001 167772161
172.16.1 192.168.257 0300.0250.1 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376
100.64.0.1 1681915905 [::1] [::] [0:0:0:0:0:0:0:1] [::127.0.0.1] [::ffff:127.0.0.1]
[::ffff:7f00:1] [::ffff:169.254.169.254] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe]
[64:ff9b:1::7f00:1] [2002:7f00:1::] [fe80::1] [fc00::1] [fd00:ec2::254] [ff02::1] 224.0.0.1
255.255.255.255 ①②⑦.⓪.⓪.① ⑯⑨。②⑤④。⑯⑨｡②⑤④ 127。0。0。1 user@127.0.0.1 93.184.216.34@127.0.0.1
93.184.216.34%23@127.0.0.1 93.184.216.34:80@127.0.0.1"""
REFUSED = {"address_forbidden", "name_unresolved", "unusable_url", "unusable_request"}


@pytest.mark.parametrize("host", SPELLED.split())
def test_no_spelling_of_an_inner_address_is_called(host: str) -> None:
    touched = threading.Event()
    with wire(lambda connection: touched.set()) as url:
        port = url.rpartition(":")[2]
        for scheme in ("http", "https"):
            with pytest.raises(TransportError) as caught:
                guarded().request("GET", f"{scheme}://{host}:{port}/", headers={})
            assert caught.value.code in REFUSED
    assert not touched.is_set()


def guarded() -> Transport:
    return Transport(seconds=QUICK, guarded=True)


@pytest.mark.parametrize("scheme", ["file", "gopher", "ftp", "dict", "unix", "", "HTTPX", "data"])
def test_no_other_scheme_is_spoken(scheme: str) -> None:
    with pytest.raises(TransportError) as caught:
        guarded().request("GET", f"{scheme}://93.184.216.34/etc/passwd", headers={})
    assert caught.value.code == "unusable_url"


Row = tuple[Any, ...]


def rebinding(answers: list[str], asked: list[str]) -> Callable[..., list[Row]]:
    """A name that leads elsewhere each time it is asked for."""

    def resolve(host: str, port: int, **_: object) -> list[Row]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    return resolve


def test_a_name_is_asked_for_once_and_what_was_checked_is_what_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First it is public, then it is ours: no second question, so no second answer."""
    asked: list[str] = []
    called: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        called.append(address)
        raise OSError("The network is out of reach.")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding(["93.184.216.34", "127.0.0.1"], asked))
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(TransportError) as caught:
        guarded().request("GET", "http://rebinding.example:8000/", headers={})
    assert (caught.value.code, asked) == ("connect_failed", ["rebinding.example"])
    assert called == [("93.184.216.34", 8000)]
    with pytest.raises(TransportError) as caught:
        guarded().request("GET", "http://rebinding.example:8000/", headers={})
    assert caught.value.code == "address_forbidden"
    assert len(called) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_answer_sends_a_call_elsewhere(status: int) -> None:
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        heard.append(connection.recv(2000))
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())

    touched = threading.Event()
    with wire(lambda connection: touched.set()) as elsewhere, wire(answer) as url:
        found = caller.attempt(
            caller.Ringing(
                uid="u", method="POST", url=url, headers={}, body="{}", saves=True, timeout=60,
                timestamp=1, secrets=[], guarded=False,
            )
        )  # fmt: skip
    caller.close_all()
    assert (found.kind, found.code) == ("failed", f"http_{status}")
    assert len(heard) == 1
    assert not touched.is_set()
