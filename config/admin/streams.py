"""Long work that somebody waits for: a line of JSON each time that some of it is done, and one with
what came of it. It ends when nobody reads any more.
"""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import BoundedSemaphore, Event, Thread
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from profiles.admin.base import Refused

AT_ONCE = BoundedSemaphore(2)
"""Each holds a worker and a connection while it lasts."""

Tell = Callable[[float], None]
Work = Callable[[Tell], Any]
"""Is told how to say how much is done, 0 to 1; returns what is found. Raises Refused."""


class Told(NamedTuple):
    """A line of the answer."""

    key: str
    value: Any


Answer = SimpleQueue[Told | None]


class Unwanted(Exception):
    """Nobody waits for the answer any more."""


def stream(work: Work) -> StreamingHttpResponse:
    """Lines `{"done": 0.25}`, and at the end `{"found": …}` or `{"refused": "why"}`."""
    return StreamingHttpResponse(
        _lines(work, get_language() or "en"),
        content_type="application/x-ndjson",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _lines(work: Work, language: str) -> Iterator[bytes]:
    if not AT_ONCE.acquire(blocking=False):
        with translation.override(language):
            message = _("Two dry runs are under way already: try again when one is through.")
        yield _line(Told("refused", message))
        return
    answer: Answer = SimpleQueue()
    unwanted = Event()
    try:
        Thread(target=_run, args=(work, language, answer, unwanted), daemon=True).start()
        while (each := answer.get()) is not None:
            yield _line(each)
    finally:
        unwanted.set()
        AT_ONCE.release()


def _run(work: Work, language: str, answer: Answer, unwanted: Event) -> None:
    """In a thread of its own, with a connection of its own."""

    def tell(done: float) -> None:
        if unwanted.is_set():
            raise Unwanted
        answer.put(Told("done", round(done, 4)))

    try:
        with translation.override(language):
            answer.put(_told(work, tell))
    except Unwanted:
        pass
    finally:
        answer.put(None)
        connection.close()


def _told(work: Work, tell: Tell) -> Told:
    try:
        return Told("found", work(tell))
    except Refused as refusal:
        return Told("refused", str(refusal))


def _line(told: Told) -> bytes:
    return msgspec.json.encode({told.key: told.value}) + b"\n"
