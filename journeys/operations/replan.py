"""Takes the customers of one version over to the next: a statement a table, however many they are.

The caller holds the journey locked, so that what was counted is what is done.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from django.db import connection
from django.utils.translation import ngettext
from msgspec import structs

from journeys.core.difference import difference
from journeys.core.document import Document, parse
from journeys.core.problem import DocumentError
from journeys.core.replan import (
    LEAVE,
    Destination,
    Fate,
    StepChange,
    destinations,
    fates,
    faults,
    outline,
)
from journeys.core.steps.base import FINISH
from journeys.models import Journey, Version
from journeys.operations import apply, contents
from journeys.operations.dismiss import BATCH, dismiss_all
from journeys.operations.refused import Refused
from journeys.queries import enrollments, plans
from journeys.queries.plans import Loaded

WHERE = """
e.journey_id = %(journey)s AND e.version_id = %(old)s AND e.status = 'active' AND e.step = f.step
"""
FATES = """
json_to_recordset(%(fates)s::json) AS f(
    step text, goes_to text, arrives boolean, within double precision, never boolean, events jsonb)
"""
BEGUN = "(coalesce((e.visits ->> e.step)::int, 0) >= e.visit)"
ARRIVES = f"(f.arrives AND (f.goes_to <> f.step OR {BEGUN}))"

UNLISTEN = f"""
DELETE FROM journeys_wait AS w USING journeys_enrollment AS e, {FATES}
WHERE {WHERE} AND w.enrollment_id = e.id AND NOT f.events ? w.event
"""
LISTEN = f"""
INSERT INTO journeys_wait (enrollment_id, customer_id, event, since)
SELECT e.id, e.customer_id, name.event, e.step_at
FROM {FATES}, journeys_enrollment AS e, jsonb_array_elements_text(f.events) AS name(event)
WHERE {WHERE} AND {BEGUN} AND NOT EXISTS (
    SELECT FROM journeys_wait AS w WHERE w.enrollment_id = e.id AND w.event = name.event)
"""
MOVE = f"""
WITH moved AS (
    UPDATE journeys_enrollment AS e
    SET version_id = %(new)s, step = f.goes_to,
        visit = CASE WHEN {ARRIVES} THEN coalesce((e.visits ->> f.goes_to)::int, 0) + 1
                ELSE e.visit END,
        step_at = CASE WHEN {ARRIVES} THEN %(now)s ELSE e.step_at END,
        failures = CASE WHEN {ARRIVES} THEN 0 ELSE e.failures END,
        met = NULL,
        due_at = CASE
            WHEN {ARRIVES} THEN %(now)s
            WHEN NOT {BEGUN} THEN e.due_at
            WHEN f.never THEN NULL
            WHEN f.within IS NOT NULL THEN least(e.due_at,
                greatest(e.step_at + make_interval(secs => f.within), %(now)s))
            ELSE e.due_at END,
        goal_until = CASE WHEN %(goal)s::interval IS NULL THEN e.goal_until
                     ELSE e.entered_at + %(goal)s::interval END
    FROM {FATES} WHERE {WHERE}
    RETURNING e.id, e.customer_id, e.step, e.visit, f.step AS came_from
)
INSERT INTO journeys_decision (enrollment_id, customer_id, journey_id, version_id, step, visit, at,
    code, inputs)
SELECT id, customer_id, %(journey)s, %(new)s, step, visit, %(at)s, 'moved',
    jsonb_build_object('version', %(number)s::int, 'from', came_from)
FROM moved
"""


class Replan(msgspec.Struct, frozen=True):
    """What publishing does to the customers of the version that is live."""

    old: Loaded | None
    goes_to: Mapping[str, Destination]
    steps: Sequence[StepChange]

    def shown(self) -> list[dict[str, Any]]:
        return [msgspec.to_builtins(step) for step in self.steps]

    def uprooted(self) -> int:
        """How many lose their place or leave."""
        return sum(step.standing for step in self.steps if step.confirm)


def preview(slug: str, *, move: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps of the draft against those that are live; none of a draft that cannot be read.

    Raises Refused for a move that cannot be made.
    """
    journey = Journey.objects.get(slug=slug)
    try:
        draft = parse(journey.source)
    except DocumentError:
        return []
    return replan(journey, draft, move).shown()


def replan(journey: Journey, draft: Document, move: Mapping[str, str]) -> Replan:
    """What publishing this draft would do, counted now. Raises Refused."""
    old = _live(journey)
    before = parse(Version.objects.get(pk=old.version_id).source) if old else None
    ids = [step.id for step in before.steps] if before else []
    new = [step.id for step in draft.steps if step.id]
    problems = list(faults(move, ids, new))
    if problems:
        raise Refused("invalid", problems[0].message, problems)
    goes_to = destinations(old.plan, new, move) if old else {}
    standing = enrollments.standing(journey.pk, old.version_id) if old else {}
    steps = outline(difference(before, draft), ids, new, goes_to, standing)
    other = contents.rewritten(old, draft)
    steps = [
        structs.replace(each, change="changed")
        if each.change == "same" and each.id in other
        else each
        for each in steps
    ]
    return Replan(old, goes_to, steps)


def _live(journey: Journey) -> Loaded | None:
    version = journey.live_version_id
    return plans.of_versions([version])[version] if version else None


def agree(found: Replan, *, confirm: bool) -> None:
    """Raises Refused, with the plan, when somebody has to say that this is meant."""
    uprooted = 0 if confirm else found.uprooted()
    if uprooted:
        text = ngettext(
            "%(count)s customer would lose their place: see the plan, publish with confirm: true.",
            "%(count)s customers would lose their place: see the plan, publish with confirm: true.",
            uprooted,
        )
        raise Refused(
            "unconfirmed", text % {"count": uprooted}, facts={"plan": {"steps": found.shown()}}
        )


def carry_over(found: Replan, version: Version, *, clock: dt.datetime, now: dt.datetime) -> None:
    """Move everybody as planned. `clock` is what the journey's waits go by: it stands still in a
    frozen pause.
    """
    if found.old is None:
        return
    journey, old = found.old.journey_id, found.old.version_id
    for word, reason in ((LEAVE, "moved_out"), (FINISH, "completed")):
        steps = [step for step, to in found.goes_to.items() if to.word == word]
        claim = partial(enrollments.claim_at, journey, old, steps, limit=BATCH)
        dismiss_all(claim, reason=reason, now=now, completed=word == FINISH)
    new = plans.of_versions([version.pk])[version.pk]
    given: dict[str, Any] = {
        "journey": journey, "old": old, "new": version.pk, "number": version.number,
        "fates": _encode(fates(found.old.plan, new.plan, found.goes_to)),
        "goal": _goal(found.old, new), "now": clock, "at": now,
    }  # fmt: skip
    apply.months([now])
    with connection.cursor() as cursor:
        for statement in (UNLISTEN, LISTEN, MOVE):
            cursor.execute(statement, given)


def _encode(found: Sequence[Fate]) -> str:
    """As JSON; a duration in seconds, which json_to_recordset reads."""
    rows = [{**msgspec.structs.asdict(fate), "within": _seconds(fate.within)} for fate in found]
    return msgspec.json.encode(rows).decode()


def _seconds(within: dt.timedelta | None) -> float | None:
    return None if within is None else within.total_seconds()


def _goal(old: Loaded, new: Loaded) -> dt.timedelta | None:
    """The window of the goal, if it is another one."""
    if new.plan.goal is None:
        return None
    within = new.plan.goal.within
    return None if old.plan.goal and old.plan.goal.within == within else within
