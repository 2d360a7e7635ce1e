"""What every adapter that speaks HTTP must keep, as a check that anybody can run on their own.

A server on loopback plays the provider: it says yes, says no in every way, hangs up, and is silent.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic
from typing import ClassVar, Literal

import msgspec

from channels.adapters.base import Adapter, Sender
from channels.adapters.transport import leaving_before
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing

SHORT = {"connect_seconds": "0.5", "read_seconds": "0.5"}
"""Time-outs for a provider that is silent; one that answers gets the adapter's own."""
LONGEST = 3.0
"""Seconds that a call with those time-outs may take, on a busy machine too."""
THREADS, EACH = 8, 5

NEVER_ACCEPTED: Mapping[int, OutcomeKind] = {
    400: "permanent",
    401: "account_broken",
    403: "account_broken",
    422: "permanent",
    429: "retry",
    500: "unknown",
    502: "unknown",
    504: "unknown",
}


class Answer(msgspec.Struct, frozen=True):
    """What the provider does with a request."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
    mode: Literal["answer", "drop", "silent"] = "answer"


class Provided(msgspec.Struct, frozen=True, kw_only=True):
    """Of the adapter's author: an account and a message for a provider at an address, and its yes.

    The account's secrets are made up, but as long as real ones.
    """

    adapter: Adapter
    account: Callable[[str], AccountSettings]
    message: Callable[[str], Outgoing]
    yes: Answer


class _Desk(BaseHTTPRequestHandler):
    """One connection to the played provider."""

    protocol_version = "HTTP/1.1"
    answer: ClassVar[Answer]
    seen: ClassVar[list[str]]
    over: ClassVar[Event]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append(self.path)
        if self.answer.mode == "silent":
            self.over.wait(60)
        if self.answer.mode != "answer":
            self.close_connection = True
            return
        self.send_response(self.answer.status)
        headers = {**self.answer.headers, "Content-Length": str(len(self.answer.body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.answer.body)

    do_GET = do_PUT = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    """One in which many may knock at once."""

    request_queue_size = 64


@contextmanager
def _provider(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths that were asked for."""
    seen: list[str] = []
    over = Event()
    desk = type("Desk", (_Desk,), {"answer": answer, "seen": seen, "over": over})
    with _Server(("127.0.0.1", 0), desk) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            over.set()
            server.shutdown()
            thread.join()


@contextmanager
def _opened(given: Provided, url: str, **changed: str) -> Iterator[Sender]:
    account = given.account(url)
    options = {**account.options, **changed}
    sender = given.adapter.open(msgspec.structs.replace(account, options=options))
    try:
        yield sender
    finally:
        sender.close()


def broken(given: Provided) -> list[str]:
    """Every clause that the adapter breaks, in words; nothing if it keeps the contract."""
    clauses = (_accepts, _refuses, _rests, _proves, _reaches_nobody, _shares, _says_what_is_missing)
    return [fault for clause in clauses for fault in clause(given)]


def _sent(given: Provided, answer: Answer) -> tuple[Outcome, int, float]:
    """How a send ended, how many requests it made and how long it took."""
    patience = SHORT if answer.mode == "silent" else {}
    with _provider(answer) as (url, seen), _opened(given, url, **patience) as sender:
        started = monotonic()
        outcome = sender.send(given.message(url))
        return outcome, len(seen), monotonic() - started


def _accepts(given: Provided) -> Iterator[str]:
    outcome, requests, _ = _sent(given, given.yes)
    if outcome.kind != "accepted" or not outcome.provider_id:
        yield f"A yes is accepted with the provider's id, not {outcome}."
    if not requests:
        yield "A yes comes from the provider: nobody called it."


def _refuses(given: Provided) -> Iterator[str]:
    for status, kind in NEVER_ACCEPTED.items():
        outcome, _, _ = _sent(given, Answer(status, b"no"))
        if outcome.kind != kind or not outcome.code:
            yield f"HTTP {status} is {kind} and has a code, not {outcome}."
        if any(secret in repr(outcome) for secret in _secrets(given).values()):
            yield f"HTTP {status} shows a secret: {outcome.code}."


def _rests(given: Provided) -> Iterator[str]:
    for status in (429, 503):
        outcome, _, _ = _sent(given, Answer(status, b"later", {"Retry-After": "7"}))
        if (outcome.kind, outcome.retry_after) != ("retry", 7.0):
            yield f"HTTP {status} with Retry-After: 7 is a retry after 7 seconds, not {outcome}."


def _proves(given: Provided) -> Iterator[str]:
    for mode in ("drop", "silent"):
        outcome, _, seconds = _sent(given, Answer(200, mode=mode))
        if outcome.kind != "unknown":
            yield f"No answer ({mode}) after the request has left proves nothing, not {outcome}."
        if seconds > LONGEST:
            yield f"No answer ({mode}) held the worker for {seconds:.1f} seconds."


def _reaches_nobody(given: Provided) -> Iterator[str]:
    with _opened(given, _nobody()) as sender:
        message = given.message(_nobody())
        outcome = sender.send(message)
        found = sender.lookup(uid=message.uid, to=message.to, since=message.at, body=message.text)
    if outcome.kind != "retry":
        yield f"Nobody listening is a retry, not {outcome}."
    if found is not None:
        yield f"A lookup that reaches nobody proves nothing, not {found}."
    with _provider(given.yes) as (url, seen), _opened(given, url) as sender:
        with leaving_before(monotonic() - 1):
            outcome = sender.send(given.message(url))
        if seen or outcome.kind != "retry":
            yield f"A message that was held up does not leave and is a retry, not {outcome}."


def _shares(given: Provided) -> Iterator[str]:
    with _provider(given.yes) as (url, _), _opened(given, url) as sender:
        messages = [given.message(url) for _ in range(THREADS * EACH)]
        with ThreadPoolExecutor(THREADS) as pool:
            kinds = {outcome.kind for outcome in pool.map(sender.send, messages)}
    if kinds != {"accepted"}:
        yield f"Many threads share one sender; here it ended as {', '.join(sorted(kinds))}."


def _says_what_is_missing(given: Provided) -> Iterator[str]:
    account = given.account(_nobody())
    kept = {name: value for name, value in account.options.items() if name not in _secrets(given)}
    sender = given.adapter.open(msgspec.structs.replace(account, options=kept))
    outcome = sender.send(given.message(_nobody()))
    sender.close()
    if outcome.kind not in ("account_broken", "retry") or not outcome.detail:
        yield f"An account without its secrets is broken and says so, not {outcome}."


def _secrets(given: Provided) -> dict[str, str]:
    options = given.account(_nobody()).options
    names = [option.name for option in given.adapter.OPTIONS if option.secret]
    return {name: options[name] for name in names if options.get(name)}


def _nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
