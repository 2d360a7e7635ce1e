"""Writes the people of the oracle into the tables, whole sets at a time."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence

from django.db import connection

from profiles.operations import partitions
from tests.oracle import Person

BORN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def store(people: Sequence[Person]) -> None:
    """Customers keep the numbers that they have; event ids count up from 1 in the order given."""
    events = [(person, event) for person in people for event in person.events]
    partitions.ensure(event.at for _, event in events)
    _copy(
        "profiles_customer (id, attributes, email, phone, timezone, locale, identified, created_at,"
        " updated_at)",
        ((p.number, json.dumps(p.attributes), "", "", "", "", True, BORN, BORN) for p in people),
    )
    _copy(
        "profiles_event (id, customer_id, name, at, received_at, source, message_id, properties)",
        (
            (number, p.number, e.name, e.at, e.at, "test", str(number), json.dumps(e.properties))
            for number, (p, e) in enumerate(events, 1)
        ),
    )
    _copy(
        "profiles_lifecyclestate (customer_id, stage, segment, lost_stage, r, f, m, orders,"
        " orders_window, revenue, revenue_window, gap_seconds, gap_count, ever_loyal, since,"
        " model_version)",
        (
            (p.number, *p.placement, "", *(0,) * 9, False, BORN, 1)
            for p in people
            if any(p.placement)
        ),
    )
    _copy(
        "profiles_consent (customer_id, channel, topic, state, source, proof, at)",
        ((p.number, *consent, "test", "{}", BORN) for p in people for consent in p.consents),
    )
    _segments(people)


def _segments(people: Sequence[Person]) -> None:
    """The memberships. Those who are not members have rows too, as time can make them one."""
    slugs = sorted(set().union(*(person.segments for person in people)))
    _copy(
        "profiles_segment (id, slug, title, condition, source, revision, created_at, updated_at,"
        " building, built_upto, document)",
        (
            (number, slug, "", "{}", "", 1, BORN, BORN, False, 0, "")
            for number, slug in enumerate(slugs, 1)
        ),
    )
    _copy(
        "profiles_membership (segment_id, customer_id, member, since)",
        (
            (number, person.number, slug in person.segments, BORN)
            for number, slug in enumerate(slugs, 1)
            for person in people
        ),
    )


def _copy(table: str, rows: Iterable[Sequence[object]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
