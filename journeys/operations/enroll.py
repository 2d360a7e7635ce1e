"""Lets customers in: audience, re-entry, control draws,
for many candidates in a constant number of statements.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from journeys.core.entry import Admission, History, may_enter
from journeys.operations import apply, entrance
from journeys.queries import enrollments, plans
from journeys.queries.enrollments import Past, Row
from journeys.queries.plans import Loaded
from profiles.core.events import SystemEvent
from profiles.operations.record import record
from profiles.queries.conditions import Ask, Subject, answers

OUTSIDE = "audience"
LONGEST_KEY = 500


class Candidate(NamedTuple):
    """A customer whom a trigger lets into a journey, with the properties that become `entry.*`."""

    customer_id: int
    version: Loaded
    entry: Mapping[str, Any]
    event_id: int | None = None


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
    ids = apply.enter([entry for _, entry in entries.values()], now=now)
    rows = [_row(ids[place], *entries[place], now) for place in entries if place in ids]
    refusals += [
        Refusal(entries[place][0], "already_in", {}) for place in entries if place not in ids
    ]
    by_id = {row.id: entries[row.journey_id, row.customer_id, row.key][0] for row in rows}
    _tell(rows, by_id, refusals, now)
    arms = {row.id: _last_arms(past.get((row.journey_id, row.customer_id), [])) for row in rows}
    return Entered(rows, arms, refusals)


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
    groups = {
        version: number
        for number, version in enumerate(sorted({each.version.version_id for each in candidates}))
    }
    versions = {each.version.version_id: each.version for each in candidates}
    asks, asked = [], []
    for version, number in groups.items():
        plan = versions[version].plan
        if plan.enter.audience is not None:
            asks.append(Ask(plan.conditions[plan.enter.audience], frozenset([number])))
            asked.append(number)
    subjects = [
        Subject(at, each.customer_id, each.entry, groups[each.version.version_id])
        for at, each in enumerate(candidates)
    ]
    known = answers(asks, subjects, now=now)
    inside, refusals = [], []
    for at, each in enumerate(candidates):
        if at not in known:
            continue
        if False in known[at]:
            refusals.append(Refusal(each, OUTSIDE, {}))
        else:
            inside.append(each)
    return inside, refusals


def _entries(
    candidates: Sequence[Candidate],
    past: Mapping[tuple[int, int], list[Past]],
    refusals: list[Refusal],
    now: dt.datetime,
) -> dict[tuple[int, int, str], tuple[Candidate, apply.Entry]]:
    """Who may enter, keyed (journey, customer, key); the others are added to `refusals`."""
    entries: dict[tuple[int, int, str], tuple[Candidate, apply.Entry]] = {}
    for candidate in candidates:
        admission = _judge(candidate, past, now)
        place = (candidate.version.journey_id, candidate.customer_id, _key(candidate))
        if not admission.enters:
            refusals.append(Refusal(candidate, admission.code, admission.inputs))
        elif place in entries:
            refusals.append(Refusal(candidate, "already_in", {}))
        else:
            entries[place] = (candidate, _entry(candidate, admission.ghost, now))
    return entries


def _judge(
    candidate: Candidate, past: Mapping[tuple[int, int], list[Past]], now: dt.datetime
) -> Admission:
    """The pure rule, fed with the walks under the same key; once treated, always treated."""
    walks = past.get((candidate.version.journey_id, candidate.customer_id), [])
    key = _key(candidate)
    history = History(
        running=any(walk.running for walk in walks if walk.key == key),
        left_at=max(
            (walk.left_at for walk in walks if walk.key == key and walk.left_at), default=None
        ),
        exposed=any(walk.treated for walk in walks),
    )
    return may_enter(
        candidate.version.plan,
        history,
        now,
        customer=str(candidate.customer_id),
        global_control=settings.SOJOURN_GLOBAL_CONTROL,
    )


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


def _row(id: int, candidate: Candidate, entry: apply.Entry, now: dt.datetime) -> Row:
    return Row(
        id=id, customer_id=entry.customer_id, journey_id=entry.journey_id,
        version_id=entry.version_id, key=entry.key, status="active", ghost=entry.ghost, arms={},
        step="", visit=1, visits={}, due_at=None, step_at=now, entry=dict(candidate.entry),
        entry_event_id=candidate.event_id, context={}, entered_at=now, exposed_at=None,
        goal_until=entry.goal_until, converted_at=None, failures=0,
    )  # fmt: skip


def _last_arms(walks: Sequence[Past]) -> Mapping[str, str]:
    """The arms drawn before, the latest word on each step."""
    found: dict[str, str] = {}
    for walk in walks:
        found.update(walk.arms)
    return found


def _tell(
    rows: Sequence[Row],
    by_id: Mapping[int, Candidate],
    refusals: Sequence[Refusal],
    now: dt.datetime,
) -> None:
    """Log who came in, and why the others did not."""
    reasons = [
        apply.Reason(
            None, each.candidate.customer_id, each.candidate.version.journey_id,
            each.candidate.version.version_id, "", 0, now, f"refused_{each.code}",
            {**each.inputs, "event": each.candidate.event_id},
        )
        for each in refusals
    ]  # fmt: skip
    reasons += [
        apply.reason(row, "entered", _admitted(row), step="", visit=0, at=now) for row in rows
    ]
    apply.log(reasons)
    record([_event(row, by_id[row.id].version) for row in rows], now=now)


def _admitted(row: Row) -> dict[str, Any]:
    return {"event": row.entry_event_id, "ghost": row.ghost, "key": row.key}


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
