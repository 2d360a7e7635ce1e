"""Writes what was decided for a batch: moves, reasons, waits.

One statement a table, however many customers.

Nothing here decides; the caller holds the rows locked and the transaction open.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from journeys.models import Decision, Wait
from journeys.queries.enrollments import Row
from profiles.operations import partitions
from profiles.queries.cursor import bigints, copyable

DECISIONS = Decision._meta.db_table
encode = msgspec.json.Encoder().encode


class Move(msgspec.Struct, frozen=True, gc=False):
    """An enrollment's new place. It travels as JSON, which is the least work on both sides."""

    id: int
    status: str
    ghost: str
    arms: Mapping[str, str]
    step: str
    visit: int
    visits: Mapping[str, int]
    due_at: dt.datetime | None
    step_at: dt.datetime
    left_at: dt.datetime | None
    left_reason: str
    failures: int


class Reason(NamedTuple):
    """One row of the decision log, in its column order."""

    enrollment_id: int | None
    customer_id: int
    journey_id: int
    version_id: int | None
    step: str
    visit: int
    at: dt.datetime
    code: str
    inputs: Mapping[str, Any]


class Listening(NamedTuple):
    """One event name that an enrollment waits for."""

    enrollment_id: int
    customer_id: int
    event: str
    since: dt.datetime


class Goal(NamedTuple):
    """A goal reached."""

    enrollment_id: int
    customer_id: int
    journey_id: int
    version_id: int
    event_id: int
    at: dt.datetime
    value: float | None


class Entry(NamedTuple):
    """A customer entering a journey version."""

    customer_id: int
    journey_id: int
    version_id: int
    key: str
    ghost: str
    entry: dict[str, Any]
    entry_event_id: int | None
    goal_until: dt.datetime | None


MOVE = """
UPDATE journeys_enrollment AS e
SET status = v.status, ghost = v.ghost, arms = v.arms, step = v.step, visit = v.visit,
    visits = v.visits, due_at = v.due_at, step_at = v.step_at, left_at = v.left_at,
    left_reason = v.left_reason, failures = v.failures, met = NULL
FROM json_to_recordset(%s::json) AS v(
    id bigint, status text, ghost text, arms jsonb, step text, visit int, visits jsonb,
    due_at timestamptz, step_at timestamptz, left_at timestamptz, left_reason text, failures int)
WHERE e.id = v.id
"""

REMEMBER = """
UPDATE journeys_enrollment AS e SET context = v.context
FROM unnest(%s::bigint[], %s::jsonb[]) AS v(id, context) WHERE e.id = v.id
"""

ENTER = """
INSERT INTO journeys_enrollment (customer_id, journey_id, version_id, key, status, ghost, arms,
    step, visit, visits, due_at, step_at, entry, entry_event_id, context, entered_at, goal_until,
    left_reason, failures)
SELECT v.customer_id, v.journey_id, v.version_id, v.key, 'active', v.ghost, '{}', '', 1, '{}',
    NULL, %s, v.entry::jsonb, v.entry_event_id, '{}', %s, v.goal_until, '', 0
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
            %s::bigint[], %s::timestamptz[])
     WITH ORDINALITY AS v(customer_id, journey_id, version_id, key, ghost, entry, entry_event_id,
                          goal_until, n)
ORDER BY v.n
ON CONFLICT (journey_id, customer_id, key) WHERE status = 'active' DO NOTHING
RETURNING id, journey_id, customer_id, key
"""

EXPOSE = """
UPDATE journeys_enrollment AS e
SET exposed_at = coalesce(e.exposed_at, v.at), treated = e.treated OR v.sent
FROM (SELECT id, min(at) AS at, bool_or(sent) AS sent
      FROM unnest(%s::bigint[], %s::timestamptz[], %s::boolean[]) AS u(id, at, sent)
      GROUP BY id) AS v
WHERE e.id = v.id AND (e.exposed_at IS NULL OR v.sent AND NOT e.treated)
"""

CONVERT = """
WITH reached AS (
    INSERT INTO journeys_conversion (enrollment_id, customer_id, journey_id, version_id, event_id,
        at, value)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                         %s::timestamptz[], %s::numeric[])
    ON CONFLICT (enrollment_id) DO NOTHING RETURNING enrollment_id, at
)
UPDATE journeys_enrollment AS e SET converted_at = reached.at
FROM reached WHERE e.id = reached.enrollment_id
RETURNING e.id
"""


def move(moves: Sequence[Move]) -> None:
    """Move enrollments to their new places."""
    if not moves:
        return
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [encode(moves).decode()])


