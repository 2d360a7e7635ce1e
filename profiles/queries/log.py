"""Reads single events of the log again."""

from collections.abc import Collection
from typing import Any

import msgspec
from django.db import connection

from profiles.queries.events import LoggedEvent

_decode = msgspec.json.Decoder(dict[str, Any]).decode

BY_IDS = """
SELECT id, xid::text::bigint, customer_id, name, at, received_at, source, message_id,
    properties::text, context::text
FROM profiles_event WHERE id = ANY(%s) ORDER BY xid, id
"""


def by_ids(ids: Collection[int]) -> list[LoggedEvent]:
    """These events, in the log's order; the ids alone lead to every month, so keep them few."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(BY_IDS, [list(ids)])
        return [
            LoggedEvent._make((*row[:8], _decode(row[8]), _decode(row[9])))
            for row in cursor.fetchall()
        ]
