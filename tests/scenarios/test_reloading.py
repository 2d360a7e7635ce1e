"""A story that is stopped between any two pieces of work, and taken up by a process that knows
nothing but the tables, goes on as if it had never been stopped.
"""

import datetime as dt
import sys
from collections.abc import Callable, Collection
from functools import partial
from itertools import chain

import pytest
from django.db import connection

from channels.operations import calls
from channels.operations.dispatch import dispatch
from config import settle
from journeys.operations import advance, collect, dates, match, slots
from journeys.queries import plans
from profiles.core import durations
from profiles.operations import lifecycle, membership, partitions, segments
from profiles.queries import workspace
from tests.scenarios.lives import Lives, begin_again, lives
from tests.world import World

HOUSES = ("profiles.", "channels.", "journeys.", "config.")


def _hand_over(*, now: dt.datetime) -> int:
    """A round takes all that is due: with `on_skip: leave` it matters what leaves together."""
    return dispatch(now=now).claimed


UNITS: tuple[Callable[..., int], ...] = (
    partial(lifecycle.advance_due, limit=1),
    membership.work,
    partial(match.match, limit=1),
    slots.run_slots,
    dates.run_dates,
    partial(advance.advance, limit=1),
    _hand_over,
    partial(calls.make, limit=1),
    partial(collect.collect, limit=1),
)
"""The work that there is, each in its smallest piece; answers what was done."""

CART = """
journey: cart
enter: {on: [{event: Cart Updated}], key: cart_id, again: {after: 1d}, holdout: 30}
leave: {on: [{event: Order Completed, where: {cart_id: {is: entry.cart_id}}}]}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - {id: pause, wait: 1h}
  - id: test
    split: [{arm: A, share: 50, then: mail}, {arm: B, share: 50, then: mark}]
  - {id: mark, update: {set: {asked: "{{ entry.cart_id }}"}}}
  - {id: mail, send: {channel: email, subject: "%s {{ customer.asked }}", text: t}}
  - id: sent
    wait_for: {any: [{event: message.sent, then: score}], since: entry, timeout: 1d}
  - {id: score, call: {url: "https://api.example.com/{{ entry.cart_id }}", save: score}}
  - id: choose
    branch: [{if: {attribute: asked, exists: true}, then: other}]
    else: morning
  - {id: other, enroll: other}
  - {id: morning, wait: {until: "09:00"}}
  - {id: nudge, send: {channel: sms, text: Still there}}
"""
BUYERS = {"event": "Order Completed", "within": "1d"}
OTHER = """
journey: other
enter:
  on:
    - {api: true}
    - {cron: "0 10 * * *"}
    - {date: born, at: "11:00", yearly: true}
    - {lifecycle: lead}
    - {segment: buyers, change: left}
  again: always
steps:
  - {id: pause, wait: {window: "12:00-13:00"}}
  - id: left
    wait_for: {any: [{event: journey.left, where: {journey: {eq: cart}}}], timeout: 20h}
  - {id: mail, send: {channel: email, subject: Other, text: t}}
"""


class Story(World):
    """A world that is worked piece by piece, and forgets everything after those in `stops`."""

    def __init__(self, stops: Collection[int]) -> None:
        super().__init__()
        self.stops = stops
        self.pieces = 0

    def settle(self) -> int:
        before = self.pieces
        while sum(self._work(unit) for unit in UNITS):
            pass
        return self.pieces - before

    def _work(self, unit: Callable[..., int]) -> int:
        done = unit(now=self.now)
        if done:
            self.pieces += 1
            if self.pieces in self.stops:
                forget_everything()
        return done

    def passes(self, duration: str) -> None:
        until = self.now + durations.parse(duration)
        while (coming := settle.all_due().next()) and coming <= until:
            self.now = max(self.now, coming)
            self.settle()
        self.now = until


def forget_everything() -> None:
    """What a process that begins now would not have: compiled plans and texts, a connection."""
    plans.forget(workspace.name())
    partitions.forget()
    ours = [module for name, module in sys.modules.items() if name.startswith(HOUSES)]
    for value in chain.from_iterable(vars(module).values() for module in ours):
        if hasattr(value, "cache_clear"):
            value.cache_clear()
    connection.close()


def told(stops: Collection[int] = ()) -> tuple[Story, Lives]:
    """Two days of three customers: entries of every kind, a purchase, a version that changes."""
    begin_again()
    story = Story(stops)
    segments.save("buyers", title="", condition=BUYERS, revision=None, now=story.now)
    story.journey(CART % "Hello")
    story.journey(OTHER)
    story.meet("alice", "bob", born="1990-03-04")
    story.meet("charlie", email=None, timezone="Asia/Tokyo")
    story.settle()
    for name in ("alice", "bob", "charlie"):
        story.does(name, "Cart Updated", cart_id=name)
    story.passes("90m")
    story.does("alice", "Order Completed", cart_id="alice", revenue=20)
    story.journey(CART % "Good day")
    story.does("alice", "Cart Updated", cart_id="another")
    story.passes("2d")
    return story, lives()


@pytest.mark.long
@pytest.mark.usefixtures("world")
def test_a_story_goes_on_wherever_it_was_stopped() -> None:
    undisturbed, expected = told()
    last = undisturbed.pieces
    stopped, found = told(range(last + 1))
    assert (stopped.pieces, found) == (last, expected)
    assert last > 80
