"""All that is kept about one person: counted, exported, erased. Every house says where it keeps it
(`queries/personal.py`); merged identities are part of the person.

What is erased is gone at once, in one transaction with a statement for each place. Rows that counts
rest on stay without anything personal; the customer stays as a number that nothing leads to.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.core.address import canonical
from channels.core.links import link_in
from channels.queries import personal as channels_own
from journeys.operations import entrance
from journeys.queries import personal as journeys_own
from profiles.core.answers import Refused, instant_text
from profiles.core.erasure import ERASED
from profiles.models import Customer
from profiles.operations import audit
from profiles.operations.ingest import persistent
from profiles.queries import customers, erased
from profiles.queries import personal as profiles_own
from profiles.queries.erased import Address
from profiles.queries.personal import Place

NOTED = Place(
    "admin_notes",
    "django_admin_log",
    "((t.content_type_id = %(kind)s AND t.object_id = ANY(%(numbers)s)) OR EXISTS ("
    "SELECT FROM unnest(%(values)s::text[]) v"
    " WHERE strpos(t.object_repr || ' ' || t.change_message, v) > 0))",
    "object_repr = '', change_message = ''",
)
PLACES: tuple[Place, ...] = (
    *channels_own.PLACES,
    *journeys_own.PLACES,
    NOTED,
    *profiles_own.PLACES,
)
KIND = "profiles.customer"
TELLING = 5
"""Shorter names, such as the user id 42, stand in addresses for other reasons too."""

FAMILY = """
WITH RECURSIVE family AS (
    SELECT id FROM profiles_customer WHERE id = %s
    UNION SELECT c.id FROM profiles_customer c JOIN family ON c.merged_into_id = family.id
) SELECT id FROM family ORDER BY id
"""
NAMES = """
SELECT kind, value FROM profiles_identifier WHERE customer_id = ANY(%(ids)s)
UNION SELECT 'email', email FROM profiles_customer WHERE id = ANY(%(ids)s)
UNION SELECT 'phone', phone FROM profiles_customer WHERE id = ANY(%(ids)s)
UNION SELECT channel, address FROM channels_message WHERE customer_id = ANY(%(ids)s)
UNION SELECT CASE kind WHEN 'telegram' THEN 'telegram' ELSE 'push' END, endpoint
    FROM channels_device WHERE customer_id = ANY(%(ids)s)
"""
LINKED = """
SELECT DISTINCT found[1] FROM channels_messagebody b
JOIN channels_message m ON m.id = b.message_id
CROSS JOIN LATERAL regexp_matches(
    b.html || ' ' || b.text || ' ' || b.payload::text, '/c/([A-Za-z0-9_.-]+)', 'g') AS found
WHERE m.customer_id = ANY(%s)
"""
CHANNELS = {"email": ("email",), "phone": ("sms", "whatsapp")}
"""The channels on which an identifier of a kind is an address."""
LOCKS = (
    "SELECT id FROM journeys_enrollment WHERE customer_id = ANY(%s) ORDER BY id FOR UPDATE",
    "SELECT id FROM channels_message WHERE customer_id = ANY(%s) ORDER BY id FOR UPDATE",
    "SELECT id FROM channels_call WHERE customer_id = ANY(%s) ORDER BY id FOR UPDATE",
    "SELECT id FROM profiles_identifier WHERE customer_id = ANY(%s)"
    " ORDER BY kind, value FOR UPDATE",
    "SELECT id FROM profiles_customer WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
)
"""In the order in which workers and the event log take them."""
IN_HAND = """
SELECT EXISTS (SELECT FROM channels_message WHERE customer_id = ANY(%(ids)s) AND status = 'sending')
    OR EXISTS (SELECT FROM channels_call WHERE customer_id = ANY(%(ids)s) AND status = 'calling')
