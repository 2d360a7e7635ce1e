"""The sandbox's time machine: works off everything that is due, in order, each at its own instant.

The same operations that workers run, called in one process; only here may one call span all houses.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from channels.operations import calls
from channels.operations.dispatch import Dispatched, dispatch
from channels.queries import calls as asked
from channels.queries import messages
from journeys.operations import advance, collect, dates, match, slots
from journeys.queries import enrollments, plans
from profiles.operations import (
    clock,
    lifecycle,
    lifecycle_model,
    membership,
    pauses,
    segment_sizes,
)
from profiles.queries import consents, segments
from profiles.queries import lifecycle as placements

PATIENCE_SECONDS = 60
"""How long to wait for a worker that holds a due row before giving up."""
NIGHTLY = dt.time(3, 10, tzinfo=dt.UTC)
"""When the lifecycle model is looked at again, as in `schedule`."""
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


class StillBusy(RuntimeError):
    """Something stayed due although it was worked on for PATIENCE_SECONDS."""


class Log(Protocol):
    """What reads new events: `journeys.operations.match`, or a reader of what is uncommitted."""

    def match(self, *, now: dt.datetime) -> int: ...
    def behind(self) -> bool: ...


class Post(Protocol):
    """What works off a round of the outbox."""

    def __call__(self, *, now: dt.datetime) -> Dispatched: ...


class Phone(Protocol):
    """What works off a round of calls."""

    def __call__(self, *, now: dt.datetime) -> int: ...


class Due(NamedTuple):
    """The earliest instant at which each kind of work falls due."""

    lifecycle: dt.datetime | None
    pauses: dt.datetime | None
    segments: dt.datetime | None
    slots: dt.datetime | None
    dates: dt.datetime | None
    enrollments: dt.datetime | None
    messages: dt.datetime | None
    calls: dt.datetime | None
    answers: dt.datetime | None

    def by(self, now: dt.datetime) -> bool:
        """Whether anything is due at `now`."""
        return any(at is not None and at <= now for at in self)

    def next(self) -> dt.datetime | None:
        return min((at for at in self if at is not None), default=None)


def settle(
    *, now: dt.datetime, log: Log = match, post: Post = dispatch, phone: Phone = calls.make
) -> int:
    """Work until nothing is due at `now`. Returns how many pieces of work were done."""
    return _settle(now, log, post, phone)[0]


def catch_up(*, clock: Callable[[], dt.datetime]) -> int:
    """Settle until nothing is due by the running clock: workers beside read it later than we do, so
    what they leave to do may be due a moment after ours. Returns how many pieces of work were done.
    """
    done = 0
    while True:
        done += settle(now=clock())
        if not all_due().by(clock()):
            return done


def travel(
    *,
    start: dt.datetime,
    until: dt.datetime,
    tell: Callable[[dt.datetime], None] | None = None,
    log: Log = match,
    phone: Phone = calls.make,
    nights: bool = True,
) -> int:
    """Settle at `start`, at every due moment up to `until`, and at `until`; leave the clock there.

    With `nights`, those on the way refresh the lifecycle model and count the segments.
    """
    done, due = _settle(start, log, phone=phone)
    moment = start
    while (coming := _next(moment, due, nights)) <= until:
        if nights and coming.timetz() == NIGHTLY:
            lifecycle_model.refresh_model(now=coming)
            segment_sizes.keep(now=coming)
        moment = coming
        worked, due = _settle(moment, log, phone=phone)
        done += worked
        if tell:
            tell(moment)
    clock.set_to(until)
    return done + _settle(until, log, phone=phone)[0]


def _next(moment: dt.datetime, due: Due, nights: bool) -> dt.datetime:
    """The next moment worth looking at: something falls due, or the night comes."""
    if not nights:
        return max(moment, due.next() or NEVER)
    night = dt.datetime.combine(moment.astimezone(dt.UTC), NIGHTLY)
    if night <= moment:
        night += dt.timedelta(days=1)
    return min(night, max(moment, due.next() or night))


def _settle(
    now: dt.datetime, log: Log, post: Post = dispatch, phone: Phone = calls.make
) -> tuple[int, Due]:
    done = 0
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        worked, due = _round(now, log, post, phone)
        done += worked
        if worked:
            continue
        if not due.by(now) and not log.behind():
            return done, due
        if time.monotonic() > give_up:
            raise StillBusy(
                "Work that is due could not be finished: the system page shows what is set aside."
            )
        time.sleep(0.01)


def _round(now: dt.datetime, log: Log, post: Post, phone: Phone) -> tuple[int, Due]:
    """One pass over every kind of work that is due, in the order of the data path."""
    due = all_due()
    worked = 0
    if _is(due.lifecycle, now):
        worked += lifecycle.advance_due(now=now)
    if _is(due.pauses, now):
        worked += pauses.end_due(now=now)
    if _is(due.segments, now):
        worked += membership.work(now=now)
    worked += log.match(now=now)
    if _is(due.slots, now):
        worked += slots.run_slots(now=now)
    if _is(due.dates, now):
        worked += dates.run_dates(now=now)
    if _is(due.enrollments, now):
        worked += advance.advance(now=now)
    return worked + _out(due, now, post, phone, always=bool(worked)), due


def _out(due: Due, now: dt.datetime, post: Post, phone: Phone, *, always: bool) -> int:
    """What leaves, and the answers that come back at once."""
    worked = 0
    if always or _is(due.calls, now):
        worked += phone(now=now)
    worked += collect.collect(now=now)
    if always or _is(due.messages, now):
        worked += post(now=now).claimed
    return worked


def all_due() -> Due:
    """When each kind of work falls due next, as the database stands."""
    live = plans.current()
    return Due(
        placements.next_due(),
        consents.next_due(),
        segments.next_due(),
        slots.next_due(live),
        dates.next_due(live),
        enrollments.next_due(halted=live.halted),
        messages.next_due(),
        asked.next_due(),
        asked.untold_since(besides=live.silent),
    )


def _is(at: dt.datetime | None, now: dt.datetime) -> bool:
    return at is not None and at <= now
