"""A dry run: what a journey would do in the next days, found by the engine on a private copy.

What customers did in as many days before is taken to happen again; or it is played at its own time,
beside what they got then. Nothing is kept, no provider is called, and the workspace goes on
undisturbed meanwhile. What is assumed: docs/journeys.md.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.operations.calls import pretend
from channels.operations.dispatch import rehearse
from config import dry_run_counts, private_copy, settle
from config.own_log import OwnLog
from journeys.core import backtest, forecast, source
from journeys.core.backtest import Person
from journeys.core.document import Document, parse
from journeys.core.plan import Plan, compile
from journeys.models import Journey
from journeys.operations import draft, publish
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.refused import Refused
from journeys.operations.run import run
from journeys.queries import plans
from profiles.queries import segments, workspace

LONGEST = 365
TICK = dt.timedelta(minutes=15)
"""The steps in which time passes: what falls due within one happens at its end, in order."""
MARGIN = dt.timedelta(hours=1)
"""What falls due late, as of an instant that is past, is of the last tick."""
PAGE = 5000
BY = "simulate"

MINE = """
UPDATE journeys_journey SET live_version_id = NULL, state = 'draft', paused_at = NULL,
    pause_clock = '', source = %s, document = %s::jsonb
WHERE id = %s
"""
OTHERS = "UPDATE journeys_journey SET state = 'stopped' WHERE id <> ALL(%s)"
HAPPEN = """
INSERT INTO profiles_event (customer_id, name, at, received_at, source, message_id, properties,
    context)
