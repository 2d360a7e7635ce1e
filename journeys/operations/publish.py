"""Publishes versions, and pauses, resumes and stops journeys.

Versions never change; customers inside go over to the new one, as `replan` has it.
"""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from journeys.core.document import parse
from journeys.core.plan import compile
from journeys.models import Journey, Version
from journeys.operations import contents, draft, entrance, four_eyes, standstill
from journeys.operations.dismiss import BATCH, dismiss, dismiss_all
from journeys.operations.refused import Refused
from journeys.operations.replan import agree, carry_over, replan
from journeys.queries import enrollments

CLOCKS = ("freeze", "run")
OVERDUE = ("run", "leave")
CUT_SHORT = """
SELECT j.id FROM journeys_journey j WHERE j.state = 'stopped' AND EXISTS (
    SELECT FROM journeys_enrollment e WHERE e.journey_id = j.id AND e.status = 'active')
ORDER BY j.id
"""


@transaction.atomic
def publish(
    slug: str,
    *,
    by: str,
    note: str,
    now: dt.datetime,
    move: Mapping[str, str] | None = None,
    confirm: bool = False,
    override: str = "",
    revision: int | None = None,
) -> Version:
    """Make the draft the live version. Publishing what is live already changes nothing.

    Whoever is inside comes along, to the step of the same id or where `move` sends them; nobody
    loses a place unless `confirm` says so. A paused journey stays paused. `override` is why it is
    published in spite of what customers would get; `revision` what was looked at. Raises Refused.
    """
    entrance.close()
    journey = _locked(slug)
    _check(journey, revision)
    digest = contents.digest(journey.source)
    version = journey.live_version if _is_live(journey, digest) else None
    asked = four_eyes.witnessed(journey, by=by) if not version or not journey.runs else None
    if version is None:
        words = Words(by, note or (asked.note if asked else ""), override)
        version = _renewed(journey, digest, words, move=move or {}, confirm=confirm, now=now)
    _go_live(journey, version, now)
    four_eyes.approve(asked, by=by, now=now)
    return version


def _renewed(
    journey: Journey, digest: str, words: "Words", *, move: Mapping[str, str], confirm: bool,
    now: dt.datetime,
) -> Version:  # fmt: skip
    """The draft as a version, with everybody inside brought along."""
    enrollments.hold(journey.pk)
    found = replan(journey, parse(journey.source), move)
    agree(found, confirm=confirm)
    version = _new_version(journey, digest, words, now=now)
    carry_over(found, version, clock=standstill.clock(journey, now), now=now)
    return version


def _is_live(journey: Journey, digest: str) -> bool:
    return journey.live_version is not None and journey.live_version.digest == digest


def _go_live(journey: Journey, version: Version, now: dt.datetime) -> None:
    journey.live_version, journey.updated_at = version, now
    journey.state = "paused" if journey.state == "paused" else "live"
    journey.priority = int(journey.document.get("priority", 50))
    journey.save()


def _check(journey: Journey, revision: int | None) -> None:
    draft.compare(journey, journey.revision if revision is None else revision)
    problems = [each for each in draft.check(journey.source) if each.severity == "error"]
    if problems:
        raise Refused("invalid", _("The journey cannot be published yet: %(first)s") % {
            "first": f"{problems[0].path}: {problems[0].message}",
        }, problems)  # fmt: skip


class Words(NamedTuple):
    """What a version keeps of its publishing: by whom, what changed, in spite of what."""

    by: str
    note: str
    override: str


def _new_version(journey: Journey, digest: str, words: Words, *, now: dt.datetime) -> Version:
    kept = contents.store(compile(parse(journey.source)), passed=bool(words.override))
    number = Version.objects.filter(journey=journey).count() + 1
    return Version.objects.create(
        journey=journey, number=number, document=journey.document, source=journey.source,
        digest=digest, contents=kept, published_at=now, **words._asdict(),
    )  # fmt: skip


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
def resume(slug: str, *, now: dt.datetime, overdue: str = "run") -> Journey:
    """Go on after a pause; frozen waits end later by as long as the pause lasted.

    Those whose time came during a pause that let the clock run go on at once, or `leave`.
    """
    if overdue not in OVERDUE:
        raise Refused("invalid", _("What is overdue can run or leave."))
    journey = _locked(slug)
    if journey.state != "paused" or journey.paused_at is None:
        raise Refused(
            "state",
            _("Only a paused journey can be resumed; this one is %(state)s.")
            % {"state": journey.state},
        )
    standstill.wake(journey)
    if journey.pause_clock == "freeze":
        _thaw(journey, now)
    elif overdue == "leave":
        claim = partial(
            enrollments.claim_overdue, journey.pk, since=journey.paused_at, now=now, limit=BATCH
        )
        dismiss_all(claim, reason="overdue_while_paused", now=now)
    journey.state, journey.pause_clock, journey.paused_at, journey.updated_at = (
        "live",
        "",
        None,
        now,
    )
    journey.save()
    return journey


def _thaw(journey: Journey, now: dt.datetime) -> None:
    """Every timer goes on where it stood; windows of goals are counted by the calendar."""
    enrollments.hold(journey.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journeys_enrollment SET due_at = due_at + (%(now)s - %(since)s),"
            " step_at = step_at + (%(now)s - %(since)s)"
            " WHERE journey_id = %(journey)s AND status = 'active'",
            {"now": now, "since": journey.paused_at, "journey": journey.pk},
        )


def stop(slug: str, *, now: dt.datetime) -> int:
    """End a journey: nobody enters, and everybody inside leaves. Returns how many left."""
    with transaction.atomic():
        journey = _locked(slug)
        if journey.state not in ("live", "paused"):
            raise Refused("state", _("This journey is not running."))
        journey.state, journey.updated_at = "stopped", now
        journey.pause_clock, journey.paused_at = "", None
        journey.save()
    return _empty(journey.pk, now)


def finish_stopping(*, now: dt.datetime) -> int:
    """Go on where stopping was cut short. Returns how many left."""
    with connection.cursor() as cursor:
        cursor.execute(CUT_SHORT)
        journeys = [row[0] for row in cursor.fetchall()]
    return sum(_empty(journey, now) for journey in journeys)


def _empty(journey: int, now: dt.datetime) -> int:
    """Everybody inside leaves, a batch a transaction."""
    gone = 0
    while batch := _dismiss(journey, now):
        gone += batch
    return gone


@transaction.atomic
def _dismiss(journey: int, now: dt.datetime) -> int:
    inside = enrollments.claim_inside(journey, limit=BATCH)
    return dismiss(inside, reason="journey_stopped", now=now)


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
            "arrivals",
            "quota",
            "enrollment",
            "slot",
            "dateentry",
            "version",
            "publishrequest",
        ):
            _delete_from(table, journey.pk)
        journey.delete()


def _delete_from(table: str, journey: int) -> None:
    through = {
        "dateentry": "version_id IN (SELECT id FROM journeys_version WHERE journey_id = %s)",
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
    Its key stays free: workers who hold customers that are waited for here look at it.
    """
    journey = Journey.objects.select_for_update(no_key=True).filter(slug=slug).first()
    if journey is None:
        raise Refused("not_found", _("There is no journey “%(slug)s”.") % {"slug": slug})
    return journey
