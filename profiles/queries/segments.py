"""Segments as the engine needs them, who belongs to them, and what they are waiting for."""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
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
PROFILE = ("identify",)
EVERYTHING = ("customer.created", "customer.merged")
"""Events after which every answer about a customer may be another one."""

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


@dataclass(frozen=True)
class Segments:
    """All of them, and who is concerned by an event of which name."""

    by_id: Mapping[int, Loaded]
    by_name: Mapping[str, frozenset[int]]
    always: frozenset[int]

    def concerned(self, event: LoggedEvent) -> Collection[int]:
        """The segments whose answer about the customer this event may have changed."""
        if event.name in EVERYTHING:
            return self.by_id.keys()
        name = event.name
        if name in (ENTERED, LEFT):
            name = f"{SEGMENT}{event.properties.get('segment', '')}"
        return self.by_name.get(name, frozenset()) | self.always

    def unfilled(self) -> Loaded | None:
        """One that customers have to be looked at for, after those that it looks at itself."""
        waiting = [each for each in self.by_id.values() if each.building]
        slugs = {each.slug for each in waiting}
        return next((each for each in waiting if not each.looks_at.segments & slugs), None)


SEGMENT = "segment:"
"""Before the name of a segment, where others listen for its members."""


def current() -> Segments:
    """The segments as they are; a condition is parsed once a process.

    One that the language does not know any more stays as it was, and holds nothing else up.
    """
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
    )


_parsed: dict[tuple[str, int, int], tuple[Condition, References] | None] = {}


def _read(segment: Segment) -> tuple[Condition, References] | None:
    try:
        condition = parse(segment.condition, entry_allowed=False)
    except ConditionError as error:
        log.error("the segment %s is not followed: %s", segment.slug, error)
        return None
    return condition, references(condition)


def _loaded(segment: Segment) -> Loaded | None:
    key = (workspace.name(), segment.pk, segment.revision)
    if key not in _parsed:
        _parsed[key] = _read(segment)
    if (parsed := _parsed[key]) is None:
        return None
    condition, looks_at = parsed
    return Loaded(
        id=segment.pk,
        slug=segment.slug,
        condition=condition,
        looks_at=looks_at,
        building=segment.building,
        built_upto=segment.built_upto,
        filled=segment.built_at is not None,
    )


def _names(looks_at: References) -> Iterable[str]:
    """The events after which the answer may be another one."""
    yield from looks_at.events
    yield from (f"{SEGMENT}{slug}" for slug in looks_at.segments)
    if looks_at.attributes:
        yield from PROFILE
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
    others = (each for each in current().by_id.values() if slug in each.looks_at.segments)
    return [*(each.slug for each in others), *(name for uses in _uses for name in uses(slug))]


def slugs() -> frozenset[str]:
    """The names that conditions may use."""
    return frozenset(Segment.objects.values_list("slug", flat=True))


def next_due() -> dt.datetime | None:
    """When time may change a membership next; of the past while a segment is being filled."""
    known = current().by_id
    if any(each.building for each in known.values()):
        return EVER
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
