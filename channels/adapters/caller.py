"""One attempt of a call: signed, to public addresses only, its answer judged. Never raises.

Addresses and answers come from outside: no redirects are followed, the connection goes to the very
address that was checked, and a deployment on trial may call its own machine.
"""

import threading
from collections.abc import Mapping, Sequence
from os import getpid

import msgspec
import structlog

from channels.adapters.base import retry_after
from channels.adapters.transport import CONNECT_SECONDS, Seconds, Transport, TransportError
from channels.core.call import CallResult, judged, signature_headers, unanswered

log = structlog.get_logger(__name__)
AGENT_HEADER, AGENT = "user-agent", "Sojourn"
LONGEST_REST = 3600.0
"""Whoever asks for more rest than this is asked again nevertheless."""


class Ringing(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: the call's request, and what signs it. `timestamp` is in Unix seconds."""

    uid: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    saves: bool
    timeout: int
    timestamp: int
    secrets: Sequence[str]
    guarded: bool


def attempt(call: Ringing) -> CallResult:
    """Make it, and say what came of it."""
    body = None if call.body is None else call.body.encode()
    named = (
        {} if any(name.lower() == AGENT_HEADER for name in call.headers) else {AGENT_HEADER: AGENT}
    )
    signed = signature_headers(
        call.secrets, uid=call.uid, timestamp=call.timestamp, body=body or b""
    )
    headers = {**named, **call.headers, **signed}
    transport = _transport(call.timeout, call.guarded)
    try:
        answer = transport.request(call.method, call.url, headers=headers, body=body)
    except TransportError as error:
        return unanswered(error.kind, error.code, str(error))
    except Exception as error:
        log.exception("call_failed", call=call.uid)
        return unanswered("unknown", "call_failed", type(error).__name__)
    rest = retry_after(answer.headers)
    return judged(
        answer.status,
        answer.body,
        saves=call.saves,
        retry_after=None if rest is None else min(rest, LONGEST_REST),
    )


def close_all() -> None:
    """Close the connections of this process, at its end."""
    with _lock:
        mine = [key for key in _open if key[0] == getpid()]
        closing = [_open.pop(key) for key in mine]
    for transport in closing:
        transport.close()


_open: dict[tuple[int, int, bool], Transport] = {}
_lock = threading.Lock()


def _transport(timeout: int, guarded: bool) -> Transport:
    """Connections of this process: they never cross a fork."""
    key = (getpid(), timeout, guarded)
    with _lock:
        if key not in _open:
            seconds = Seconds(connect=min(CONNECT_SECONDS, timeout), read=timeout)
            _open[key] = Transport(seconds=seconds, guarded=guarded)
        return _open[key]
