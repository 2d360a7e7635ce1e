"""Asks PostgreSQL what a batch of enrollments needs to know before it can decide:
one query for all conditions.

A condition is asked only of those who can come to it before their next stop.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings

from channels.queries import hours
from journeys.core.asks import Asks
from journeys.core.walk import Answers, Person, State
from journeys.queries.enrollments import Row
from journeys.queries.plans import Loaded
from profiles.core.timing import Record
from profiles.queries.conditions import Ask, Pair, Subject, Weighed, matches, weighed
from profiles.queries.people import people
from profiles.queries.since import Since, since

NOTHING = Answers()


def answer(
    rows: Sequence[Row], states: Sequence[State], loaded: Mapping[int, Loaded], *, now: dt.datetime
) -> list[Answers]:
    """The answers for each row, in order; those who need none cost nothing."""
    needs = [
        loaded[row.version_id].plan.asks(row.step, begun=state.begun)
        for row, state in zip(rows, states, strict=True)
    ]
    conditions = _conditions(rows, needs, loaded, now)
    seen = _seen(rows, needs, loaded, now)
    known = _people(rows, needs, now)
    return [
        _of(conditions.get(row.id, {}), seen.get(row.id, {}), known.get(row.customer_id))
        if row.id in conditions or row.id in seen or row.customer_id in known
        else NOTHING
        for row in rows
    ]


def _of(found: Mapping[int, Weighed], seen: Mapping[int, bool], person: Person | None) -> Answers:
    holds = {index: each.holds for index, each in found.items()}
    return Answers(holds, seen, person, {index: each.saw for index, each in found.items()})


def _people(rows: Sequence[Row], needs: Sequence[Asks], now: dt.datetime) -> dict[int, Person]:
    """Zones, attributes and hours of those whose next steps go by the customer's clock."""
    wanted: dict[int, set[str]] = {}
    for row, need in zip(rows, needs, strict=True):
        if need.local:
            wanted.setdefault(row.customer_id, set()).update(need.attributes)
    if not wanted:
        return {}
    looking = {row.customer_id for row, need in zip(rows, needs, strict=True) if need.hours}
    own = hours.records(looking, now=now) if looking else {}
    everybody = hours.everybody(now=now) if looking else Record()
    return {
        customer: Person(
            zone or settings.SOJOURN_TIME_ZONE, attributes, own.get(customer, Record()), everybody
        )
        for customer, (zone, attributes) in people(wanted).items()
    }


def _conditions(
    rows: Sequence[Row], needs: Sequence[Asks], loaded: Mapping[int, Loaded], now: dt.datetime
) -> dict[int, dict[int, Weighed]]:
    groups: dict[tuple[int, tuple[int, ...]], int] = {}
    subjects: list[Subject] = []
    for row, need in zip(rows, needs, strict=True):
        if need.conditions:
            group = groups.setdefault((row.version_id, need.conditions), len(groups))
            subjects.append(Subject(row.id, row.customer_id, row.entry, group, row.context))
    if not subjects:
        return {}
    wanted: dict[tuple[int, int], set[int]] = {}
    for (version, indexes), group in groups.items():
        for index in indexes:
            wanted.setdefault((version, index), set()).add(group)
    asks = [
        Ask(loaded[version].plan.conditions[index], frozenset(members))
        for (version, index), members in wanted.items()
    ]
    asked = [index for _, index in wanted]
    return {
        row: {index: each for index, each in zip(asked, values, strict=True) if each is not None}
        for row, values in weighed(asks, subjects, now=now).items()
    }


def _seen(
    rows: Sequence[Row], needs: Sequence[Asks], loaded: Mapping[int, Loaded], now: dt.datetime
) -> dict[int, dict[int, bool]]:
    """Whether an event since entry matches a `wait_for` that looks back."""
    sought: list[tuple[Row, int]] = [
        (row, index) for row, need in zip(rows, needs, strict=True) for index in need.lookbacks
    ]
    if not sought:
        return {}
    asked = [
        Since(number, row.customer_id, loaded[row.version_id].plan.lookbacks[index].event,
              row.entered_at, row.entry_event_id or 0)
        for number, (row, index) in enumerate(sought)
    ]  # fmt: skip
    found: dict[int, dict[int, bool]] = {row.id: {} for row, _ in sought}
    for row, index in sought:
        found[row.id][index] = False
    _mark(found, sought, since(asked, now=now), loaded, now)
    return found


def _mark(
    found: dict[int, dict[int, bool]],
    sought: Sequence[tuple[Row, int]],
    events: Sequence[tuple[int, int, dt.datetime]],
    loaded: Mapping[int, Loaded],
    now: dt.datetime,
) -> None:
    clauses: dict[tuple[int, int], int] = {}
    pairs: list[Pair] = []
    numbers: list[int] = []
    for number, event, at in events:
        row, index = sought[number]
        where = loaded[row.version_id].plan.lookbacks[index].where
        if where is None:
            found[row.id][index] = True
            continue
        clause = clauses.setdefault((row.version_id, where), len(clauses))
        pairs.append(Pair(row.customer_id, event, at, clause, row.entry))
        numbers.append(number)
    wheres = [loaded[version].plan.where[where] for version, where in clauses]
    for number, passed in zip(numbers, matches(wheres, pairs, now=now), strict=True):
        if passed:
            row, index = sought[number]
            found[row.id][index] = True
