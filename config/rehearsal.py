"""Runs a test of a journey on the engine itself: its doors, its clock, its draws, one transaction.

The transaction is rolled back, and everything in it is sandbox: nothing is left behind, nobody
outside sees it, no provider is called. The workspace it runs in has to be empty.
"""

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.models import Message as SentMessage
from channels.operations import calls, devices
from config import settle
from config.own_log import OwnLog
from journeys.core.document import Document
from journeys.core.trials.casting import cast
from journeys.core.trials.expectations import judge
from journeys.core.trials.observed import TEXTS, Message, Observed, Reason, Walk
from journeys.core.trials.reading import Happening, Person, Trial
from journeys.models import Decision, Enrollment, SetAside
from journeys.operations import admit, draft, publish
from profiles.core.consent import ConsentChange
from profiles.core.events import SYSTEM_NAMES, Incoming, SystemEvent
from profiles.models import Customer
from profiles.operations import segments
from profiles.operations.consent import set_consents
from profiles.operations.ingest import ingest
from profiles.operations.record import record
from profiles.queries.references import resolve

SOURCE = "test"
SANDBOX = {"SOJOURN_SANDBOX": True, "SOJOURN_GLOBAL_CONTROL": 0}
FROM_HERE_ON = "SELECT setval(pg_get_serial_sequence('profiles_customer', 'id'), %s, false)"


class Failure(NamedTuple):
    """An expectation that did not come: where it stands, what happened instead, and to whom."""

    path: str
    message: str
    customer: str


class Rehearsed(NamedTuple):
    """How a test went; it passed without failures. `seen` has what each customer went through."""

    failures: list[Failure]
    seen: Mapping[str, Observed]
    seconds: float


class NotEmpty(RuntimeError):
    """Tests run where there are no customers."""


class Staged(NamedTuple):
    """A journey that is live during a test, and its text."""

    document: Document
    source: str


def rehearse(trial: Trial, journey: Staged, others: Sequence[Staged] = ()) -> Rehearsed:
    """Play one test of a journey, with `others` live beside it.

    Raises NoSuchCustomer, Refused, NotEmpty.
    """
    began = time.monotonic()
    with _sandbox(), transaction.atomic():
        try:
            seen, failures = _Play(trial, journey, others).run()
        finally:
            transaction.set_rollback(True)
    for expected in trial.expected:
        message = judge(expected, seen[expected.customer])
        if message:
            failures.append(Failure(expected.path, message, expected.customer))
    return Rehearsed(failures, seen, time.monotonic() - began)


@contextmanager
def _sandbox() -> Iterator[None]:
    before = {name: getattr(settings, name) for name in SANDBOX}
    try:
        for name, value in SANDBOX.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)


