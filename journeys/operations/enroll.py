"""Lets customers in: audience, re-entry, control draws,
for many candidates in a constant number of statements.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from journeys.core.entry import Admission, History, may_enter
from journeys.core.limits import NONE, Limits, Room
from journeys.operations import apply, entrance, limits
from journeys.queries import enrollments, plans
from journeys.queries.enrollments import Past, Row, last_arms
from journeys.queries.plans import Loaded
from profiles.core.events import SystemEvent
from profiles.operations.record import record
from profiles.queries.conditions import Ask, Subject, Weighed, weighed

OUTSIDE = "audience"
LONGEST_KEY = 500


class Candidate(NamedTuple):
    """A customer whom a trigger lets into a journey, with the properties that become `entry.*`.

    `by` is who lets them in by hand, however long ago they were in it.
    """

    customer_id: int
    version: Loaded
    entry: Mapping[str, Any]
    event_id: int | None = None
    by: str = ""


Where = tuple[int, int, str]
"""A journey, a customer in it, and the key."""


class Entering(NamedTuple):
    """Who comes in, the row, and how they were drawn if into a control group."""

    candidate: Candidate
    entry: apply.Entry
    drawn: Mapping[str, Any]


class Refusal(NamedTuple):
    """Why a candidate stayed outside."""

    candidate: Candidate
    code: str
    inputs: Mapping[str, Any]


class Entered(NamedTuple):
    """New enrollments, ready to run, with arms of earlier walks; and who stayed outside."""

    rows: list[Row]
    earlier_arms: dict[int, Mapping[str, str]]
    refusals: list[Refusal]


NOBODY = Entered([], {}, [])


def enroll(candidates: Sequence[Candidate], *, now: dt.datetime) -> Entered:
    """Enroll whoever may enter. The caller runs the rows on; refusals are in the decision log.

    A caller who has locked enrollments has kept the entrance open before.
    """
    if not candidates:
        return NOBODY
    entrance.keep_open()
    inside, refusals = _audience(_by_the_live_version(candidates), now)
    past = enrollments.history(
        sorted({each.customer_id for each in inside}),
        sorted({each.version.journey_id for each in inside}),
    )
    entries = _entries(inside, past, refusals, now)
    limited = _limited(entries)
    entries = _within(entries, limits.hold(limited, now=now), refusals)
    ids = apply.enter([each.entry for each in entries.values()], now=now)
    limits.take((journey for journey, _customer, _key in ids), limited, now=now)
    rows = {ids[place]: _row(ids[place], entries[place], now) for place in entries if place in ids}
    refusals += [
        Refusal(each.candidate, "already_in", {})
        for place, each in entries.items()
        if place not in ids
    ]
    _tell([(rows[ids[place]], entries[place]) for place in entries if place in ids], refusals, now)
    arms = {
        id: last_arms(past.get((row.journey_id, row.customer_id), [])) for id, row in rows.items()
    }
    return Entered(list(rows.values()), arms, refusals)


def _by_the_live_version(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Another version may have been published since the candidates were found."""
    entering = plans.current().entering
    return [
        each._replace(version=entering.get(each.version.slug, each.version)) for each in candidates
    ]


def _audience(
    candidates: Sequence[Candidate], now: dt.datetime
) -> tuple[list[Candidate], list[Refusal]]:
    """Judge `enter.if`, and leave out customers who are gone: one query for all journeys."""
    known = _judged(candidates, now)
    inside, refusals = [], []
    for at, each in enumerate(candidates):
        judged = next((found for found in known.get(at, ()) if found is not None), None)
        if judged is not None and not judged.holds:
            why = {"clause": judged.clause, "saw": [judged.saw]}
            refusals.append(Refusal(each, OUTSIDE, why))
        elif at in known:
            inside.append(each)
    return inside, refusals


def _judged(
    candidates: Sequence[Candidate], now: dt.datetime
) -> Mapping[int, Sequence[Weighed | None]]:
    """By the candidate's place what its own journey asks; those who are gone are not there."""
    versions = {each.version.version_id: each.version for each in candidates}
    groups = {version: number for number, version in enumerate(sorted(versions))}
    asks = [
        Ask(plan.conditions[plan.enter.audience], frozenset([number]))
        for version, number in groups.items()
        if (plan := versions[version].plan).enter.audience is not None
    ]
    subjects = [
        Subject(at, each.customer_id, each.entry, groups[each.version.version_id])
        for at, each in enumerate(candidates)
    ]
    return weighed(asks, subjects, now=now, clauses=True)


def _limited(entries: Mapping[Where, Entering]) -> dict[int, Limits]:
    """The limits of the journeys that have any."""
    entrances = {where[0]: found.candidate.version.plan.enter for where, found in entries.items()}
    return {id: enter.limits for id, enter in entrances.items() if enter.limits != NONE}


