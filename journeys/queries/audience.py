"""Whom a journey's texts are read for: its audience, whole or a part, and what the texts see.

The part is drawn by a hash, the same people each time. Who has done what lets customers in is read
with it; the others borrow somebody's.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from journeys.core.plan import Plan
from profiles.core.conditions import All, Condition, references
from profiles.queries.conditions import Ask, Subject, answers, members, population

BATCH = 1_000
NEWEST = 200_000
"""So many events are looked through for one to borrow."""
CANDIDATES = 5
"""So many times the sample is looked at where the audience depends on the entry event."""

DRAWN = "SELECT id FROM ({query}) q WHERE a0 ORDER BY md5(id::text), id LIMIT %(sample)s"
PEOPLE = """
SELECT c.id, c.email, c.phone, c.locale, c.attributes::text, e.properties::text
FROM profiles_customer c LEFT JOIN LATERAL (
    SELECT own.properties FROM unnest(%(names)s::text[]) AS n(name) CROSS JOIN LATERAL (
        SELECT id, at, properties FROM profiles_event
        WHERE customer_id = c.id AND name = n.name
          AND (name <> 'journey.requested' OR properties->>'journey' = %(journey)s)
        ORDER BY at DESC, id DESC LIMIT 1
    ) own ORDER BY own.at DESC, own.id DESC LIMIT 1
) e ON true
WHERE c.id = ANY(%(customers)s) ORDER BY c.id
"""
BORROWED = """
SELECT name, customer_id, at, properties::text FROM (
    SELECT * FROM profiles_event ORDER BY xid DESC, id DESC LIMIT %(newest)s
) e
WHERE name = ANY(%(names)s)
  AND (name <> 'journey.requested' OR properties->>'journey' = %(journey)s)
ORDER BY at DESC, id DESC LIMIT 1
"""

_decode = msgspec.json.decode


class Borrowed(NamedTuple):
    """The newest event by which anybody could have come in."""

    name: str
    customer: int
    at: dt.datetime
    properties: dict[str, Any]


class Reader(NamedTuple):
    """A customer as the texts see them. `own` says whether `entry` is of an event of theirs."""

    id: int
    email: str
    phone: str
    locale: str
    attributes: dict[str, Any]
    entry: dict[str, Any]
    own: bool


def drawn(plan: Plan, *, sample: int | None, now: dt.datetime) -> list[int]:
    """The customers whom the audience admits; those to choose from where that depends on the entry
    event.
    """
    whole = _audience(plan)
    condition = All(()) if references(whole).entry else whole
    if sample is None:
        pages = members([condition], now=now)
        return [customer for page in pages for customer in page.customers[0]]
    more = sample * CANDIDATES if condition is not whole else sample
    query = population([condition], now=now)
    with connection.cursor() as cursor:
        cursor.execute(DRAWN.format(query=query.sql), {**query.params, "sample": more})
        return [row[0] for row in cursor.fetchall()]


def is_empty(plan: Plan) -> bool:
    """Whether nobody was drawn because of the condition: there are customers, and it asks for
    nothing that only the entry event tells.
    """
    condition = _audience(plan)
    if plan.enter.audience is None or references(condition).entry:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM profiles_customer WHERE merged_into_id IS NULL)")
        return bool(cursor.fetchone()[0])


def names(plan: Plan) -> list[str]:
    """The events by which customers come in."""
    return sorted(plan.enter.triggers)


def borrowed(plan: Plan) -> Borrowed | None:
    """The event whose properties those get who have none of their own; None if nobody has one."""
    given: dict[str, Any] = {"names": names(plan), "journey": plan.journey, "newest": NEWEST}
    if not given["names"]:
        return None
    with connection.cursor() as cursor:
        cursor.execute(BORROWED, given)
        row = cursor.fetchone()
    return Borrowed(row[0], row[1], row[2], _decode(row[3])) if row else None


def readers(
    plan: Plan, customers: Sequence[int], lent: Borrowed | None, *, now: dt.datetime
) -> Iterator[list[Reader]]:
    """These customers, a batch at a time: a statement each, and one more where the audience looks
    at the entry event.
    """
    condition = _audience(plan)
    for start in range(0, len(customers), BATCH):
        found = _people(plan, customers[start : start + BATCH], lent)
        yield _admitted(condition, found, now) if references(condition).entry else found


def _people(plan: Plan, customers: Collection[int], lent: Borrowed | None) -> list[Reader]:
    given: dict[str, Any] = {
        "customers": list(customers),
        "names": names(plan),
        "journey": plan.journey,
    }
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, given)
        rows = cursor.fetchall()
    found = []
    for id, email, phone, locale, written, entry in rows:
        attributes = _decode(written)
        own = _decode(entry) if entry else _dated(plan, attributes)
        other = lent.properties if lent else {}
        found.append(Reader(id, email, phone, locale, attributes, own or other, own=bool(own)))
    return found


def _dated(plan: Plan, attributes: dict[str, Any]) -> dict[str, Any]:
    """What those come in with whom a date takes; nothing for who has none."""
    for dates in plan.enter.dates:
        value: Any = attributes
        for part in dates.attribute.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return {"attribute": dates.attribute, "date": value}
    return {}


def _admitted(condition: Condition, found: list[Reader], now: dt.datetime) -> list[Reader]:
    subjects = [Subject(each.id, each.id, each.entry) for each in found]
    known = answers([Ask(condition)], subjects, now=now)
    return [each for each in found if known.get(each.id, (False,))[0]]


def _audience(plan: Plan) -> Condition:
    audience = plan.enter.audience
    return All(()) if audience is None else plan.conditions[audience]