class _Play:
    """A test in progress; `now` is its clock."""

    def __init__(self, trial: Trial, journey: Staged, others: Sequence[Staged]) -> None:
        self.trial = trial
        self.document = journey.document
        self.journeys = [*others, journey]
        self.now = trial.starts
        self.log = OwnLog()
        self.phone = partial(calls.pretend, answers=trial.answers)
        self.people = {each.name: each for each in trial.people}
        self.ids: dict[str, int] = {}
        self.unread: list[Failure] = []

    def run(self) -> tuple[dict[str, Observed], list[Failure]]:
        if Customer.objects.exists():
            raise NotEmpty(_("Tests of journeys need a database without customers."))
        for slug, condition in self.trial.segments.items():
            segments.save(slug, title="", condition=condition, revision=None, now=self.now)
        settle.settle(now=self.now, log=self.log, phone=self.phone)
        for document, text in self.journeys:
            draft.save(document.journey, text, revision=None, by=SOURCE, now=self.now)
            publish.publish(document.journey, by=SOURCE, note="", now=self.now)
        for person in self.trial.people:
            self.meet(person)
        settle.settle(now=self.now, log=self.log, phone=self.phone)
        for happening in self.trial.happenings:
            self.travel(self.trial.starts + happening.at)
            self.happen(happening)
        self.travel(self.trial.starts + self.trial.until)
        return {name: self.observe(name) for name in self.people}, self.unread + _broken()

    def travel(self, until: dt.datetime) -> None:
        settle.travel(start=self.now, until=until, log=self.log, phone=self.phone, nights=False)
        self.now = until

    def meet(self, person: Person) -> None:
        """The customer becomes known, under an id whose draws fall as the test says."""
        after = max(self.ids.values(), default=0)
        others = [each.document for each in self.journeys[:-1]]
        chosen = cast(person, self.document, after=after, others=others)
        with connection.cursor() as cursor:
            cursor.execute(FROM_HERE_ON, [chosen])
        kind = "page" if person.anonymous else "identify"
        self.call(person, kind, kind, {} if person.anonymous else person.traits)
        self.ids[person.name] = resolve([_reference(person)])[_reference(person)]
        refusals = [each.partition(":") for each in person.unsubscribed]
        set_consents(
            [
                ConsentChange(
                    customer_id=chosen, channel=channel, topic=topic, state="unsubscribed"
                )
                for channel, _colon, topic in refusals
            ],
            now=self.now,
        )
        if person.push:
            endpoint = f"https://push.example.com/{person.name}"
            devices.subscribe(chosen, endpoint=endpoint, now=self.now)

    def happen(self, happening: Happening) -> None:
        if happening.does == "nothing":
            return
        person = self.people[happening.customer]
        properties = dict(happening.properties)
        if happening.does == "enroll":
            admit.admit(self.document.journey, [_reference(person)], properties, now=self.now)
        elif happening.name in SYSTEM_NAMES:
            customer = resolve([_reference(person)])[_reference(person)]
            own = SystemEvent(
                customer_id=customer, name=happening.name, at=self.now, properties=properties
            )
            record([own], now=self.now)
        elif happening.does == "identify":
            self.call(person, "identify", "identify", properties, known=True)
        else:
            self.call(person, "track", happening.name, properties)
        settle.settle(now=self.now, log=self.log, phone=self.phone)

    def call(
        self, person: Person, call: str, name: str, properties: Any, *, known: bool = False
    ) -> None:
        visitor = person.anonymous
        found = ingest(
            [
                Incoming(
                    call=call,
                    name=name,
                    at=self.now,
                    user_id=person.name if known or not visitor else "",
                    anonymous_id=person.name if visitor else "",
                    properties=dict(properties),
                )
            ],
            source=SOURCE,
            now=self.now,
        )
        for warned in found.warnings:
            told = f"{warned.problem.name}: {warned.problem.message}"
            self.unread.append(Failure(person.path, told, person.name))

    def observe(self, name: str) -> Observed:
        customer = resolve([_reference(self.people[name])])[_reference(self.people[name])]
        mine = {"customer_id": customer, "journey__slug": self.document.journey}
        everywhere = Enrollment.objects.filter(customer_id=customer).order_by("entered_at", "id")
        elsewhere = everywhere.exclude(journey__slug=self.document.journey)
        reasons = Decision.objects.filter(**mine).order_by("at", "id")
        return Observed(
            until=self.trial.until,
            messages=_messages(customer, self.document.journey, self.trial.starts),
            reasons=[
                Reason(each.at - self.trial.starts, each.step, each.code, each.inputs)
                for each in reasons
            ],
            walks=[_walk(each, self.trial.starts) for each in everywhere.filter(**mine)],
            elsewhere=[
                (slug, at - self.trial.starts)
                for slug, at in elsewhere.values_list("journey__slug", "entered_at")
            ],
            attributes=Customer.objects.values_list("attributes", flat=True).get(pk=customer),
        )


def _reference(person: Person) -> str:
    return f"{'anonymous_id' if person.anonymous else 'user_id'}:{person.name}"


def _messages(customer: int, journey: str, starts: dt.datetime) -> list[Message]:
    mine = SentMessage.objects.filter(customer_id=customer, journey=journey)
    rows = mine.select_related("body").order_by("id")
    found = []
    for row in rows:
        body = getattr(row, "body", None)
        texts = {"subject": body.subject, "html": body.html, "text": body.text} if body else {}
        texts |= {key: str(body.payload[key]) for key in TEXTS if body and key in body.payload}
        if body and row.channel == "push":  # kept under the names of an e-mail
            texts |= {"title": body.subject, "body": body.text}
        at = (row.sent_at or row.send_after) - starts
        found.append(Message(at, row.step, row.channel, row.status, row.reason, texts))
    return found


def _walk(row: Enrollment, starts: dt.datetime) -> Walk:
    return Walk(
        entered_at=row.entered_at - starts,
        status=row.status,
        step=row.step,
        left_at=row.left_at - starts if row.left_at else None,
        reason=row.left_reason,
        converted_at=row.converted_at - starts if row.converted_at else None,
        arms=row.arms,
    )


def _broken() -> list[Failure]:
    """What the engine could not work off."""
    errors = SetAside.objects.order_by("id").values_list("error", flat=True)
    told = _("The engine could not go on: %(error)s")
    return [Failure("", told % {"error": error.strip().splitlines()[-1]}, "") for error in errors]
