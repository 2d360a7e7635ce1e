"""What the journeys add to the single customer view: where the customer stands, and why."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from profiles.core.answers import instant_text
from profiles.queries.timeline import Entry, Place, Wanted

STANDING = """
SELECT j.slug, e.id, e.step, e.status, e.due_at, e.entered_at, e.left_at, e.left_reason, e.ghost
FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id
WHERE e.customer_id = %s ORDER BY e.status <> 'active', e.id DESC LIMIT 100
"""
REASONS = """
SELECT d.at, d.id, d.code, j.slug, d.step, d.visit, d.inputs::text
FROM journeys_decision d JOIN journeys_journey j ON j.id = d.journey_id
WHERE d.customer_id = %s AND d.at <= %s AND (d.at, d.id) < (%s, %s)
ORDER BY d.at DESC, d.id DESC LIMIT %s
"""
CONCERNED = "SELECT DISTINCT journey_id FROM journeys_decision WHERE customer_id = %s"


def standing(customer_id: int) -> list[dict[str, Any]]:
    """The customer's walks: running ones first, then the latest, at most 100."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [customer_id])
        rows = cursor.fetchall()
    return [
        {
            "journey": row[0],
            "enrollment": row[1],
            "step": row[2],
            "status": row[3],
            "due_at": instant_text(row[4]) if row[4] else None,
            "entered_at": instant_text(row[5]),
            "left_at": instant_text(row[6]) if row[6] else None,
            "reason": row[7],
            "ghost": row[8],
        }
        for row in rows
    ]


def reasons(customer_id: int, before: Place, limit: int, wanted: Wanted) -> Sequence[Entry]:
    """Decisions as entries of the timeline. They are no events: who asks for a name has none."""
    if wanted.kind not in ("", "decision") or wanted.name:
        return []
    with connection.cursor() as cursor:
        cursor.execute(REASONS, [customer_id, before.at, *before, limit])
        rows = cursor.fetchall()
    return [
        Entry(
            at,
            id,
            "decision",
            code,
            {"journey": slug, "step": step, "visit": visit, **msgspec.json.decode(inputs)},
        )
        for at, id, code, slug, step, visit, inputs in rows
    ]


def concerned(customer_id: int) -> list[int]:
    """The journeys that decided something about the customer."""
    with connection.cursor() as cursor:
        cursor.execute(CONCERNED, [customer_id])
        return [row[0] for row in cursor.fetchall()]
