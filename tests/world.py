"""Stories in the marketer's words:
a fixed cast, a clock that only moves when told, and an inbox to look into.

Alice buys, Bob hesitates, Charlie must never be written to.
Everything runs through the product's own doors.
"""

import datetime as dt
from typing import Any

from django.db import connection

from channels.core.message import STATUSES
from config import settle
from journeys.models import Decision, Enrollment, Journey
from journeys.operations import draft, publish
from journeys.queries.report import report
from profiles.core import durations
from profiles.core.events import Incoming
from profiles.models import Customer
from profiles.operations.ingest import Ingested, ingest
from profiles.queries.references import resolve

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
CAST = {
    "alice": {
        "firstName": "Alice",
        "email": "alice@example.com",
        "phone": "+12025550101",
        "country": "US",
    },
    "bob": {
        "firstName": "Bob",
        "email": "bob@example.com",
        "phone": "+12025550102",
        "country": "DE",
    },
    "charlie": {
        "firstName": "Charlie",
        "email": "charlie@example.com",
        "phone": "+12025550103",
        "country": "FR",
    },
}


class World:
    """One workspace at one moment; `url` is its address where it is served."""

    url = ""

    def __init__(self, now: dt.datetime = START) -> None:
        self.now = now
        self.sent = 0

    def journey(self, document: str) -> Journey:
        """Save and publish a document, over whatever stood there."""
        slug = document.split("journey:", 1)[1].split()[0]
        before = Journey.objects.filter(slug=slug).first()
        draft.save(
            slug, document, revision=before.revision if before else None, by="test", now=self.now
        )
        publish.publish(slug, by="test", note="", now=self.now)
        return Journey.objects.get(slug=slug)

    def meet(self, *names: str, **traits: Any) -> None:
        """The customers become known, with their traits from the cast and those given."""
        self._ingest([
            Incoming(call="identify", name="identify", at=self.now, user_id=name,
                     properties={**CAST.get(name, {}), **traits})
            for name in names
        ])  # fmt: skip

    def does(self, name: str, event: str, /, **properties: Any) -> Ingested:
        """A customer does something now; what it causes is settled at once."""
        found = self._ingest([self.call(name, event, **properties)])
        self.settle()
        return found

    def call(self, name: str, event: str, /, **properties: Any) -> Incoming:
        self.sent += 1
        return Incoming(
            call="track",
            name=event,
            at=self.now,
            user_id=name,
            message_id=f"m{self.sent}",
            properties=properties,
        )

    def together(self, *calls: Incoming) -> None:
        """Several events in one request."""
        self._ingest(list(calls))
        self.settle()

    def _ingest(self, calls: list[Incoming]) -> Ingested:
        return ingest(calls, source="test", now=self.now)

    def settle(self) -> int:
        return settle.settle(now=self.now)

    def passes(self, duration: str) -> None:
        """Time passes; every due moment on the way happens at its own instant."""
        until = self.now + durations.parse(duration)
        settle.travel(start=self.now, until=until)
        self.now = until

    def id(self, name: str) -> int:
        return resolve([name])[name]

    def customer(self, name: str) -> Customer:
        return Customer.objects.get(pk=self.id(name))

    def walk(self, name: str, slug: str) -> Enrollment:
        """The customer's latest walk through a journey."""
        return Enrollment.objects.filter(customer_id=self.id(name), journey__slug=slug).order_by(
            "-id"
        )[0]

    def walks(self, name: str, slug: str) -> list[Enrollment]:
        return list(
            Enrollment.objects.filter(customer_id=self.id(name), journey__slug=slug).order_by("id")
        )

    def reasons(self, name: str, slug: str) -> list[str]:
        """The codes of the decision log, in order."""
        found = Decision.objects.filter(customer_id=self.id(name), journey__slug=slug).order_by(
            "id"
        )
        return [f"{each.step}:{each.code}" if each.step else each.code for each in found]

    def inbox(self, name: str) -> list[str]:
        """What reached the customer, as `channel: subject or text`, oldest first."""
        return [
            f"{channel}: {subject or text}"
            for channel, subject, text in self._messages(name, ["sent", "delivered"])
        ]

    def withheld(self, name: str) -> int:
        return len(self._messages(name, ["withheld"]))

    def skipped(self, name: str) -> list[str]:
        """The reasons for which messages were skipped."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reason FROM channels_message"
                " WHERE customer_id = %s AND status = 'skipped' ORDER BY id",
                [self.id(name)],
            )
            return [row[0] for row in cursor.fetchall()]

    def _messages(self, name: str, statuses: list[str]) -> list[tuple[str, str, str]]:
        assert set(statuses) <= set(STATUSES)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m.channel, coalesce(b.subject, ''), coalesce(b.text, '')"
                " FROM channels_message m LEFT JOIN channels_messagebody b ON b.message_id = m.id"
                " WHERE m.customer_id = %s AND m.status = ANY(%s) ORDER BY m.id",
                [self.id(name), statuses],
            )
            return [(row[0], row[1], row[2]) for row in cursor.fetchall()]

    def report(self, slug: str) -> dict[str, Any]:
        return report(slug)
