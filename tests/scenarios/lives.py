"""Everything that came of a base of customers, to compare how it came about twice.

Customers have the same ids each time, since draws are hashes of them. Whatever else is numbered may
be numbered otherwise, and is left out.
"""

import base64
import re
from typing import Any, NamedTuple

from django.db import connection

from tests.emptying import empty_tables


class Lives(NamedTuple):
    """What came of everybody, in the order in which it befell each."""

    messages: list[tuple[Any, ...]]
    decisions: list[tuple[Any, ...]]
    events: list[tuple[Any, ...]]
    walks: list[tuple[Any, ...]]
    people: list[tuple[Any, ...]]


MESSAGES = """
SELECT m.customer_id, m.journey, m.step, m.visit, m.created_at, m.sent_at, m.status, m.reason,
    m.channel, m.address, m.arm, m.ghost, b.subject, b.html, b.text, b.headers::text,
    b.payload::text
FROM channels_message m LEFT JOIN channels_messagebody b ON b.message_id = m.id
ORDER BY m.customer_id, m.id
"""
DECISIONS = """
SELECT d.customer_id, j.slug, d.step, d.visit, d.code, d.at, (d.inputs - 'event' - 'by')::text
FROM journeys_decision d JOIN journeys_journey j ON j.id = d.journey_id
ORDER BY d.customer_id, d.id
"""
EVENTS = """
SELECT customer_id, name, at, source, (properties - 'message' - 'enrollment')::text
FROM profiles_event ORDER BY customer_id, id
"""
WALKS = """
SELECT e.customer_id, j.slug, e.key, e.status, e.ghost, e.arms::text, e.step, e.visit,
    e.visits::text, e.due_at, e.step_at, e.entry::text, e.entered_at, e.left_at, e.left_reason,
    e.exposed_at, e.goal_until, e.converted_at, e.failures,
    ARRAY(SELECT (w.event, w.since)::text FROM journeys_wait w WHERE w.enrollment_id = e.id
          ORDER BY 1)
FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id
ORDER BY e.customer_id, e.id
"""
PEOPLE = """
SELECT c.id, c.attributes::text, s.segment, s.since, s.next_at
FROM profiles_customer c LEFT JOIN profiles_lifecyclestate s ON s.customer_id = c.id ORDER BY c.id
"""
OWN_ADDRESS = re.compile(r"/(o|c|u|p|view)/([\w-]+)\.[\w-]+")
UID_BYTES = 16


def lives() -> Lives:
    """What the tables hold of it; links in messages without the ids of messages."""
    found = Lives(*(_rows(sql) for sql in (MESSAGES, DECISIONS, EVENTS, WALKS, PEOPLE)))
    return found._replace(
        messages=[(*row[:12], *map(_nameless, row[12:])) for row in found.messages]
    )


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _nameless(text: str | None) -> str:
    return OWN_ADDRESS.sub(lambda found: f"/{found[1]}/{_target(found[2])}", text or "")


def _target(payload: str) -> str:
    """What a link leads to: the payload behind the id of the message."""
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))[UID_BYTES:].hex()


def begin_again() -> None:
    """Nothing has happened yet; the next customer is the first."""
    empty_tables()
    _rows("SELECT setval(pg_get_serial_sequence('profiles_customer', 'id'), 1, false)")