"""
CLOSED = "SELECT channel, address, reason FROM channels_suppression WHERE address = ANY(%s)"
CLOSE = """
INSERT INTO profiles_erasedaddress (hash, reason, at)
SELECT hash, reason, %s FROM unnest(%s::text[], %s::text[]) AS w(hash, reason)
ON CONFLICT (hash) DO UPDATE SET reason = EXCLUDED.reason, at = EXCLUDED.at
"""


class Person(NamedTuple):
    """One customer with everybody merged into them, and all that names them."""

    id: int
    customers: Sequence[int]
    addresses: Sequence[Address]
    names: Sequence[str]
    links: Sequence[str]

    def parameters(self, now: dt.datetime | None = None) -> dict[str, Any]:
        """What the places ask with."""
        numbers = [str(number) for number in self.customers]
        return {
            "customers": list(self.customers),
            "numbers": numbers,
            "addresses": [*{address for _, address in self.addresses}, *numbers],
            "values": [
                spelt
                for name in self.names
                if len(name) >= TELLING
                for spelt in {name, quote(name), quote(name, safe="")}
            ],
            "links": list(self.links),
            "kind": ContentType.objects.get_for_model(Customer).pk,
            "now": now,
        }


def find(reference: str) -> int:
    """The customer whom an id or `kind:value` leads to today. Raises Refused."""
    found = customers.find(reference)
    if found is None:
        message = _("There is no customer %(name)s: give an id, or an identifier as kind:value.")
        raise Refused("not_found", message % {"name": reference}, status=404)
    return found


def person(customer: int) -> Person:
    """All who are this customer, and by what names."""
    ids = [row[0] for row in _rows(FAMILY, [customer])]
    names = [(kind, value) for kind, value in _rows(NAMES, {"ids": ids}) if value]
    addresses = {
        (channel, canonical(channel, value))
        for kind, value in names
        for channel in CHANNELS.get(kind, (kind,))
    }
    found = (link_in(token) for (token,) in _rows(LINKED, [ids]))
    links = sorted({link for link in found if link})
    return Person(customer, ids, sorted(addresses), sorted({v for _, v in names}), links)


def kept(customer: int) -> dict[str, int]:
    """How many rows of each place are about this person; places without any are left out."""
    given = person(customer).parameters()
    found = {}
    for place in PLACES:
        count = f"SELECT count(*) FROM {place.table} t WHERE {place.whose}"  # noqa: S608
        if number := _rows(count, given)[0][0]:
            found[place.name] = int(number)
    return found


def export(customer: int, *, now: dt.datetime) -> Iterator[bytes]:
    """A JSON object of all that is kept, place by place, row by row. The export is on record
    before its first byte leaves.
    """
    audit.write("exported", KIND, customer)
    return _export(person(customer), now)


def _export(known: Person, now: dt.datetime) -> Iterator[bytes]:
    head = {"exported_at": instant_text(now), "customer": known.id, "identities": known.customers}
    yield msgspec.json.encode(head)[:-1]
    given = known.parameters()
    for place in PLACES:
        yield f',\n"{place.name}": ['.encode()
        yield from _exported(place, given)
        yield b"]"
    yield b"}\n"


def _exported(place: Place, given: dict[str, Any]) -> Iterator[bytes]:
    statement = (
        f"SELECT (to_jsonb(t) - %(hidden)s::text[])::text FROM {place.table} t"  # noqa: S608
        f" WHERE {place.whose} ORDER BY {place.order}"
    )
    between = b"\n"
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(statement, {**given, "hidden": list(place.hidden)})
        for (row,) in cursor:
            yield between + row.encode()
            between = b",\n"


def erase(customer: int, *, now: dt.datetime) -> dict[str, int]:
    """Remove all that is personal; returns how many rows of each place that concerned. Doing it
    again changes nothing. Raises Refused while something is being handed over to the customer.
    """
    return persistent(lambda: _erase(customer, now))


def _erase(customer: int, now: dt.datetime) -> dict[str, int]:
    entrance.close()
    family = [row[0] for row in _rows(FAMILY, [customer])]
    with connection.cursor() as cursor:
        for lock in LOCKS:
            cursor.execute(lock, [family])
    known = person(customer)
    _refuse_in_hand(known)
    _close_addresses(known, now)
    done = _blank(known, now)
    audit.write("erased", KIND, customer, changes={name: [n, None] for name, n in done.items()})
    return done


def _refuse_in_hand(known: Person) -> None:
    if _rows(IN_HAND, {"ids": known.customers})[0][0]:
        message = _("Something is being handed over to this customer: try again in a minute.")
        raise Refused("busy", message, status=409)


def _close_addresses(known: Person, now: dt.datetime) -> None:
    """Whoever was erased is not written to again: of their addresses hashes stay."""
    reachable = [each for each in known.addresses if each[0] in ("email", "sms", "whatsapp")]
    closed = {(row[0], row[1]): row[2] for row in _rows(CLOSED, [[a for _, a in reachable]])}
    before = {each: found.reason for each, found in erased.erased(reachable).items()}
    hashes = erased.hashed(reachable)
    reasons = [closed.get(each) or before.get(each) or ERASED for each in hashes.values()]
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [now, list(hashes), reasons])


def _blank(known: Person, now: dt.datetime) -> dict[str, int]:
    given = known.parameters(now)
    done = {}
    with connection.cursor() as cursor:
        for place in PLACES:
            cursor.execute(_erasing(place), given)
            if cursor.rowcount:
                done[place.name] = cursor.rowcount
    return done


def _erasing(place: Place) -> str:
    if place.blank:
        return f"UPDATE {place.table} AS t SET {place.blank} WHERE {place.whose}"  # noqa: S608
    return f"DELETE FROM {place.table} AS t WHERE {place.whose}"  # noqa: S608


def _rows(statement: str, given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