def _within(
    entries: dict[Where, Entering], rooms: Mapping[int, Room], refusals: list[Refusal]
) -> dict[Where, Entering]:
    """Who comes in while there is room; the others are added to `refusals`."""
    if not rooms:
        return entries
    left = {journey: room.left for journey, room in rooms.items()}
    inside: dict[Where, Entering] = {}
    for where, found in entries.items():
        room = rooms.get(where[0])
        if room is not None and not left[where[0]]:
            refusals.append(
                Refusal(found.candidate, "limit", {"limit": room.limit, "most": room.most})
            )
            continue
        inside[where] = found
        if room is not None:
            left[where[0]] -= 1
    return inside


def _entries(
    candidates: Sequence[Candidate],
    past: Mapping[tuple[int, int], list[Past]],
    refusals: list[Refusal],
    now: dt.datetime,
) -> dict[Where, Entering]:
    """Who may enter, keyed (journey, customer, key); the others are added to `refusals`."""
    entries: dict[Where, Entering] = {}
    for candidate in candidates:
        admission = _judge(candidate, past, now)
        place = (candidate.version.journey_id, candidate.customer_id, _key(candidate))
        if not admission.enters:
            refusals.append(Refusal(candidate, admission.code, admission.inputs))
        elif place in entries:
            refusals.append(Refusal(candidate, "already_in", {}))
        else:
            entry = _entry(candidate, admission.ghost, now)
            entries[place] = Entering(candidate, entry, admission.inputs)
    return entries


def _judge(
    candidate: Candidate, past: Mapping[tuple[int, int], list[Past]], now: dt.datetime
) -> Admission:
    """The pure rule, fed with the walks under the same key; once treated, always treated."""
    walks = past.get((candidate.version.journey_id, candidate.customer_id), [])
    key = _key(candidate)
    history = History(
        running=any(walk.running for walk in walks if walk.key == key),
        left_at=None if candidate.by else _left_at(walks, key),
        exposed=any(walk.treated for walk in walks),
    )
    return may_enter(
        candidate.version.plan,
        history,
        now,
        customer=str(candidate.customer_id),
        global_control=settings.SOJOURN_GLOBAL_CONTROL,
    )


def _left_at(walks: Sequence[Past], key: str) -> dt.datetime | None:
    return max((walk.left_at for walk in walks if walk.key == key and walk.left_at), default=None)


def _key(candidate: Candidate) -> str:
    """The text of the entry property that `key` names; empty without one."""
    path = candidate.version.plan.enter.key
    value: Any = candidate.entry if path else None
    for part in path.split(".") if path else ():
        value = value.get(part) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)[:LONGEST_KEY]


def _entry(candidate: Candidate, ghost: str, now: dt.datetime) -> apply.Entry:
    version = candidate.version
    goal = version.plan.goal
    return apply.Entry(
        candidate.customer_id,
        version.journey_id,
        version.version_id,
        _key(candidate),
        ghost,
        dict(candidate.entry),
        candidate.event_id,
        now + goal.within if goal else None,
    )


def _row(id: int, entering: Entering, now: dt.datetime) -> Row:
    candidate, entry, _drawn = entering
    return Row(
        id=id, customer_id=entry.customer_id, journey_id=entry.journey_id,
        version_id=entry.version_id, key=entry.key, status="active", ghost=entry.ghost, arms={},
        step="", visit=1, visits={}, due_at=None, step_at=now, entry=dict(candidate.entry),
        entry_event_id=candidate.event_id, context={}, entered_at=now, exposed_at=None,
        goal_until=entry.goal_until, converted_at=None, failures=0,
    )  # fmt: skip


def _tell(
    entered: Sequence[tuple[Row, Entering]], refusals: Sequence[Refusal], now: dt.datetime
) -> None:
    """Log who came in, and why the others did not."""
    reasons = [
        apply.Reason(
            None, each.candidate.customer_id, each.candidate.version.journey_id,
            each.candidate.version.version_id, "", 0, now, f"refused_{each.code}",
            {**each.inputs, "event": each.candidate.event_id, **_hand(each.candidate)},
        )
        for each in refusals
    ]  # fmt: skip
    reasons += [
        apply.reason(row, "entered", _admitted(row, each), step="", visit=0, at=now)
        for row, each in entered
    ]
    apply.log(reasons)
    record([_event(row, each.candidate.version) for row, each in entered], now=now)


def _admitted(row: Row, entering: Entering) -> dict[str, Any]:
    known = {"event": row.entry_event_id, "ghost": row.ghost, "key": row.key}
    return {**known, **entering.drawn, **_hand(entering.candidate)}


def _hand(candidate: Candidate) -> dict[str, str]:
    return {"who": candidate.by} if candidate.by else {}


def _event(row: Row, version: Loaded) -> SystemEvent:
    properties = {
        "journey": version.slug,
        "version": version.number,
        "enrollment": row.id,
        "key": row.key,
        "ghost": row.ghost,
    }
    return SystemEvent(
        customer_id=row.customer_id,
        name="journey.entered",
        at=row.entered_at,
        properties=properties,
    )
