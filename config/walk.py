"""The walk of one customer through a journey, played by the engine on a private copy.

They enter at a moment of one's choice. From there on to the present, what they did happens at its
own time; after that nothing happens but what the journey does. Nothing is kept, nobody is written
to.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.utils.translation import gettext as _

from channels.queries import messages
from config import dry_run, dry_run_counts, private_copy
from config.own_log import OwnLog
from journeys.core import forecast
from journeys.core.plan import Plan
from journeys.core.steps.branch import PlannedBranch
from journeys.models import Enrollment, Journey
from journeys.operations.enroll import Candidate, Entered, enroll
from journeys.operations.refused import Refused
from journeys.operations.run import run
from journeys.queries import plans
from journeys.queries.explain import explain, of_walk
from profiles.core.conditions import All, Condition
from profiles.core.conditions.explain import explain as in_words
from profiles.queries.conditions import Ask, answers
from profiles.queries.conditions import Subject as Asked

TICK = dt.timedelta(seconds=1)
LONGEST = dt.timedelta(days=dry_run.LONGEST)
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
MOST = 500
"""Decisions, messages and moments that are told."""
WAITING = "SELECT 1 FROM channels_message WHERE status IN ('queued', 'sending') LIMIT 1"
MADE = (
    "SELECT id, code, step FROM journeys_decision WHERE enrollment_id = %s AND id > %s ORDER BY id"
)
MINE = "SELECT uid::text FROM channels_message WHERE enrollment_id = %s"
ENTRY = """
SELECT name, properties::text FROM profiles_event
WHERE customer_id = %(customer)s AND name = ANY(%(names)s) AND at <= %(start)s
ORDER BY at DESC, id DESC LIMIT 1
"""

Criteria = list[dict[str, Any]]


class Wanted(NamedTuple):
    """Who enters when, with which properties (None: those of their last event that lets in), and
    for how long they are followed, by the draft or the live version.
    """

    customer: int
    start: dt.datetime
    days: int = 30
    live: bool = False
    entry: Mapping[str, Any] | None = None


def walk(slug: str, wanted: Wanted, *, now: dt.datetime, language: str = "en") -> dict[str, Any]:
    """What happens to the customer. Raises Refused.

    `checks` are decisions as `journeys.queries.explain` has them, each with the `criteria` that it
    was made by: {text, met}; `messages` are in the API's shape; `ended` is the walk's end, if it
    has one by `until`.
    """
    subject = dry_run.subject_of(slug, live=wanted.live)
    until = _until(wanted, now)
    entry, event = _entry(wanted, subject.plan)
    copy = private_copy.Wanted(
        journeys=[subject.journey.pk], slugs=[slug], seed=0, sample=1, since=wanted.start,
        upto=now + TICK, start=wanted.start, names=sorted(forecast.replayed(subject.plan)),
        own=list(forecast.PRODUCED), customer=wanted.customer,
    )  # fmt: skip
    with dry_run.apart(copy):
        if not dry_run_counts.customers():
            raise Refused("not_found", _("There is no such customer."))
        log = OwnLog(dry_run_counts.last_event())
        dry_run.begin([subject], wanted.start)
        followed = _Walk(slug, wanted, entry, language)
        dry_run.play(log, wanted.start, until, followed.see, tick=TICK)
        found = followed.told(until)
    return {"journey": slug, "customer": wanted.customer, "entry": entry, "event": event, **found}


def _until(wanted: Wanted, now: dt.datetime) -> dt.datetime:
    if not 1 <= wanted.days <= dry_run.LONGEST:
        raise Refused("invalid", _("A walk is followed for 1 to 365 days: say how many."))
    if not EARLIEST <= wanted.start <= now + LONGEST:
        raise Refused("invalid", _("A walk begins between 1990 and a year from now."))
    return wanted.start + dt.timedelta(days=wanted.days)


def _entry(wanted: Wanted, plan: Plan) -> tuple[Mapping[str, Any], str]:
    """The properties that the customer enters with, and the event that they are of, if any."""
    if wanted.entry is not None:
        return wanted.entry, ""
    with connection.cursor() as cursor:
        cursor.execute(ENTRY, {**wanted._asdict(), "names": sorted(plan.enter.triggers)})
        row = cursor.fetchone()
    return (msgspec.json.decode(row[1]), row[0]) if row else ({}, "")


class _Walk:
    """The customer inside, in the copy: watched at every moment at which something happens."""

    def __init__(self, slug: str, wanted: Wanted, entry: Mapping[str, Any], language: str) -> None:
        self.slug, self.customer, self.start, self.language = (
            slug, wanted.customer, wanted.start, language
        )  # fmt: skip
        self.version = plans.current().entering[slug]
        self.plan = self.version.plan
        self.criteria: list[Criteria] = []
        self.last = 0
        admitting = self._holds(self._audience(), entry, {}, wanted.start)
        entered = self._enter(entry)
        self.id = entered.rows[0].id if entered.rows else None
        self.see(wanted.start)
        if self.criteria:
            self.criteria[0] = admitting
        self.admitting = admitting

    def _enter(self, entry: Mapping[str, Any]) -> Entered:
        entered = enroll([Candidate(self.customer, self.version, entry)], now=self.start)
        run(entered.rows, now=self.start, earlier_arms=entered.earlier_arms)
        return entered

    def see(self, moment: dt.datetime) -> bool:
        """Ask what was just decided by; whether all is over."""
        if self.id is None:
            return True
        with connection.cursor() as cursor:
            cursor.execute(MADE, [self.id, self.last])
            made = cursor.fetchall()
            cursor.execute(WAITING)
            waiting = cursor.fetchone()
        row = Enrollment.objects.get(pk=self.id)
        for number, code, step in made:
            asked = list(self._conditions(code, step))
            self.criteria.append(self._holds(asked, row.entry, row.context, moment))
            self.last = number
        return (row.status != "active" and not waiting) or len(self.criteria) >= MOST

    def _audience(self) -> list[Condition]:
        """Part by part, as `enter.if` says them."""
        index = self.plan.enter.audience
        return [] if index is None else _parts(self.plan.conditions[index])

    def _conditions(self, code: str, step: str) -> Iterator[Condition]:
        if code == "left_by_rule" and self.plan.leave.condition is not None:
            yield self.plan.conditions[self.plan.leave.condition]
        planned = self.plan.step(step) if step in self.plan.places else None
        if code == "branch_taken" and isinstance(planned, PlannedBranch):
            yield from (self.plan.conditions[line.condition] for line in planned.lines)

    def _holds(
        self, asked: list[Condition], entry: Any, context: Any, moment: dt.datetime
    ) -> Criteria:
        if not asked:
            return []
        asks = [Ask(each, frozenset([0])) for each in asked]
        subject = Asked(0, self.customer, entry, 0, context)
        known = answers(asks, [subject], now=moment).get(0, ())
        return [
            {"text": in_words(each, self.language), "met": bool(holds)}
            for each, holds in zip(asked, known, strict=False)
        ]

    def told(self, until: dt.datetime) -> dict[str, Any]:
        found = messages.page(
            customer=self.customer, journey=self.slug, status="", before=None, limit=MOST
        )
        with connection.cursor() as cursor:
            cursor.execute(MINE, [self.id])
            mine = {row[0] for row in cursor.fetchall()}
        return {
            "entered": self.id is not None,
            "admitting": self.admitting,
            "checks": list(self._checks(until)),
            "messages": [each for each in reversed(found.items) if each["id"] in mine],
            "ended": self._ended(),
        }

    def _checks(self, until: dt.datetime) -> Iterator[dict[str, Any]]:
        if self.id is None:
            journey = Journey.objects.get(slug=self.slug)
            found = explain(self.customer, journey, now=until, at=until, language=self.language)[
                "checks"
            ]
            yield from ({**each, "criteria": self.admitting} for each in found)
            return
        decided = of_walk(self.id, language=self.language)
        for each, criteria in zip(decided, self.criteria, strict=False):
            yield {**each, "criteria": criteria}

    def _ended(self) -> dict[str, Any] | None:
        if self.id is None:
            return None
        row = Enrollment.objects.get(pk=self.id)
        if row.status == "active":
            return None
        return {"status": row.status, "at": row.left_at, "reason": row.left_reason,
                "converted": row.converted_at}  # fmt: skip


def _parts(whole: Condition) -> list[Condition]:
    return list(whole.of) if isinstance(whole, All) else [whole]
