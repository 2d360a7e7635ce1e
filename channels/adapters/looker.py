"""Looks whether links and images answer: HEAD, then GET where that is refused; never a body.

Addresses come from outside: every hop of a redirect is resolved, checked and connected to by the
guarded transport, and nothing else. Never raises.
"""

import errno
import socket
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from time import monotonic

import structlog

from channels.adapters.transport import Answer, Connection, Seconds, Transport, TransportError
from channels.adapters.wire import Exchange, Raw
from channels.core.linkcheck import HOPS, MOVED, Seen, following, in_ascii, judged, unanswered

log = structlog.get_logger(__name__)
AT_ONCE = 16
SECONDS = 3.0
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Sojourn link check)",
    "Accept": "*/*",
    "Connection": "close",
}
PASSING = frozenset({socket.EAI_AGAIN})
"""The resolver's own troubles: they say nothing about the name."""


class HeadOnly(Transport):
    """Reads the head of an answer and leaves the body where it is."""

    def _exchange(self, connection: Connection, sent: bytes) -> Raw:
        until = monotonic() + self.seconds.read
        self._leave(connection.sock, sent)
        return Exchange(connection.sock, until=until).head()


def look(urls: Sequence[str], *, guarded: bool, within: float) -> dict[str, Seen]:
    """What became of each address, at most AT_ONCE at a time, `within` seconds for all of them."""
    transport = HeadOnly(seconds=Seconds(connect=SECONDS, read=SECONDS), guarded=guarded)
    until = monotonic() + within
    found = dict.fromkeys(urls, unanswered("out_of_time"))
    with _pool() as pool:
        asked = {pool.submit(_look, transport, url, until): url for url in found}
        done: set[Future[Seen]] = wait(asked, timeout=max(until - monotonic(), 0)).done
    return found | {asked[each]: each.result() for each in done}


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Whoever is late is not waited for."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _look(transport: Transport, url: str, until: float) -> Seen:
    try:
        return _followed(transport, url, until)
    except Exception:
        log.exception("link_check_failed", url=url[:200])
        return unanswered("failed")


def _followed(transport: Transport, url: str, until: float) -> Seen:
    """The verdict of the last hop."""
    for _ in range(HOPS + 1):
        if monotonic() >= until:
            return unanswered("out_of_time")
        try:
            answer = _answer(transport, in_ascii(url))
        except TransportError as error:
            return unanswered(_code(error))
        if answer.status not in MOVED:
            return judged(answer.status)
        url = following(url, answer.headers.get("location", ""))
        if not url:
            return unanswered("nowhere")
    return unanswered("circle")


def _answer(transport: Transport, url: str) -> Answer:
    """Servers that know no HEAD say all kinds of things to it; a GET is what customers send."""
    headers: Mapping[str, str] = HEADERS
    try:
        answer = transport.request("HEAD", url, headers=headers)
    except TransportError as error:
        if error.code != "connection_lost":
            raise
        return transport.request("GET", url, headers=headers)
    return transport.request("GET", url, headers=headers) if answer.status >= 400 else answer


def _code(error: TransportError) -> str:
    """Our word for why; a connection that was refused is told from a network that is down."""
    cause = error.__cause__
    if isinstance(cause, socket.gaierror) and cause.errno in PASSING:
        return "unresolved"
    if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
        return "refused"
    return error.code
