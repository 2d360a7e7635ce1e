"""The other side: the engine does what the model does, is killed now and then, and tells what came
of everybody in the same words.
"""

import json
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, NamedTuple

from django.db import connection, transaction

from config import settle
from journeys.models import Journey
from journeys.operations import draft, publish
from profiles.core import durations
from profiles.core.events import Incoming
from tests.model.facts import Json
from tests.model.naive import Model
from tests.scenarios.test_reloading import UNITS, forget_everything
from tests.world import World

WALKS = """
SELECT e.customer_id, j.slug, e.key, e.status, e.left_reason, e.left_at, v.number, e.entered_at,
    e.step, e.visit, e.visits::text, CASE WHEN e.status = 'active' THEN e.step_at END, e.due_at,
    e.ghost, e.arms::text, e.goal_until, e.converted_at
FROM journeys_enrollment e
JOIN journeys_journey j ON j.id = e.journey_id JOIN journeys_version v ON v.id = e.version_id
ORDER BY j.slug, e.id
"""
MESSAGES = """
SELECT m.customer_id, m.journey, m.enrollment_id, m.step, m.visit, m.status, m.reason,
    CASE WHEN m.status IN ('sent', 'withheld') THEN m.channel ELSE '' END,
    CASE WHEN m.status <> 'sent' THEN '' WHEN m.channel = 'email' THEN b.subject
        ELSE b.text END, m.created_at, m.sent_at
FROM channels_message m LEFT JOIN channels_messagebody b ON b.message_id = m.id
"""


class Killed(Exception):
    """A process that died before it could commit."""


class Told(NamedTuple):
    """What came of everybody: walks in the order in which they began, and messages."""

    walks: list[tuple[Any, ...]]
    messages: list[tuple[Any, ...]]


class Engine(World):
    """A world whose work is cut short after as many pieces as `kills` says, each time it settles;
    those that go on know nothing but the tables.
    """

    kills: Collection[int] = ()

    def settle(self) -> int:
        if not self.kills:
            return super().settle()
        pieces = 0
        while done := [self._piece(unit, pieces) for unit in UNITS]:
            pieces += sum(map(bool, done))
            if not any(done):
                break
        return pieces

    def _piece(self, unit: Callable[..., int], number: int) -> int:
        if number in self.kills:
            with suppress(Killed), transaction.atomic():
                unit(now=self.now)
                raise Killed
            forget_everything()
        return unit(now=self.now)

    def passes(self, duration: str) -> None:
        if not self.kills:
            super().passes(duration)
            return
        until = self.now + durations.parse(duration)
        while (coming := settle.all_due().next()) and coming <= until:
            self.now = max(self.now, coming)
            self.settle()
        self.now = until

    def happens(self, call: Incoming) -> None:
        self._ingest([call])
        self.settle()

    def publishes(self, document: Json, move: dict[str, str]) -> None:
        slug = document["journey"]
        before = Journey.objects.filter(slug=slug).first()
        revision = before.revision if before else None
        draft.save(slug, json.dumps(document), revision=revision, by="test", now=self.now)
        publish.publish(slug, by="test", note="", now=self.now, move=move, confirm=True)
        self.settle()

    def told(self) -> Told:
        walks = [
            (*row[:10], json.loads(row[10]), *row[11:14], json.loads(row[14]), *row[15:])
            for row in _rows(WALKS)
        ]
        rows = _rows(MESSAGES)
        keys = [(row[2], row[3], row[4]) for row in rows]
        assert len(set(keys)) == len(keys), "a message key twice"
        return Told(walks, sorted(((*row[:2], *row[3:]) for row in rows), key=_comparable))


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def told_by(model: Model) -> Told:
    """The same of the model."""
    walks = [
        (
            walk.person.number, journey.slug, walk.key, walk.status, walk.reason, walk.left,
            walk.version, walk.entered, walk.step, walk.visit, walk.visits,
            walk.since if walk.active else None, walk.due, walk.ghost, walk.arms,
            walk.goal_until, walk.converted,
        )
        for _, journey in sorted(model.journeys.items()) for walk in journey.walks
    ]  # fmt: skip
    messages = [
        (
            each.walk.person.number, each.send["topic"], each.step, each.visit, each.status,
            each.reason, each.channel, each.text, each.at,
            each.at if each.status == "sent" else None,
        )
        for each in model.messages
    ]  # fmt: skip
    return Told(walks, sorted(messages, key=_comparable))


def _comparable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(str(each) for each in row)
