"""Joins customers who are one person: their history moves, the kept one's values win.

The merged row stays, with `merged_into`; the ledger keeps what moved, enough to undo the merge.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection, transaction

from profiles.core.events import SystemEvent
from profiles.core.identity import Joining
from profiles.core.stage_changes import Touch
from profiles.operations import customers, lifecycle
from profiles.operations.record import record

_encode = msgspec.json.Encoder().encode


def merge(joinings: Sequence[Joining], *, now: dt.datetime) -> int:
    """Join stored customers; pairs already joined, and customers who are gone, are passed over.

    No survivor may be merged in the same call. Returns how many customers were merged.
    """
    wanted = [pair for pair in joinings if pair.survivor != pair.merged]
    with transaction.atomic():
        ids = {pair.survivor for pair in wanted} | {pair.merged for pair in wanted}
        standing = customers.lock(ids, "UPDATE")
        pairs = [pair for pair in wanted if {pair.survivor, pair.merged} <= standing.keys()]
        join(pairs, now=now)
        touched = {pair.survivor: Touch.ORDER for pair in pairs}
        changes = lifecycle.follow(touched, now=now)
        record([change.event for change in changes], now=now)
    return len(pairs)


def join(pairs: Sequence[Joining], *, now: dt.datetime) -> None:
    """The merge itself, for customers whom the caller holds for update."""
    if not pairs:
        return
    moved = _move(pairs)
    _fill(pairs, now=now)
    _close(pairs, now=now)
    _log(pairs, moved, now=now)
    record([_event(pair, now) for pair in pairs], now=now)


def _event(pair: Joining, now: dt.datetime) -> SystemEvent:
    properties = {"merged": pair.merged, "into": pair.survivor, "cause": pair.cause}
    return SystemEvent(
        customer_id=pair.survivor, name="customer.merged", at=now, properties=properties
    )


_PAIRS = "unnest(%(merged)s::bigint[], %(survivors)s::bigint[]) AS m(merged, survivor)"

_MOVES: Mapping[str, str] = {
    "attributes": f"""
        SELECT m.merged, jsonb_agg(a.name ORDER BY a.name)::text FROM {_PAIRS}
        JOIN profiles_customer gone ON gone.id = m.merged
        JOIN profiles_customer kept ON kept.id = m.survivor
        CROSS JOIN LATERAL jsonb_object_keys(gone.attributes) AS a(name)
        WHERE NOT kept.attributes ? a.name GROUP BY m.merged""",
    "replaced_consents": f"""
        SELECT m.merged, jsonb_agg(to_jsonb(kept) - 'id' ORDER BY kept.id)::text FROM {_PAIRS}
        JOIN profiles_consent gone ON gone.customer_id = m.merged
        JOIN profiles_consent kept ON kept.customer_id = m.survivor
            AND kept.channel = gone.channel AND kept.topic = gone.topic
        WHERE gone.state IN ('unsubscribed', 'paused') AND gone.at > kept.at GROUP BY m.merged""",
    "identifiers": f"""
        WITH moved AS (
            UPDATE profiles_identifier i SET customer_id = m.survivor FROM {_PAIRS}
            WHERE i.customer_id = m.merged AND i.customer_id = ANY(%(merged)s)
            RETURNING m.merged, i.kind, i.value)
        SELECT merged, jsonb_agg(jsonb_build_array(kind, value) ORDER BY kind, value)::text
        FROM moved GROUP BY merged""",
    "events": f"""
        WITH moved AS (
            UPDATE profiles_event e SET customer_id = m.survivor FROM {_PAIRS}
            WHERE e.customer_id = m.merged AND e.customer_id = ANY(%(merged)s)
            RETURNING m.merged, e.id)
        SELECT merged, jsonb_agg(id ORDER BY id)::text FROM moved GROUP BY merged""",
    "consents": """
        WITH rivals AS (
            SELECT c.*, m.merged, m.survivor,
                row_number() OVER (
                    PARTITION BY m.survivor, c.channel, c.topic
                    ORDER BY c.state IN ('unsubscribed', 'paused') DESC, m.place) AS rank
            FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[])
                WITH ORDINALITY AS m(merged, survivor, place)
            JOIN profiles_consent c ON c.customer_id = m.merged
        ), gone AS (
            DELETE FROM profiles_consent c USING rivals r WHERE c.id = r.id
        ), taken AS (
            INSERT INTO profiles_consent AS kept
                (customer_id, channel, topic, state, source, proof, at, until)
            SELECT survivor, channel, topic, state, source, proof, at, until
            FROM rivals WHERE rank = 1
            ON CONFLICT (customer_id, channel, topic) DO UPDATE SET
                state = EXCLUDED.state, source = EXCLUDED.source,
                proof = EXCLUDED.proof, at = EXCLUDED.at, until = EXCLUDED.until
            WHERE EXCLUDED.state IN ('unsubscribed', 'paused') AND EXCLUDED.at > kept.at
        )
        SELECT merged, jsonb_agg(jsonb_build_object(
            'channel', channel, 'topic', topic, 'state', state,
            'source', source, 'proof', proof, 'at', at, 'until', until
            ) ORDER BY channel, topic)::text
        FROM rivals GROUP BY merged""",
    "consent_changes": f"""
        WITH moved AS (
            UPDATE profiles_consentchange c SET customer_id = m.survivor FROM {_PAIRS}
            WHERE c.customer_id = m.merged AND c.customer_id = ANY(%(merged)s)
            RETURNING m.merged, c.id)
        SELECT merged, jsonb_agg(id ORDER BY id)::text FROM moved GROUP BY merged""",
}
"""What moves, and how: each statement answers with the merged customer and a JSON list of it.

