"""A dry run: what a journey would do in the next days, found by the engine on a private copy.

What customers did in as many days before is taken to happen again. Nothing is kept, no provider is
called, and the workspace goes on undisturbed meanwhile. What is assumed: docs/journeys.md.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.operations.dispatch import rehearse
from config import dry_run_counts, private_copy, settle
from config.own_log import OwnLog
from journeys.core import forecast, source
from journeys.core.document import Document, parse
from journeys.core.plan import Plan, compile
from journeys.models import Journey
from journeys.operations import draft, publish
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.refused import Refused
from journeys.operations.run import run
from journeys.queries import plans
from profiles.queries import workspace

LONGEST = 365
TICK = dt.timedelta(minutes=15)
"""The steps in which time passes: what falls due within one happens at its end, in order."""
PAGE = 5000
BY = "simulate"

MINE = """
UPDATE journeys_journey SET live_version_id = NULL, state = 'draft', paused_at = NULL,
    pause_clock = '', source = %s, document = %s::jsonb
WHERE id = %s
"""
OTHERS = "UPDATE journeys_journey SET state = 'stopped' WHERE id <> %s"
HAPPEN = """
INSERT INTO profiles_event (customer_id, name, at, received_at, source, message_id, properties,
    context)
SELECT customer_id, name, at, %(now)s, source, message_id, properties, context
FROM dryrun_event WHERE at > %(after)s AND at <= %(now)s ORDER BY at, id
"""
NEXT = "SELECT min(at) FROM dryrun_event WHERE at > %s"

Tell = Callable[[float], None]


class Subject(NamedTuple):
    """What is run: a journey, as the draft or the live version has it."""

    journey: Journey
    text: str
    document: Document
    plan: Plan


def simulate(
    slug: str,
    *,
    now: dt.datetime,
    days: int = 30,
    sample: int | None = None,
    seed: int = 0,
    live: bool = False,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """What the draft of a journey, or with `live` its live version, would do from the last full
    hour on, for `sample` customers (None: all of them). `tell` hears how much is done, 0 to 1.

    Raises Refused.
    """
    _check(days, sample)
    subject = _subject(slug, live)
    start = now.replace(minute=0, second=0, microsecond=0)
    horizon = dt.timedelta(days=days)
    wanted = private_copy.Wanted(
        journey=subject.journey.pk, slug=slug, seed=seed, sample=sample, since=start - horizon,
        start=start, names=sorted(forecast.replayed(subject.plan)), own=list(forecast.PRODUCED),
    )  # fmt: skip
    with _apart(wanted):
        log = OwnLog(dry_run_counts.last_event())
        _open(subject, start)
        _play(log, start, start + horizon, tell)
        counted = dry_run_counts.count(slug, start=start, days=days)
    head = {"journey": slug, "horizon": days, "seed": seed, "assumes": _assumes(subject, days)}
    return head | counted


def _check(days: int, sample: int | None) -> None:
    if not 1 <= days <= LONGEST:
        raise Refused("invalid", _("A dry run looks 1 to 365 days ahead: say how many."))
    if sample is not None and sample < 1:
        raise Refused("invalid", _("A sample has at least one customer."))


@contextmanager
def _apart(wanted: private_copy.Wanted) -> Iterator[None]:
    """Everything inside happens in a private copy, and has not happened afterwards."""
    with workspace.private() as name, transaction.atomic():
        try:
            private_copy.make(wanted)
            yield
        finally:
            transaction.set_rollback(True)
            plans.forget(name)


def _subject(slug: str, live: bool) -> Subject:
    journey = Journey.objects.select_related("live_version").filter(slug=slug).first()
    if journey is None:
        raise Refused("not_found", _("There is no journey “%(slug)s”.") % {"slug": slug})
    if live and journey.live_version is None:
        message = _("The journey “%(slug)s” was never published: run its draft.")
        raise Refused("state", message % {"slug": slug})
    text = journey.live_version.source if live and journey.live_version else journey.source
    problems = [each for each in draft.check(text) if each.severity == "error"]
    if problems:
        first = f"{problems[0].path}: {problems[0].message}"
        message = _("The journey cannot be run yet: %(first)s")
        raise Refused("invalid", message % {"first": first}, problems)
    document = parse(text)
    return Subject(journey, text, document, compile(document))


def _open(subject: Subject, start: dt.datetime) -> None:
    """Publish the journey in the copy, as the only one that runs there."""
    document = json.dumps(source.read(subject.text).value)
    with connection.cursor() as cursor:
        cursor.execute(MINE, [subject.text, document, subject.journey.pk])
    publish.publish(subject.journey.slug, by=BY, note="", now=start)
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, [subject.journey.pk])
    if forecast.only_by_call(subject.document):
        _admit_everybody(subject.journey.slug, start)


def _admit_everybody(slug: str, start: dt.datetime) -> None:
    version = plans.current().entering[slug]
    everybody = dry_run_counts.customers()
    for at in range(0, len(everybody), PAGE):
        page = [Candidate(customer, version, {}) for customer in everybody[at : at + PAGE]]
        entered = enroll(page, now=start)
        run(entered.rows, now=start, earlier_arms=entered.earlier_arms)


def _play(log: OwnLog, start: dt.datetime, until: dt.datetime, tell: Tell | None) -> None:
    """Let time pass until `until`, pausing wherever something happens again or falls due."""
    before, moment = start - TICK, start
    while True:
        coming = _happen(before, moment)
        settle.settle(now=moment, log=log, post=rehearse)
        if tell:
            tell((moment - start) / (until - start))
        if moment >= until:
            return
        coming = min((at for at in (coming, settle.all_due().next(), until) if at), default=until)
        before = moment
        moment = min(until, max(moment + TICK, start - (start - coming) // TICK * TICK))


def _happen(after: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """What happens again behind `after` up to `now`. Returns when something does next."""
    with connection.cursor() as cursor:
        cursor.execute(HAPPEN, {"after": after, "now": now})
        cursor.execute(NEXT, [now])
        following: dt.datetime | None = cursor.fetchone()[0]
    return following


def _assumes(subject: Subject, days: int) -> str:
    if forecast.only_by_call(subject.document):
        message = _(
            "Everybody whom the audience admits enters at once, what customers did in the last"
            " %(days)d days happens again in the next %(days)d, and lifecycle stages stay as they"
            " are."
        )
    else:
        message = _(
            "What customers did in the last %(days)d days, and the lifecycle changes of those days,"
            " happen again in the next %(days)d; schedules and dates come by the calendar, and"
            " nobody is enrolled by a call."
        )
    return message % {"days": days}
