"""Reads for the lifecycle: the active model, what prospects did, known placements, what is due."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from profiles.core.events import SYSTEM
from profiles.core.lifecycle import Facts, Model, Standing, Thresholds
from profiles.core.rfm import Cuts
from profiles.core.stage_changes import Before
from profiles.queries.cursor import bigints, quick_cursor
from profiles.queries.purchases import event_names

MODEL = """
SELECT version, thresholds::text, cuts::text, cycle_seconds
FROM profiles_lifecyclemodel WHERE active
"""
NEXT_DUE = "SELECT min(next_at) FROM profiles_lifecyclestate"

PEOPLE = """
SELECT id, identified, created_at FROM profiles_customer
WHERE id = ANY(%(ids)s::bigint[]) AND merged_into_id IS NULL
"""
RECENT = """
SELECT customer_id, max(at),
       max(at) FILTER (WHERE name = ANY(%(viewed)s)),
       max(at) FILTER (WHERE name = ANY(%(carted)s)),
       max(at) FILTER (WHERE name = ANY(%(checkout)s))
FROM profiles_event
WHERE customer_id = ANY(ARRAY(SELECT unnest(%(ids)s::bigint[])))
  AND at >= %(since)s AND source <> %(system)s
GROUP BY customer_id
"""
INTEREST = """
SELECT customer_id,
       max(at) FILTER (WHERE name = ANY(%(viewed)s)),
       max(at) FILTER (WHERE name = ANY(%(carted)s)),
       max(at) FILTER (WHERE name = ANY(%(checkout)s))
FROM profiles_event
WHERE customer_id = ANY(ARRAY(SELECT unnest(%(ids)s::bigint[]))) AND name = ANY(%(names)s)
GROUP BY customer_id
"""
EVER = """
SELECT customer_id, max(at) FROM profiles_event
WHERE customer_id = ANY(ARRAY(SELECT unnest(%(ids)s::bigint[]))) AND source <> %(system)s
GROUP BY customer_id
"""

# The columns of a state row, as `known` reads them.
STATE = """
    s.customer_id, s.stage, s.segment, s.lost_stage, s.r, s.f, s.m, s.ever_loyal, s.since,
    s.next_at, s.model_version, s.orders, s.orders_window, s.revenue, s.revenue_window,
    s.first_order_at, s.last_order_at, s.gap_seconds, s.gap_count, s.window_slides_at,
    s.last_activity_at, s.last_view_at, s.last_cart_at, s.last_checkout_at
"""


class Known(NamedTuple):
    """A state row: what the last placement said, the facts it stood on, under which model."""

    customer_id: int
    before: Before
    facts: Facts
    next_at: datetime | None
    model_version: int


class Person(NamedTuple):
    """What the lifecycle reads of a customer."""

    identified: bool
    created_at: datetime


class Seen(NamedTuple):
    """A prospect's newest event of any kind of their own, product view, cart, and checkout."""

    active: datetime | None = None
    view: datetime | None = None
    cart: datetime | None = None
    checkout: datetime | None = None


def active_model() -> Model | None:
    """The model in force; None before the first one is made."""
    with connection.cursor() as cursor:
        cursor.execute(MODEL)
        row = cursor.fetchone()
    return parse_model(*row) if row else None


@lru_cache(maxsize=8)
def parse_model(version: int, thresholds: str, cuts: str, cycle: float) -> Model:
    """A stored version as the core knows it. Its content is the cache's key: never stale."""
    return Model(
        version=version,
        thresholds=msgspec.json.decode(thresholds, type=Thresholds),
        cuts=msgspec.json.decode(cuts, type=Cuts),
        cycle=cycle,
    )


def next_due() -> datetime | None:
    """The earliest instant at which some customer's placement can change by itself."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE)
        due: datetime | None = cursor.fetchone()[0]
    return due


def people(customer_ids: Sequence[int]) -> dict[int, Person]:
    """Those of the customers that exist and were not merged into another."""
    with quick_cursor() as cursor:
        cursor.execute(PEOPLE, {"ids": bigints(customer_ids)})
        return {row[0]: Person(row[1], row[2]) for row in cursor.fetchall()}


def seen_since(customer_ids: Sequence[int], since: datetime) -> dict[int, Seen]:
    """What each customer did at or after `since`; who did nothing is left out."""
    with quick_cursor() as cursor:
        cursor.execute(RECENT, {**_interest(customer_ids), "since": since, "system": SYSTEM})
        return {row[0]: Seen(*row[1:]) for row in cursor.fetchall()}


def interest_ever(customer_ids: Sequence[int]) -> dict[int, Seen]:
    """Each customer's newest product view, cart and checkout of all time; `active` is not read."""
    with quick_cursor() as cursor:
        cursor.execute(INTEREST, _interest(customer_ids))
        return {row[0]: Seen(None, *row[1:]) for row in cursor.fetchall()}


def active_ever(customer_ids: Sequence[int]) -> dict[int, Seen]:
    """Each customer's newest event of their own of all time; only `active` is read."""
    with quick_cursor() as cursor:
        cursor.execute(EVER, {"ids": bigints(customer_ids), "system": SYSTEM})
        return {row[0]: Seen(row[1]) for row in cursor.fetchall()}


def known(row: tuple[Any, ...]) -> Known:
    """A row of STATE as placement and facts."""
    customer_id, stage, segment, lost_stage, r, f, m, ever_loyal, since, next_at, version, *said = (
        row
    )
    orders, window, revenue, revenue_window, first, last, gap, gaps, slides, *seen = said
    active, view, cart, checkout = seen
    facts = Facts(
        orders=orders,
        orders_window=window,
        revenue=revenue,
        revenue_window=revenue_window,
        first_order_at=first,
        last_order_at=last,
        gap_seconds=gap,
        gap_count=gaps,
        window_slides_at=slides,
        ever_loyal=ever_loyal,
        last_activity_at=active,
        last_view_at=view,
        last_cart_at=cart,
        last_checkout_at=checkout,
    )
    standing = Standing(stage, segment, lost_stage, r, f, m, ever_loyal)
    return Known(customer_id, Before(standing, since, orders, last), facts, next_at, version)


def _interest(customer_ids: Sequence[int]) -> dict[str, Any]:
    names = event_names()
    return {
        "ids": bigints(customer_ids),
        "viewed": list(names.viewed),
        "carted": list(names.carted),
        "checkout": list(names.checkout),
        "names": [*names.viewed, *names.carted, *names.checkout],
    }
