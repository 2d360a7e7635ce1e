"""The sandbox's time machine: works off everything that is due, in order, each at its own instant.

The same operations that workers run, called in one process; only here may one call span all houses.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator

from channels.operations.dispatch import dispatch
from channels.queries import messages
from journeys.operations import advance, match, slots
from journeys.queries import enrollments, plans
from profiles.operations import clock, lifecycle
from profiles.queries.lifecycle import next_due as next_lifecycle

PATIENCE_SECONDS = 60
"""How long to wait for a worker that holds a due row before giving up."""


class StillBusy(RuntimeError):
    """Something stayed due although it was worked on for PATIENCE_SECONDS."""


def settle(*, now: dt.datetime) -> int:
    """Work until nothing is due at `now`. Returns how many pieces of work were done."""
    done = 0
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        worked = _round(now)
        done += worked
        if worked:
            continue
        if not is_due(now):
            return done
        if time.monotonic() > give_up:
            raise StillBusy(
                "Work that is due could not be finished: see the system page for what is set aside."
            )
        time.sleep(0.01)


def travel(
    *, start: dt.datetime, until: dt.datetime, tell: Callable[[dt.datetime], None] | None = None
) -> int:
    """Settle at `start` and at every due moment up to `until`, then at `until`;
    leaves the clock there.
    """
    done = settle(now=start)
    for moment in _moments(start, until):
        done += settle(now=moment)
        if tell:
            tell(moment)
    clock.set_to(until)
    return done + settle(now=until)


def _moments(start: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    moment = start
    while (upcoming := next_due()) is not None and upcoming <= until:
        moment = max(moment, upcoming)
        yield moment


def next_due() -> dt.datetime | None:
    """The next instant at which anything in any house falls due."""
    paused = plans.current().paused
    dues = (
        next_lifecycle(),
        enrollments.next_due(paused=paused),
        messages.next_due(),
        slots.next_due(),
    )
    return min((due for due in dues if due is not None), default=None)


def is_due(now: dt.datetime) -> bool:
    """Whether anything is due at `now`, or an event has not been read yet."""
    upcoming = next_due()
    return (upcoming is not None and upcoming <= now) or match.behind()


def _round(now: dt.datetime) -> int:
    """One pass over every kind of work, in the order of the data path."""
    return (
        lifecycle.advance_due(now=now)
        + match.match(now=now)
        + slots.run_slots(now=now)
        + advance.advance(now=now)
        + dispatch(now=now).claimed
    )