def remember(contexts: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep what was saved, by enrollment."""
    if not contexts:
        return
    texts = [encode(context).decode() for context in contexts.values()]
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, [bigints(contexts), texts])


def enter(entries: Sequence[Entry], *, now: dt.datetime) -> dict[tuple[int, int, str], int]:
    """Insert enrollments; a second running one for the same key is refused by the table.

    Returns the new ids keyed (journey, customer, key).
    """
    if not entries:
        return {}
    columns = [list(column) for column in zip(*entries, strict=True)]
    columns[5] = [_json(value) for value in columns[5]]
    with connection.cursor() as cursor:
        cursor.execute(ENTER, [now, now, *columns])
        return {(row[1], row[2], row[3]): row[0] for row in cursor.fetchall()}


def convert(goals: Sequence[Goal]) -> set[int]:
    """Record goals reached, once per enrollment. Returns the enrollments that just converted."""
    if not goals:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(CONVERT, [list(column) for column in zip(*goals, strict=True)])
        return {row[0] for row in cursor.fetchall()}


def expose(exposures: Sequence[tuple[int, dt.datetime, bool]]) -> None:
    """Remember when an enrollment's first message was sent or withheld, and whether any was sent:
    (enrollment, at, sent).
    """
    if not exposures:
        return
    with connection.cursor() as cursor:
        cursor.execute(EXPOSE, [list(column) for column in zip(*exposures, strict=True)])


def reason(
    row: Row, code: str, inputs: Mapping[str, Any], *, step: str, visit: int, at: dt.datetime
) -> Reason:
    """Why something happened to an enrollment at a step."""
    where = (row.id, row.customer_id, row.journey_id, row.version_id)
    return Reason(*where, step, visit, at, code, inputs)


def log(reasons: Sequence[Reason]) -> None:
    """Append to the decision log: several rows for every move, so each is one formatted line."""
    moments = {each.at for each in reasons}
    months(moments)
    times = {at: at.isoformat().encode() for at in moments}
    _copy(DECISIONS, Reason._fields, b"".join([_line(each, times[each.at]) for each in reasons]))


def months(moments: Iterable[dt.datetime]) -> None:
    """Make the months of the decision log that these instants fall into."""
    partitions.ensure(moments, log=DECISIONS)


def _line(row: Reason, at: bytes) -> bytes:
    """The row as COPY reads it. Steps and codes are few, whatever the number of customers."""
    return b"%s\t%d\t%d\t%s\t%s\t%d\t%s\t%s\t%s\n" % (
        _number(row.enrollment_id),
        row.customer_id,
        row.journey_id,
        _number(row.version_id),
        _word(row.step),
        row.visit,
        at,
        _word(row.code),
        encode(row.inputs).replace(b"\\", b"\\\\"),
    )


_word = lru_cache(maxsize=4096)(copyable)


def _number(value: int | None) -> bytes:
    return b"\\N" if value is None else b"%d" % value


def listen(listening: Sequence[Listening], *, stopped: Sequence[int]) -> None:
    """Replace the waits of the enrollments in `stopped`, then add `listening`."""
    if stopped:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM journeys_wait WHERE enrollment_id = ANY(%s::bigint[])",
                [bigints(stopped)],
            )
    lines = (
        b"%d\t%d\t%s\t%s\n"
        % (each[0], each[1], copyable(each.event), each.since.isoformat().encode())
        for each in listening
    )
    _copy(Wait._meta.db_table, Listening._fields, b"".join(lines))


def _copy(table: str, columns: Iterable[str], lines: bytes) -> None:
    """COPY lines into a table in the caller's transaction."""
    if not lines:
        return
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as sink,
    ):
        sink.write(lines)


def _json(value: Mapping[str, Any]) -> str:
    return encode(value).decode() if value else "{}"


REPOINT = (
    "UPDATE journeys_enrollment AS e"
    " SET status = 'left', left_reason = 'merged', due_at = NULL, left_at = e.step_at"
    " FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[]) AS p(merged, survivor)"
    " WHERE e.customer_id = p.merged AND e.status = 'active' AND EXISTS ("
    "   SELECT FROM journeys_enrollment s WHERE s.customer_id = p.survivor"
    "   AND s.journey_id = e.journey_id AND s.key = e.key AND s.status = 'active')",
    *(
        f"UPDATE journeys_{table} AS t SET customer_id = p.survivor"
        " FROM unnest(%(merged)s::bigint[], %(survivors)s::bigint[]) AS p(merged, survivor)"
        " WHERE t.customer_id = p.merged"
        for table in ("enrollment", "wait", "decision", "conversion")
    ),
)


def repoint(pairs: Sequence[tuple[int, int]]) -> None:
    """Give the walks of merged customers to their survivors: (merged, survivor).

    Where both stand in a journey under one key, the survivor's walk goes on and the other ends.
    """
    given = {"merged": [pair[0] for pair in pairs], "survivors": [pair[1] for pair in pairs]}
    with connection.cursor() as cursor:
        for statement in REPOINT:
            cursor.execute(statement, given)
