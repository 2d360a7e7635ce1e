"""What a change of stage says, when it is news, and which events can cause one at all."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntFlag
from typing import Any, Literal, NamedTuple

import msgspec

from profiles.core.events import SystemEvent
from profiles.core.lifecycle import Facts, Model, Placement, Standing, began

EVENT = "lifecycle.changed"
Cause = Literal["event", "time", "model"]


class EventNames(msgspec.Struct, frozen=True, kw_only=True):
    """The client's names for what the lifecycle reads: Segment's e-commerce names unless mapped."""

    ordered: tuple[str, ...] = ("Order Completed",)
    refunded: tuple[str, ...] = ("Order Refunded",)
    cancelled: tuple[str, ...] = ("Order Cancelled",)
    viewed: tuple[str, ...] = ("Product Viewed",)
    carted: tuple[str, ...] = ("Cart Updated", "Product Added")
    checkout: tuple[str, ...] = ("Checkout Started",)


class Touch(IntFlag):
    """What a customer's new events may mean for their placement; joined with `|`."""

    ACTIVITY = 1
    IDENTIFY = 2
    VIEW = 4
    CART = 8
    CHECKOUT = 16
    ORDER = 32


def touches(names: EventNames) -> dict[str, Touch]:
    """The event names that mean more than `Touch.ACTIVITY`, which every client's event does."""
    kinds: Mapping[Touch, Iterable[str]] = {
        Touch.VIEW: names.viewed,
        Touch.CART: names.carted,
        Touch.CHECKOUT: names.checkout,
        Touch.ORDER: (*names.ordered, *names.refunded, *names.cancelled),
        Touch.IDENTIFY: ("identify", "alias"),
    }
    return {name: kind | Touch.ACTIVITY for kind, given in kinds.items() for name in given}


class Before(NamedTuple):
    """What the last placement said and when its segment began, with the orders it knew of."""

    standing: Standing
    since: datetime
    orders: int
    last_order_at: datetime | None


class Change(NamedTuple):
    """One customer's move at `at`. `before` is None for a first placement.

    A correction tells of the past: a late order, or a first placement that is old news.
    """

    customer_id: int
    at: datetime
    cause: Cause
    before: Standing | None
    after: Standing
    correction: bool

    @property
    def event(self) -> SystemEvent:
        """The change as the log keeps it."""
        return SystemEvent(
            customer_id=self.customer_id, name=EVENT, at=self.at, properties=self.properties
        )

    @property
    def properties(self) -> dict[str, Any]:
        """What `lifecycle.changed` carries. A soft clock alone leaves `from` equal to `to`."""
        before = self.before or Standing("", "")
        says = {
            "from": before.segment,
            "to": self.after.segment,
            "previous_stage": before.stage,
            "stage": self.after.stage,
            "previous_lost_stage": before.lost_stage,
            "lost_stage": self.after.lost_stage,
            "cause": self.cause,
        }
        return says | {"correction": True} if self.correction else says


def worth_telling(before: Standing | None, after: Standing) -> bool:
    """A new segment, or a lost stage whose soft clock has run out; not a score, not a return."""
    if before is None or before.segment != after.segment or before.stage != after.stage:
        return True
    return after.lost_stage not in ("", before.lost_stage)


class Verdict(NamedTuple):
    """Whether a placement corrects the past, and since when its segment holds."""

    correction: bool
    since: datetime


def judge(
    before: Before | None, facts: Facts, placement: Placement, model: Model, now: datetime
) -> Verdict:
    """A late order, or history met for the first time, dates the segment back to its beginning."""
    if before is None:
        since = began(facts, model, now)
        return Verdict(since < now - timedelta(seconds=model.thresholds.news), since)
    if _late(before, facts, model):
        return Verdict(True, began(facts, model, now))
    old, new = before.standing, placement.standing
    same = (old.stage, old.segment) == (new.stage, new.segment)
    return Verdict(False, before.since if same else now)


def _late(before: Before, facts: Facts, model: Model) -> bool:
    """One more order, yet from before the last one known or before the segment it should end."""
    if facts.orders <= before.orders or facts.last_order_at is None:
        return False
    if facts.last_order_at == before.last_order_at:
        return True
    return facts.last_order_at < before.since - timedelta(seconds=model.thresholds.jitter)