A consent of the kept customer stands, unless the merged one refused or paused later.
"""


def _move(pairs: Sequence[Joining]) -> dict[int, dict[str, Any]]:
    moved: dict[int, dict[str, Any]] = {pair.merged: {} for pair in pairs}
    with connection.cursor() as cursor:
        for what, statement in _MOVES.items():
            cursor.execute(statement, _parameters(pairs))
            for merged, found in cursor.fetchall():
                moved[merged][what] = msgspec.Raw(found.encode())
    return moved


def _parameters(pairs: Sequence[Joining]) -> dict[str, list[int]]:
    return {
        "merged": [pair.merged for pair in pairs],
        "survivors": [pair.survivor for pair in pairs],
    }


_FILL = """
WITH rivals AS (
    SELECT m.survivor, m.place, c.attributes, c.identified
    FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[])
        WITH ORDINALITY AS m(merged, survivor, place)
    JOIN profiles_customer c ON c.id = m.merged
), known AS (
    SELECT survivor, bool_or(identified) AS identified FROM rivals GROUP BY survivor
), given AS (
    SELECT r.survivor, jsonb_object_agg(a.name, a.value ORDER BY r.place DESC) AS attributes
    FROM rivals r, jsonb_each(r.attributes) AS a(name, value) GROUP BY r.survivor
), full_set AS (
    SELECT c.id, coalesce(g.attributes, '{}') || c.attributes AS attributes, k.identified
    FROM known k JOIN profiles_customer c ON c.id = k.survivor
    LEFT JOIN given g ON g.survivor = c.id
)
UPDATE profiles_customer c SET
    attributes = f.attributes,
    email = coalesce(f.attributes->>'email', ''),
    phone = coalesce(f.attributes->>'phone', ''),
    timezone = coalesce(f.attributes->>'timezone', ''),
    locale = coalesce(f.attributes->>'locale', ''),
    identified = c.identified OR f.identified,
    updated_at = %(now)s
FROM full_set f WHERE c.id = f.id
"""


def _fill(pairs: Sequence[Joining], *, now: dt.datetime) -> None:
    """Give the kept customers the attributes they lack; of several merged ones the first wins."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {**_parameters(pairs), "now": now})


def _close(pairs: Sequence[Joining], *, now: dt.datetime) -> None:
    """Point the merged rows at the kept ones and take them out of lifecycle and segments."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_customer c SET merged_into_id = m.survivor, updated_at = %(now)s "
            f"FROM {_PAIRS} WHERE c.id = m.merged",
            {**_parameters(pairs), "now": now},
        )
        for table in ("profiles_lifecyclestate", "profiles_membership"):
            cursor.execute(
                f"DELETE FROM {table} WHERE customer_id = ANY(%s)",
                [[pair.merged for pair in pairs]],
            )


def _log(
    pairs: Sequence[Joining], moved: Mapping[int, dict[str, Any]], *, now: dt.datetime
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_merge (survivor_id, merged_id, at, cause, moved) "
            "SELECT survivor, merged, %s, cause, moved "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::jsonb[]) "
            "AS w(survivor, merged, cause, moved)",
            [
                now,
                [pair.survivor for pair in pairs],
                [pair.merged for pair in pairs],
                [pair.cause for pair in pairs],
                [_encode(moved[pair.merged]).decode() for pair in pairs],
            ],
        )
