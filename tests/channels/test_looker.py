"""Fetching links: heads only, redirects by hops that are guarded again, time-outs, no bodies."""

import socket
import threading
from collections.abc import Iterator

import pytest

from channels.adapters import looker
from channels.core.linkcheck import Seen
from tests.channels.providers import closed_port
from tests.emulators.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(
        {"/": 200, "/old": "/", "/far": "/old", "/gone": 410, "/shy": 403, "/ill": 502}
    ) as it:
        yield it


def look(*urls: str, guarded: bool = False, within: float = 120.0) -> list[Seen]:
    found = looker.look(urls, guarded=guarded, within=within)
    return [found[url] for url in urls]


def verdicts(*urls: str, guarded: bool = False) -> list[str]:
    return [seen.verdict for seen in look(*urls, guarded=guarded)]


def test_one_look_each_and_a_verdict_for_all(site: Site) -> None:
    paths = ("/", "/old", "/far", "/gone", "/shy", "/ill", "/nowhere")
    assert verdicts(*map(site.at, paths)) == [
        "ok", "ok", "ok", "broken", "unknown", "broken", "broken",
    ]  # fmt: skip
    assert "GET /" not in site.asked


def test_a_server_that_knows_no_head_is_asked_again(site: Site) -> None:
    site.no_head = True
    assert verdicts(site.at("/"), site.at("/gone")) == ["ok", "broken"]
    assert sorted(site.asked) == ["GET /", "GET /gone", "HEAD /", "HEAD /gone"]


def test_a_circle_of_redirects_ends(site: Site) -> None:
    site.pages["/round"] = "/round"
    site.pages["/lost"] = "ftp://files.example/"
    assert [each.detail[:8] for each in look(site.at("/round"), site.at("/lost"))] == [
        "It leads", "It leads",
    ]  # fmt: skip
    assert site.asked.count("HEAD /round") == 6


@pytest.mark.parametrize(
    "place",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
     "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "[64:ff9b::7f00:1]", "100.64.0.1"],
)  # fmt: skip
def test_nothing_inside_the_network_is_asked(place: str, site: Site) -> None:
    (seen,) = look(f"http://{place}:{site.port}/", guarded=True)
    assert (seen.verdict, seen.status) == ("broken", None)
    assert site.asked == []


def test_every_hop_is_guarded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first hop counts as public; where it leads to does not."""
    site.pages["/hop"] = "http://127.0.0.2:1/secret"
    monkeypatch.setattr("channels.adapters.transport.is_public", lambda ip: ip == "127.0.0.1")
    (seen,) = look(site.at("/hop"), guarded=True)
    assert seen.detail == "It leads to an address that is not on the internet."
    assert site.asked == ["HEAD /hop"]


def test_a_closed_port_is_broken_and_a_word_that_is_no_host_too(site: Site) -> None:
    (closed, nohost) = look(f"{closed_port()}/", "https://")
    assert closed.detail == "The host refuses the connection."
    assert nohost.detail == "It is no web address."


def test_a_site_that_never_answers_is_not_called_broken(site: Site) -> None:
    site.fail("silent")
    (seen,) = look(site.at("/"), within=0.2)
    assert seen == Seen("unknown", None, "There was no time left to ask.")


def test_a_site_that_hangs_up_is_asked_once_more(site: Site) -> None:
    site.fail("drop", times=1)
    assert verdicts(site.at("/")) == ["ok"]
    assert site.asked == ["GET /"]


def test_no_more_than_a_few_at_once(site: Site) -> None:
    site.fail("slow", seconds=0.05)
    many = [site.at(f"/?n={number}") for number in range(40)]
    others = set(threading.enumerate())
    assert set(verdicts(*many)) == {"ok"}
    assert site.connections == 40
    ours = [each for each in threading.enumerate() if each not in others]
    assert sum(each.name.startswith("look") for each in ours) <= looker.AT_ONCE


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [("http", Seen("unknown", None, "The connection did not hold.")),
     ("https", Seen("broken", None,
                    "The certificate or the encryption of the host is not valid."))],
)  # fmt: skip
def test_a_host_that_speaks_something_else(scheme: str, expected: Seen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_mumble, args=(server,))
        answering.start()
        (seen,) = look(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/")
        server.shutdown(socket.SHUT_RDWR)
    answering.join(60)
    assert seen == expected


def _mumble(server: socket.socket) -> None:
    """Answers whoever comes until the port is closed."""
    server.settimeout(60)
    while True:
        try:
            taken, _address = server.accept()
        except OSError:
            return
        with taken:
            taken.recv(10_000)
            taken.sendall(b"220 mail.example ESMTP\r\n\r\n")
