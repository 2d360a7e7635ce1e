"""Lets requests that arrive together share a transaction: none waits for a timer, all for a commit.

Whoever comes while a transaction is under way joins the next one. The first of those waiting leads
it, on its own connection; the others sleep until it has committed for them.
"""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, OperationalError

from profiles.core.events import Incoming
from profiles.operations.ingest import Ingested, Warned, ingest

LEADERS = 2
"""Transactions under way in one process: one computes while the other waits for PostgreSQL."""
CROWD = 100
"""How many events must wait for a second transaction: fewer are better off in the next one."""
MOST_EVENTS = 500
"""How many events a shared transaction takes, unless a single request brings more."""


@dataclass(slots=True, eq=False)
class _Request:
    """A request on its way. Until somebody answers it, it counts as interrupted."""

    messages: Sequence[Incoming]
    source: str
    now: dt.datetime
    committed: Callable[[], None]
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    taken: bool = False
    finished: bool = False
    warnings: list[Warned] = field(default_factory=list)
    error: Exception | None = field(default_factory=lambda: OperationalError("interrupted"))


class _Queue:
    """Who waits, and how many lead. Everything here, and the flags of requests, under the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: deque[_Request] = deque()
        self.events = 0
        self.leaders = 0

    def has_room(self) -> bool:
        """Whether one more transaction should start."""
        return self.leaders == 0 or (self.leaders < LEADERS and self.events >= CROWD)


_queue = _Queue()


def gather(
    messages: Sequence[Incoming],
    *,
    source: str,
    now: dt.datetime,
    committed: Callable[[], None],
) -> list[Warned]:
    """Like `ingest`, perhaps together with other requests; returns this one's warnings.

    `committed` is called once for each transaction, before anybody gets an answer.
    """
    request = _Request(messages, source, now, committed)
    with _queue.lock:
        _queue.waiting.append(request)
        _queue.events += len(messages)
        if _queue.has_room():
            _queue.leaders += 1
            request.leads = True
    while not request.finished:
        if group := _group_to_lead(request):
            _lead(group)
        elif not request.finished:
            request.woken.wait()
            request.woken.clear()
    _group_to_lead(request)
    if request.error is not None:
        raise request.error
    return request.warnings


def _group_to_lead(request: _Request) -> list[_Request]:
    """The requests to take in, if this one leads. Once taken itself, it passes the lead on."""
    with _queue.lock:
        if not request.leads:
            return []
        request.leads = False
        if request.taken:
            _hand_on()
            return []
        return _next_group()


def _lead(group: Sequence[_Request]) -> None:
    try:
        _take_in(group)
    finally:
        with _queue.lock:
            _hand_on()
            for member in group:
                member.finished = True
                member.woken.set()


def _hand_on() -> None:
    """Give up the lead, to the first who waits without it if there is need of another."""
    _queue.leaders -= 1
    heir = next((request for request in _queue.waiting if not request.leads), None)
    if heir is not None and _queue.has_room():
        _queue.leaders += 1
        heir.leads = True
        heir.woken.set()


def _next_group() -> list[_Request]:
    """From the head of the queue: requests of one source, as many as fit."""
    group: list[_Request] = []
    events = 0
    while _queue.waiting:
        request = _queue.waiting[0]
        events += len(request.messages)
        if group and (events > MOST_EVENTS or request.source != group[0].source):
            break
        request.taken = True
        group.append(_queue.waiting.popleft())
        _queue.events -= len(request.messages)
    return group


def _take_in(group: Sequence[_Request]) -> None:
    """One transaction for all; if the data of one makes it fail, one for each."""
    try:
        _share(group, _ingest(group))
        group[0].committed()
    except (OperationalError, InterfaceError) as error:
        _fail(group, error)
    except DatabaseError as error:
        if len(group) == 1:
            _fail(group, error)
            return
        for request in group:
            _take_in([request])
    except Exception as error:
        _fail(group, error)


def _ingest(group: Sequence[_Request]) -> Ingested:
    messages = [message for request in group for message in request.messages]
    return ingest(messages, source=group[0].source, now=max(request.now for request in group))


def _share(group: Sequence[_Request], result: Ingested) -> None:
    """Give every request the warnings about its own calls, counted as it sent them."""
    start = 0
    for request in group:
        end = start + len(request.messages)
        request.warnings = [
            Warned(index - start, problem)
            for index, problem in result.warnings
            if start <= index < end
        ]
        request.error = None
        start = end


def _fail(group: Sequence[_Request], error: Exception) -> None:
    for request in group:
        request.error = error
