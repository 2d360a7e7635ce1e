"""The single customer view: who they are, in the shape that the management API promises.

What other houses know about a customer they add themselves: `register_section`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from profiles.core.answers import instant_text
from profiles.queries import consents, segments

Section = Callable[[int], Any]
LARGEST_ID = 2**63 - 1

_sections: dict[str, Section] = {}


def register_section(name: str, function: Section) -> None:
    """Add a field to the customer view: `function(customer_id)` answers JSON values.

    Called once at start, from the `ready` of the house that owns the field.
    """
    _sections[name] = function


def find(reference: str) -> int | None:
    """The customer that an id or `kind:value` leads to; a merged one leads to whom they became."""
    kind, colon, value = reference.partition(":")
    if colon:
        return _by_identifier(kind, value)
    if not (reference.isascii() and reference.isdigit()) or int(reference) > LARGEST_ID:
        return None
    return current([int(reference)]).get(int(reference))


def _by_identifier(kind: str, value: str) -> int | None:
    """E-mail addresses are kept in lower case."""
    value = value.strip().lower() if kind == "email" else value
    if "\0" in kind + value:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM profiles_identifier WHERE kind = %s AND value = %s",
            [kind, value],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def current(customer_ids: Collection[int]) -> dict[int, int]:
    """For each customer who exists, who they are today, after all merges."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE path AS ("
            " SELECT id AS origin, id, merged_into_id FROM profiles_customer WHERE id = ANY(%s)"
            " UNION"
            " SELECT path.origin, c.id, c.merged_into_id FROM path"
            " JOIN profiles_customer c ON c.id = path.merged_into_id) "
            "SELECT origin, id FROM path WHERE merged_into_id IS NULL",
            [list(customer_ids)],
        )
        return dict(cursor.fetchall())


def view(customer_id: int) -> dict[str, Any] | None:
    """Everything about one customer, other houses' sections included; None if there is none."""
    found = views([customer_id])
    if not found:
        return None
    sections = {name: function(customer_id) for name, function in _sections.items()}
    return {"journeys": [], "segments": _belongs(customer_id), **found[0], **sections}


def _belongs(customer_id: int) -> list[dict[str, str]]:
    found = segments.of_customer(customer_id)
    return [{"segment": slug, "since": instant_text(since)} for slug, _title, since in found]


def page(*, after: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """Customers with ids above `after`, ascending, and the id to go on from (None at the end)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM profiles_customer WHERE id > %s AND merged_into_id IS NULL "
            "ORDER BY id LIMIT %s",
            [after, limit + 1],
        )
        ids = [row[0] for row in cursor.fetchall()]
    shown = ids[:limit]
    return views(shown), shown[-1] if len(ids) > limit else None


_VIEW = """
SELECT c.id, c.attributes::text, c.email, c.phone, c.timezone, c.locale, c.created_at,
       s.stage, s.segment, s.lost_stage, s.r, s.f, s.m, s.since, s.next_at
FROM profiles_customer c LEFT JOIN profiles_lifecyclestate s ON s.customer_id = c.id
WHERE c.id = ANY(%s) ORDER BY c.id
"""


def views(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """What this house knows of these customers, by id; three queries for all."""
    if not customer_ids:
        return []
    identifiers, agreed = _identifiers(customer_ids), consents.of(customer_ids)
    with connection.cursor() as cursor:
        cursor.execute(_VIEW, [list(customer_ids)])
        rows = cursor.fetchall()
    return [
        {
            "id": row[0],
            "identifiers": identifiers[row[0]],
            "attributes": msgspec.json.decode(row[1]),
            "email": row[2],
            "phone": row[3],
            "timezone": row[4],
            "locale": row[5],
            "lifecycle": _lifecycle(row[7:]),
            "consents": agreed[row[0]],
            "created_at": instant_text(row[6]),
        }
        for row in rows
    ]


def _lifecycle(row: Sequence[Any]) -> dict[str, Any] | None:
    stage, segment, lost_stage, r, f, m, since, next_at = row
    if stage is None:
        return None
    return {
        "stage": stage,
        "segment": segment,
        "lost_stage": lost_stage,
        "rfm": f"{r}{f}{m}" if r else "",
        "since": instant_text(since),
        "next_at": instant_text(next_at) if next_at else None,
    }


def _identifiers(customer_ids: Sequence[int]) -> Mapping[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = {customer_id: [] for customer_id in customer_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, kind, value FROM profiles_identifier "
            "WHERE customer_id = ANY(%s) ORDER BY id",
            [list(customer_ids)],
        )
        for customer_id, kind, value in cursor.fetchall():
            found[customer_id].append({"kind": kind, "value": value})
    return found