SELECT customer_id, name, at, %(now)s, source, message_id, properties, context
FROM dryrun_event WHERE at > %(after)s AND at <= %(now)s ORDER BY at, id
"""
NEXT = "SELECT min(at) FROM dryrun_event WHERE at > %s"

Tell = Callable[[float], None]
Seen = Callable[[dt.datetime], bool]


class Subject(NamedTuple):
    """What is run: a journey, as the draft or the live version has it."""

    journey: Journey
    text: str
    document: Document
    plan: Plan


class Terms(NamedTuple):
    """How a journey is run: the draft, or with `live` its live version, for `sample` customers
    (None: all of them), of whom `seed` draws others.

    `days` ahead of the last full hour, or with `replay` as many days up to it.
    """

    days: int = 30
    sample: int | None = None
    seed: int = 0
    live: bool = False
    replay: bool = False


class Played(NamedTuple):
    """The days that were played; `real` is the schema of the real tables."""

    start: dt.datetime
    until: dt.datetime
    real: str


AHEAD = Terms()


def text(found: Any) -> str:
    """What is found as the API and the commands write it: the same for the same."""
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


def simulate(
    slug: str, terms: Terms = AHEAD, *, now: dt.datetime, tell: Tell | None = None
) -> dict[str, Any]:
    """What a journey would do. `tell` hears how much is done, 0 to 1. Raises Refused."""
    found, everybody = _run(slug, terms, now, tell)
    if terms.replay:
        found["beside"] = backtest.beside(everybody)
    return found


def replay(
    slug: str, terms: Terms, *, now: dt.datetime, tell: Tell | None = None
) -> tuple[dict[str, Any], list[Person]]:
    """The same for the days that are past, and everybody with what they would have got and got."""
    found, everybody = _run(slug, terms._replace(replay=True), now, tell)
    return found | {"beside": backtest.beside(everybody)}, everybody


def _run(
    slug: str, terms: Terms, now: dt.datetime, tell: Tell | None
) -> tuple[dict[str, Any], list[Person]]:
    check(terms)
    subject = subject_of(slug, live=terms.live)
    called = forecast.only_by_call(subject.document)
    everybody: list[Person] = []
    with played([subject], terms, now=now, tell=tell, called=called) as days:
        counted = dry_run_counts.count(slug, start=days.start, days=terms.days)
        if terms.replay:
            got = dry_run_counts.got(slug, days.real, days.start, days.until)
            everybody = backtest.people(dry_run_counts.would(), got)
    return _head(slug, terms, subject) | counted, everybody


@contextmanager
def played(
    subjects: Sequence[Subject], terms: Terms, *, now: dt.datetime, tell: Tell | None,
    called: bool = False,
) -> Iterator[Played]:  # fmt: skip
    """The journeys run together in a copy; what came of it stands there until the end. With
    `called` everybody enters whom a call could let in. The terms are checked.
    """
    horizon = dt.timedelta(days=terms.days)
    hour = now.replace(minute=0, second=0, microsecond=0)
    start = hour - horizon if terms.replay else hour
    names = {name for subject in subjects for name in forecast.replayed(subject.plan)}
    wanted = private_copy.Wanted(
        journeys=[subject.journey.pk for subject in subjects],
        slugs=[subject.journey.slug for subject in subjects],
        seed=terms.seed, sample=terms.sample,
        since=start if terms.replay else start - horizon, upto=hour, start=start,
        names=sorted(names), own=list(forecast.PRODUCED),
    )  # fmt: skip
    with apart(wanted) as real:
        log = OwnLog(dry_run_counts.last_event())
        begin(subjects, start)
        if called:
            _admit_everybody([subject.journey.slug for subject in subjects], start)
        play(log, start, start + horizon, _telling(tell, start, horizon))
        yield Played(start, start + horizon, real)


def _head(slug: str, terms: Terms, subject: Subject) -> dict[str, Any]:
    assumes = _assumes(subject, terms)
    return {"journey": slug, "horizon": terms.days, "seed": terms.seed, "assumes": assumes}


def check(terms: Terms) -> None:
    if not 1 <= terms.days <= LONGEST:
        raise Refused("invalid", _("A dry run looks 1 to 365 days ahead: say how many."))
    if terms.sample is not None and terms.sample < 1:
        raise Refused("invalid", _("A sample has at least one customer."))


@contextmanager
def apart(wanted: private_copy.Wanted) -> Iterator[str]:
    """Everything inside happens in a private copy, and has not happened afterwards. Yields the
    schema of the real tables.
    """
    with workspace.private() as name, transaction.atomic():
        try:
            yield private_copy.make(wanted)
        finally:
            transaction.set_rollback(True)
            plans.forget(name)
            segments.forget(name)


def subject_of(slug: str, *, live: bool) -> Subject:
    """The draft, or the live version. Raises Refused where there is none or it has errors."""
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


def begin(subjects: Sequence[Subject], start: dt.datetime) -> None:
    """Publish the journeys in the copy, as the only ones that run there."""
    with connection.cursor() as cursor:
        for subject in subjects:
            document = json.dumps(source.read(subject.text).value)
            cursor.execute(MINE, [subject.text, document, subject.journey.pk])
            publish.publish(subject.journey.slug, by=BY, note="", now=start)
        cursor.execute(OTHERS, [[subject.journey.pk for subject in subjects]])


def _admit_everybody(slugs: Sequence[str], start: dt.datetime) -> None:
    versions = [plans.current().entering[slug] for slug in slugs]
    everybody = [(each, version) for version in versions for each in dry_run_counts.customers()]
    for at in range(0, len(everybody), PAGE):
        page = [Candidate(*each, {}) for each in everybody[at : at + PAGE]]
        entered = enroll(page, now=start)
        run(entered.rows, now=start, earlier_arms=entered.earlier_arms)


def play(
    log: OwnLog, start: dt.datetime, until: dt.datetime, seen: Seen, *, tick: dt.timedelta = TICK
) -> None:
    """Let time pass until `until`, pausing wherever something happens again or falls due; or until
    `seen`, which hears of each such moment, has seen enough.
    """
    before, moment = start - tick, start
    while True:
        coming = _happen(before, moment)
        settle.settle(now=moment, log=log, post=rehearse, phone=pretend)
        workspace.settle(until=moment - MARGIN)
        if seen(moment) or moment >= until:
            return
        coming = min((at for at in (coming, settle.all_due().next(), until) if at), default=until)
        before = moment
        moment = min(until, max(moment + tick, start - (start - coming) // tick * tick))


def _telling(tell: Tell | None, start: dt.datetime, horizon: dt.timedelta) -> Seen:
    def seen(moment: dt.datetime) -> bool:
        if tell:
            tell((moment - start) / horizon)
        return False

    return seen


def _happen(after: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """What happens again behind `after` up to `now`. Returns when something does next."""
    with connection.cursor() as cursor:
        cursor.execute(HAPPEN, {"after": after, "now": now})
        cursor.execute(NEXT, [now])
        following: dt.datetime | None = cursor.fetchone()[0]
    return following


def _assumes(subject: Subject, terms: Terms) -> str:
    if terms.replay:
        message = _(
            "What customers did in the last %(days)d days is played at its own time, with profiles,"
            " consents, segments and lifecycle stages as they are today."
        )
    elif forecast.only_by_call(subject.document):
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
    return message % {"days": terms.days}
