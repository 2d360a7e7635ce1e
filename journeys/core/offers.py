"""Does a journey outlive what it offers? The offers' ends, beside the last time it can send.

Only a scheduled moment has a last send: the slot, and the longest way of waits from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from graphlib import TopologicalSorter
from typing import Any

from channels.core import offer
from journeys.core.cron import Moment
from journeys.core.document import Document
from journeys.core.links import Link, circles, links, reachable
from journeys.core.problem import Problem, problem
from journeys.core.steps import Step
from journeys.core.steps.call import Call
from journeys.core.steps.send import Send
from journeys.core.steps.wait import Wait
from journeys.core.steps.wait_for import WaitFor
from journeys.core.triggers import TimeTrigger
from journeys.core.waiting import BestTime, InWindow, Until
from journeys.core.walk import END
from journeys.core.wallclock import EVERY_DAY
from profiles.core.instants import instant

_NONE = timedelta()
_DAY, _WEEK = timedelta(hours=25), timedelta(days=7, hours=1)
"""As long as clocks that are put back can make them."""
LAST_ZONE = timedelta(hours=12)
"""A wall time comes there last: twelve hours after Greenwich."""

Content = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def faults(
    document: Document, *, content: Content, now: datetime, zone: tzinfo
) -> Iterator[Problem]:
    """Offers that are over at `now`, and those that can be before the last message leaves.

    `content` gives what a body stands for; `zone` reads what is written without one.
    """
    last = last_sends(document, zone=zone)
    for index, step in enumerate(document.steps):
        for each in step.contents if isinstance(step, Send) else ():
            written = str(content(each.body).get("offer_ends") or "")
            if not offer.is_literal(written):
                continue
            ends = offer.ends(written, variables={}, zone=zone)
            if ends is not None:
                yield from _fault(f"{each.path}.offer_ends", ends, last.get(index), now)


def _fault(path: str, ends: datetime, last: datetime | None, now: datetime) -> Iterator[Problem]:
    if ends <= now:
        message = f"The offer ended at {_said(ends)}: nothing of it would be sent."
        yield problem(path, "offer_over", message)
    elif last is None:
        message = f"The offer ends at {_said(ends)}, and the journey goes on sending after that;"
        yield problem(path, "offer_ends_first", f"{message} what comes later is skipped.")
    elif last >= ends:
        message = f"The offer ends at {_said(ends)}, and the step can send until {_said(last)};"
        yield problem(path, "offer_ends_first", f"{message} what comes later is skipped.")


def last_sends(document: Document, *, zone: tzinfo) -> dict[int, datetime]:
    """By the index of each step that has one, when customers come there at the latest."""
    slot = _last_slot(document, zone)
    if slot is None:
        return {}
    return {index: slot + spent for index, spent in longest_ways(document).items()}


def longest_ways(document: Document) -> dict[int, timedelta]:
    """The longest time from entry to each step; steps that can be reached later and later, or at a
    time that only the customer knows, are left out.
    """
    ways = [way for way in links(document) if way.to is not None and way.to != END]
    turning = {index for circle in circles(ways) for index in circle}
    endless = reachable([*turning, *_open_ends(document.steps, ways)], ways)
    open_ways = [way for way in ways if not {way.start, way.to} & endless]
    found: dict[int, timedelta] = {} if 0 in endless else {0: _NONE}
    for index in _in_order(open_ways):
        for way in (way for way in open_ways if way.start == index and index in found):
            spent = found[index] + (_spent(document.steps[index]) or _NONE)
            assert way.to is not None  # noqa: S101 - such ways were left out
            found[way.to] = max(found.get(way.to, spent), spent)
    return found


def _in_order(ways: Sequence[Link]) -> list[int]:
    """Every step after all those that lead to it; there are no circles."""
    before: dict[int, set[int]] = {}
    for way in ways:
        before.setdefault(way.start, set())
        if way.to is not None:
            before.setdefault(way.to, set()).add(way.start)
    return list(TopologicalSorter(before).static_order())


def _open_ends(steps: Sequence[Step], ways: Sequence[Link]) -> Iterator[int]:
    """The steps that follow a wait of which nobody knows how long it is."""
    return (way.to for way in ways if way.to is not None and _spent(steps[way.start]) is None)


def _spent(step: Step) -> timedelta | None:
    """How long a customer stays at a step at most."""
    if isinstance(step, Wait):
        return _waited(step.form)
    if isinstance(step, WaitFor):
        return step.timeout if isinstance(step.timeout, timedelta) else None
    return step.timeout * (step.retries + 1) if isinstance(step, Call) else _NONE


def _waited(form: object) -> timedelta | None:
    if form is None or isinstance(form, timedelta):
        return form or _NONE
    if isinstance(form, BestTime):
        return form.within
    if isinstance(form, Until):
        return _DAY if form.days == EVERY_DAY else _WEEK
    if isinstance(form, InWindow):
        return _DAY if form.window.days == EVERY_DAY else _WEEK
    return None


def _last_slot(document: Document, zone: tzinfo) -> datetime | None:
    """None where customers can come in for ever."""
    slots = [_slot(each, zone) for each in document.enter.triggers]
    known = [slot for slot in slots if slot is not None]
    return max(known) if known and len(known) == len(slots) else None


def _slot(trigger: object, zone: tzinfo) -> datetime | None:
    if not isinstance(trigger, TimeTrigger) or not isinstance(trigger.schedule, Moment):
        return None
    wall = trigger.schedule.wall
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    return wall.replace(tzinfo=UTC) + LAST_ZONE if trigger.local else instant(wall, zone)


def _said(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
