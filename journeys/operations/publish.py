"""Publishes versions, and pauses, resumes and stops journeys.

Versions never change; customers stay on theirs.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.core.mjml import ContentProblem
from channels.operations import outbox
from channels.queries.templates import template
from journeys.core import source
from journeys.core.document import parse
from journeys.core.plan import compile
from journeys.core.problem import Problem
from journeys.models import Journey, Version
from journeys.operations import apply, draft
from journeys.operations.react import left
from journeys.operations.refused import Refused
from journeys.operations.run import left_event
from journeys.queries import enrollments, plans
from profiles.operations.record import record

CLOCKS = ("freeze", "run")
STOP_BATCH = 5000


@transaction.atomic
def publish(slug: str, *, by: str, note: str, now: dt.datetime) -> Version:
    """Make the draft the live version. Publishing what is live already makes no new version.

    Raises Refused.
    """
    journey = _locked(slug)
    problems = [each for each in draft.check(journey.source) if each.severity == "error"]
    if problems:
        raise Refused("invalid", _("The journey cannot be published yet: %(first)s") % {
            "first": f"{problems[0].path}: {problems[0].message}",
        }, problems)  # fmt: skip
    digest = hashlib.sha256(json.dumps(source.read(journey.source).value).encode()).hexdigest()
    version = journey.live_version
    if version is None or version.digest != digest:
        version = _new_version(journey, digest, by=by, note=note, now=now)
    journey.live_version = version
    journey.state = "live"
    journey.priority = int(journey.document.get("priority", 50))
    journey.updated_at = now
    journey.save()
    return version


def _new_version(journey: Journey, digest: str, *, by: str, note: str, now: dt.datetime) -> Version:
    plan = compile(parse(journey.source))
    try:
        contents = outbox.store_content([_content(body) for body in plan.contents])
    except ContentProblem as error:
        raise Refused("invalid", str(error), [Problem("steps", "template", str(error))]) from error
    number = Version.objects.filter(journey=journey).count() + 1
    return Version.objects.create(
        journey=journey, number=number, document=journey.document, source=journey.source,
        digest=digest, contents=contents, published_at=now, by=by, note=note,
    )  # fmt: skip


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    """A step's content, or the template it names."""
    return template(body["template"]) if "template" in body else dict(body)


@transaction.atomic
def pause(slug: str, *, clock: str, now: dt.datetime) -> Journey:
    """Nobody enters or moves; leave rules and goals go on.

    `freeze` stops the waits' clocks, `run` lets them run.
    """
    if clock not in CLOCKS:
        raise Refused("invalid", _("A paused journey's clock can freeze or run."))
    journey = _locked(slug)
    if journey.state != "live":
        raise Refused(
            "state",
            _("Only a live journey can be paused; this one is %(state)s.")
            % {"state": journey.state},
        )
    journey.state, journey.pause_clock, journey.paused_at, journey.updated_at = (
        "paused",
        clock,
        now,
        now,
    )
    journey.save()
    return journey


@transaction.atomic
def resume(slug: str, *, now: dt.datetime) -> Journey:
    """Go on after a pause; frozen waits end later by as long as the pause lasted."""
    journey = _locked(slug)
    if journey.state != "paused" or journey.paused_at is None:
        raise Refused(
            "state",
            _("Only a paused journey can be resumed; this one is %(state)s.")
            % {"state": journey.state},
        )
    if journey.pause_clock == "freeze":
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE journeys_enrollment SET due_at = due_at + (%(now)s - %(since)s),"
                " step_at = step_at + (%(now)s - %(since)s)"
                " WHERE journey_id = %(journey)s AND status = 'active'",
                {"now": now, "since": journey.paused_at, "journey": journey.pk},
            )
    journey.state, journey.pause_clock, journey.paused_at, journey.updated_at = (
        "live",
        "",
        None,
        now,
    )
    journey.save()
    return journey


def stop(slug: str, *, now: dt.datetime) -> int:
    """End a journey: nobody enters, and everybody inside leaves. Returns how many left."""
    with transaction.atomic():
        journey = _locked(slug)
        if journey.state not in ("live", "paused"):
            raise Refused("state", _("This journey is not running."))
        journey.state, journey.paused_at, journey.updated_at = "stopped", None, now
        journey.save()
    gone = 0
    while batch := _dismiss(journey.pk, now):
        gone += batch
    return gone


@transaction.atomic
def _dismiss(journey: int, now: dt.datetime) -> int:
    rows = enrollments.claim_inside(journey, limit=STOP_BATCH)
    loaded = plans.of_versions(row.version_id for row in rows)
    ids: Sequence[int] = [row.id for row in rows]
    outbox.cancel(ids, reason="journey_stopped", now=now)
    apply.move([left(row, "journey_stopped", now) for row in rows])
    apply.listen([], stopped=ids)
    record(
        [left_event(row, loaded[row.version_id], "left", "journey_stopped", now) for row in rows],
        now=now,
    )
    return len(rows)


def delete(slug: str) -> None:
    """Remove a journey that never ran, or was stopped; its versions and walks go with it.

    Raises Refused.
    """
    with transaction.atomic():
        journey = _locked(slug)
        if journey.state in ("live", "paused"):
            raise Refused("state", _("A running journey cannot be deleted: stop it first."))
        Journey.objects.filter(pk=journey.pk).update(live_version=None)
        for table in (
            "setaside",
            "wait",
            "conversion",
            "decision",
            "enrollment",
            "slot",
            "version",
        ):
            _delete_from(table, journey.pk)
        journey.delete()


def _delete_from(table: str, journey: int) -> None:
    through = {
        "wait": "enrollment_id IN (SELECT id FROM journeys_enrollment WHERE journey_id = %s)",
        "setaside": "kind = 'enrollment' AND ref_id IN"
        " (SELECT id FROM journeys_enrollment WHERE journey_id = %s)",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM journeys_{table} WHERE {through.get(table, 'journey_id = %s')}", [journey]
        )


def _locked(slug: str) -> Journey:
    """The journey, held alone. What it points to is read later, by a statement of its own: a join
    would show the row as whoever held it before has left it, beside a version from before that.
    """
    journey = Journey.objects.select_for_update().filter(slug=slug).first()
    if journey is None:
        raise Refused("not_found", _("There is no journey “%(slug)s”.") % {"slug": slug})
    return journey
