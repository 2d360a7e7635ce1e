"""Who acts, and what they did. Changes of tables are written by the tables' own triggers, in the
transaction that makes them; here is what no table shows.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from django.db import connection

ACTOR = "SELECT set_config('sojourn.actor', %s, false)"
WRITE = """
INSERT INTO profiles_auditentry (by, action, kind, ref, label, changes, note)
VALUES (COALESCE(current_setting('sojourn.actor', true), ''), %s, %s, %s, %s, %s::jsonb, %s)
"""


@contextmanager
def acting(who: str) -> Iterator[None]:
    """Whatever is changed on this connection meanwhile was changed by `who`."""
    act(who)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            act("")


def act(who: str) -> None:
    """From now on `who` acts on this connection; "" is the system itself."""
    with connection.cursor() as cursor:
        cursor.execute(ACTOR, [who[:200]])


def write(
    action: str,
    kind: str,
    ref: object,
    *,
    label: str = "",
    changes: Mapping[str, Any] | None = None,
    note: str = "",
) -> None:
    """One entry, in the caller's transaction. Never pass personal data or secrets."""
    plain = msgspec.json.encode(changes or {}).decode()
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [action, kind, str(ref), label, plain, note])
