"""Segments as the engine needs them, who belongs to them, and what they are waiting for."""

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

from profiles.core.conditions import Condition, ConditionError, References, parse, references
from profiles.models import Segment
from profiles.queries import workspace
from profiles.queries.cursor import bigints
from profiles.queries.events import LoggedEvent

log = logging.getLogger(__name__)

ENTERED, LEFT = "segment.entered", "segment.left"
EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
IDENTIFY = "identify"
EVERYTHING = ("customer.created", "customer.merged")
"""Events after which every answer about a customer may be another one."""

SEGMENT = "segment:"
"""Before the name of a segment, where others listen for its members."""
ATTRIBUTE = "attribute:"
"""Before the name of an attribute, where segments listen for what profiles say."""

STAMP = """
SELECT coalesce(sum(hashtextextended(concat_ws(
    ':', id, slug, revision, building, built_upto, built_at, condition), 0)::numeric), 0)::text
FROM profiles_segment
"""
SIZES = "SELECT segment_id, count(*) FROM profiles_membership WHERE member GROUP BY segment_id"
NEXT = """
SELECT min(next_at) FROM profiles_membership
WHERE next_at IS NOT NULL AND segment_id = ANY(%s::bigint[])
"""
MEMBERS = """
SELECT m.customer_id, m.since FROM profiles_membership m JOIN profiles_segment s
    ON s.id = m.segment_id
WHERE s.slug = %s AND m.member AND m.customer_id > %s ORDER BY m.customer_id LIMIT %s
"""
OF_CUSTOMER = """
SELECT s.slug, s.title, m.since FROM profiles_membership m JOIN profiles_segment s
    ON s.id = m.segment_id
WHERE m.customer_id = %s AND m.member ORDER BY m.since, s.slug
"""


class Loaded(NamedTuple):
    """A segment, its condition parsed. `filled` once everybody has been looked at; while `building`
    that goes on, up to the customer numbered `built_upto`.
    """

    id: int
    slug: str
    condition: Condition
    looks_at: References
    building: bool
    built_upto: int
    filled: bool

    def has_seen(self, customer: int) -> bool:
        """Whether the customer was looked at since the condition says what it says."""
        return not self.building or customer <= self.built_upto


NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Segments:
    """All of them, and who is concerned by an event of which name."""

    by_id: Mapping[int, Loaded]
    by_name: Mapping[str, frozenset[int]]
    always: frozenset[int]
    everyone: frozenset[int]

    def concerned(self, event: LoggedEvent) -> frozenset[int]:
        """The segments whose answer about the customer this event may have changed."""
        if event.name in EVERYTHING:
            return self.everyone
        return self.always.union(*(self.by_name.get(name, NONE) for name in _told_by(event)))

    def unfilled(self) -> Loaded | None:
        """One that customers have to be looked at for, after those that it looks at itself."""
        waiting = [each for each in self.by_id.values() if each.building]
        slugs = {each.slug for each in waiting}
        return next((each for each in waiting if not each.looks_at.segments & slugs), None)


def _told_by(event: LoggedEvent) -> Iterable[str]:
    """What those listen for whose answer the event may have changed."""
    if event.name in (ENTERED, LEFT):
        return (f"{SEGMENT}{event.properties.get('segment', '')}",)
    if event.name == IDENTIFY:
        return (IDENTIFY, *(f"{ATTRIBUTE}{name}" for name in event.properties))
    return (event.name,)


_current: dict[str, tuple[str, Segments]] = {}


def current() -> Segments:
    """The segments as they are, read again only when one of them has changed."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        (stamp,) = cursor.fetchone()
    name = workspace.name()
    known = _current.get(name)
    if known is None or known[0] != stamp:
        known = _current[name] = (stamp, _all())
    return known[1]


def forget(name: str) -> None:
    """Drop what is remembered of a workspace that is gone."""
    _current.pop(name, None)


def _all() -> Segments:
    """One that the language does not know any more stays as it was, and holds nothing else up."""
    found = Segment.objects.order_by("id")
    loaded = [each for segment in found if (each := _loaded(segment)) is not None]
    by_name: dict[str, set[int]] = {}
    for each in loaded:
        for name in _names(each.looks_at):
            by_name.setdefault(name, set()).add(each.id)
    return Segments(
        {each.id: each for each in loaded},
        {name: frozenset(ids) for name, ids in by_name.items()},
        frozenset(each.id for each in loaded if each.looks_at.channels),
        frozenset(each.id for each in loaded),
    )


def _loaded(segment: Segment) -> Loaded | None:
    condition = _read(segment.slug, json.dumps(segment.condition))
    if condition is None:
        return None
    return Loaded(
        id=segment.pk,
        slug=segment.slug,
        condition=condition,
        looks_at=references(condition),
        building=segment.building,
        built_upto=segment.built_upto,
        filled=segment.built_at is not None,
    )


@lru_cache(maxsize=1024)
def _read(slug: str, condition: str) -> Condition | None:
    try:
        return parse(json.loads(condition), entry_allowed=False)
    except ConditionError as error:
        log.error("the segment %s is not followed: %s", slug, error)
        return None


def _names(looks_at: References) -> Iterable[str]:
    """The events after which the answer may be another one."""
    yield from looks_at.events
    yield from (f"{SEGMENT}{slug}" for slug in looks_at.segments)
    for path in looks_at.attributes:
        yield f"{ATTRIBUTE}{path}"
        yield f"{ATTRIBUTE}{path.partition('.')[0]}"
    if looks_at.stages or looks_at.lifecycles:
        yield "lifecycle.changed"
    if looks_at.consents:
        yield "consent.changed"


Uses = Callable[[str], Iterable[str]]
_uses: list[Uses] = []


def register_use(uses: Uses) -> None:
    """Teach who else needs a segment: `uses` gives their names, as a reader knows them."""
    _uses.append(uses)


def needed_by(slug: str) -> list[str]:
    """The segments, and whatever else, that would miss this one."""
    others = [each.slug for each in looking_at(slug)]
    return [*others, *(name for uses in _uses for name in uses(slug))]


def looking_at(slug: str) -> list[Loaded]:
    """The segments whose condition names this one."""
    return [each for each in current().by_id.values() if slug in each.looks_at.segments]


def slugs() -> frozenset[str]:
    """The names that conditions may use."""
    return frozenset(Segment.objects.values_list("slug", flat=True))


def next_due() -> dt.datetime | None:
    """When there is work next: of the past while a segment is being filled."""
    return EVER if current().unfilled() else next_change()


def next_change() -> dt.datetime | None:
    """When time may change a membership next."""
    known = current().by_id
    if not known:
        return None
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [bigints(known)])
        found: dt.datetime | None = cursor.fetchone()[0]
    return found


def sizes() -> dict[int, int]:
    """How many belong to each, by the segment's id; one that nobody belongs to is left out."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        return dict(cursor.fetchall())


def page(*, after: str, limit: int) -> list[Segment]:
    """Segments by name."""
    return list(Segment.objects.filter(slug__gt=after).order_by("slug")[:limit])


def members(slug: str, *, after: int, limit: int) -> list[tuple[int, dt.datetime]]:
    """A page of members by their number, and since when each belongs."""
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, [slug, after, limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def of_customer(customer: int) -> list[tuple[str, str, dt.datetime]]:
    """(name, title, since) of the segments that a customer belongs to, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(OF_CUSTOMER, [customer])
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]
