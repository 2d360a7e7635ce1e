"""What becomes of messages, told to the event log in one vocabulary."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from profiles.core.events import SystemEvent
from profiles.operations.record import record


class Subject(NamedTuple):
    """The message an event is about; without `uid`, only the channel it came through."""

    customer_id: int
    uid: Any
    enrollment_id: int | None
    journey: str
    version: int
    step: str
    visit: int
    arm: str
    channel: str


Announcement = tuple[str, Subject, Mapping[str, Any]]


def announce(
    announcements: Sequence[Announcement],
    *,
    now: dt.datetime,
) -> int:
    """Log events `(name, message, further properties)`, all at `now`. Returns how many."""
    return announce_at(
        [(name, subject, facts, now) for name, subject, facts in announcements], now=now
    )


def announce_at(
    announcements: Sequence[tuple[str, Subject, Mapping[str, Any], dt.datetime]],
    *,
    now: dt.datetime,
) -> int:
    """The same for things that happened at instants of their own."""
    events = [
        SystemEvent(
            customer_id=subject.customer_id,
            name=name,
            at=at,
            properties={**properties(subject), **facts},
        )
        for name, subject, facts, at in announcements
    ]
    return record(events, now=now)


def properties(subject: Subject) -> dict[str, Any]:
    """What every message event says about its message."""
    return {
        "message": str(subject.uid) if subject.uid else "",
        "enrollment": subject.enrollment_id,
        "journey": subject.journey,
        "version": subject.version,
        "step": subject.step,
        "visit": subject.visit,
        "arm": subject.arm,
        "channel": subject.channel,
    }
