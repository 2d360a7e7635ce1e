"""What an operator does to one customer in a journey: move to a step, take out, let in again.

Each leaves a decision with who did it, and does nothing the second time.
"""

import datetime as dt
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from msgspec.structs import replace

from journeys.models import Enrollment, Journey
from journeys.operations import apply, standstill
from journeys.operations.dismiss import dismiss
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.react import left
from journeys.operations.refused import Refused
from journeys.operations.run import run
from journeys.queries import enrollments, plans
from journeys.queries.enrollments import Row

MOVED, TAKEN_OUT = "moved_by_hand", "taken_out"


class Seen(NamedTuple):
    """Where the operator saw the customer stand when deciding."""

    step: str
    visit: int


@transaction.atomic
def move(enrollment: int, *, to: str, seen: Seen, by: str, now: dt.datetime) -> None:
    """Send somebody who stands where they were `seen` to another step of their version, at once;
    in a paused journey when it goes on.

    What is queued for them still leaves. Raises Refused.
    """
    row = _locked(enrollment)
    if (row.step, row.visit) != seen:
        raise Refused("conflict", _("The customer has moved on meanwhile: look where they are."))
    plan = plans.of_versions([row.version_id])[row.version_id].plan
    if to not in plan.places or to == row.step:
        raise Refused("invalid", _("There is no other step “%(step)s” here.") % {"step": to})
    clock = standstill.clock(_running(row), now)
    visit = row.visits.get(to, 0) + 1
    place = replace(
        left(row, "", now), status="active", step=to, visit=visit, due_at=clock, step_at=clock,
        left_at=None, failures=0,
    )  # fmt: skip
    apply.move([place])
    apply.listen([], stopped=[row.id])
    told = {"who": by, "from": row.step}
    apply.log([apply.reason(row, MOVED, told, step=to, visit=visit, at=now)])


@transaction.atomic
def take_out(enrollment: int, *, by: str, now: dt.datetime) -> None:
    """End a walk where it stands; what is queued for it is not sent. Raises Refused."""
    dismiss([_locked(enrollment)], reason=TAKEN_OUT, now=now, by=by)


@transaction.atomic
def let_in(enrollment: int, *, by: str, now: dt.datetime) -> str:
    """Let the customer of an ended walk in once more, with the properties they came in with.

    Audience, limits and control groups are asked as ever; of `again` only that nobody is in twice.
    Returns "" or the code of the refusal, which is in the decision log. Raises Refused.
    """
    past = Enrollment.objects.select_related("journey").filter(pk=enrollment).first()
    version = plans.current().entering.get(past.journey.slug) if past else None
    if past is None or version is None:
        raise Refused("state", _("The journey is not live: publish or resume it first."))
    found = enroll([Candidate(past.customer_id, version, past.entry, by=by)], now=now)
    run(found.rows, now=now, earlier_arms=found.earlier_arms)
    if not found.rows and not found.refusals:
        raise Refused("not_found", _("This customer was merged into another."))
    return found.refusals[0].code if found.refusals else ""


def _locked(enrollment: int) -> Row:
    """The walk, held until the transaction ends, if it is under way."""
    rows = enrollments.again([enrollment])
    if not rows:
        raise Refused("state", _("The customer is not on the way in this journey any more."))
    return rows[0]


def _running(row: Row) -> Journey:
    """The journey, if customers walk in it: those of a stopped one are about to leave."""
    journey = Journey.objects.get(pk=row.journey_id)
    if journey.state not in ("live", "paused"):
        raise Refused("state", _("This journey is not running."))
    return journey
