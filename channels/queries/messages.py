"""Messages as the API and the reports show them, and when the outbox has to look again."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from profiles.core.answers import instant_text

REPORT = """
SELECT step, arm, status, reason, count(*), count(sent_at), count(delivered_at), count(opened_at),
       count(clicked_at)
FROM channels_message WHERE journey = %s GROUP BY step, arm, status, reason
"""

NEXT_DUE = "SELECT min(send_after) FROM channels_message WHERE status = 'queued'"

SHAPE = """
SELECT m.id, m.uid, m.customer_id,
       (SELECT i.value FROM profiles_identifier i
        WHERE i.customer_id = m.customer_id AND i.kind = 'user_id' ORDER BY i.id LIMIT 1),
       m.journey, m.version, m.step, m.visit, m.arm, m.ghost, m.channel, m.channels, m.address,
       m.status, m.reason, m.provider, m.provider_id, m.created_at, m.send_after, m.sent_at,
       m.delivered_at, m.opened_at, m.clicked_at, b.subject, b.text, b.html, b.headers, b.payload,
       (SELECT json_agg(json_build_object(
            'number', a.number, 'account', t.slug, 'outcome', a.outcome,
            'http_status', a.http_status, 'provider_id', a.provider_id, 'detail', a.detail,
            'started_at', a.started_at, 'finished_at', a.finished_at) ORDER BY a.number)
        FROM channels_attempt a LEFT JOIN channels_account t ON t.id = a.account_id
        WHERE a.message_id = m.id),
       (SELECT json_agg(json_build_object(
            'kind', r.kind, 'at', r.at, 'received_at', r.received_at, 'machine', r.machine,
            'source', r.source, 'detail', r.detail) ORDER BY r.at, r.id)
        FROM channels_receipt r WHERE r.message_id = m.id)
FROM channels_message m LEFT JOIN channels_messagebody b ON b.message_id = m.id
"""

PAGE = f"""{SHAPE}
WHERE m.id < %(before)s
  AND (%(customer)s::bigint IS NULL OR m.customer_id = %(customer)s)
  AND (%(journey)s = '' OR m.journey = %(journey)s)
  AND (%(status)s = '' OR m.status = %(status)s)
ORDER BY m.id DESC LIMIT %(limit)s
"""

ONE = f"{SHAPE} WHERE m.uid = %(uid)s"

INBOX = f"""
WITH shown AS MATERIALIZED (
    SELECT a.id AS place, a.message_id AS id FROM channels_attempt a
    WHERE a.id > %(after)s AND a.account_id IS NULL AND a.outcome = 'accepted'
      AND a.provider_id <> ''
    ORDER BY a.id LIMIT %(limit)s
)
SELECT shown.place, shape.* FROM shown
JOIN LATERAL ({SHAPE} WHERE m.id = shown.id) shape ON true
ORDER BY shown.place
"""

LATEST = 2**63 - 1


class StepCounts(msgspec.Struct, kw_only=True):
    """What became of one step's messages, as the journey report shows it."""

    sent: int = 0
    withheld: int = 0
    skipped: dict[str, int] = {}
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    failed: int = 0


NOTHING = StepCounts()


class Count(NamedTuple):
    """How many messages of a step and arm ended with this status and reason, and what they did.

    `sent`, `delivered`, `opened` and `clicked` count messages for which that was ever true.
    """

    step: str
    arm: str
    status: str
    reason: str
    messages: int
    sent: int
    delivered: int
    opened: int
    clicked: int


class Page(NamedTuple):
    """Some messages in the API's shape, and where to go on (None at the end)."""

    items: list[dict[str, Any]]
    next: int | None


def report_counts(journey: str) -> list[Count]:
    """Every count of a journey's messages, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(REPORT, [journey])
        return [Count(*row) for row in cursor.fetchall()]


def by_step(journey: str) -> dict[str, StepCounts]:
    """The same, summed over arms. Expired messages stand among the skipped, as `expired`."""
    found: dict[str, StepCounts] = {}
    for count in report_counts(journey):
        step = found.setdefault(count.step, StepCounts(skipped={}))
        step.sent += count.sent
        step.delivered += count.delivered
        step.opened += count.opened
        step.clicked += count.clicked
        step.withheld += count.messages * (count.status == "withheld")
        step.failed += count.messages * (count.status == "failed")
        if count.status in {"skipped", "expired"}:
            step.skipped[count.reason] = step.skipped.get(count.reason, 0) + count.messages
    return found


def next_due() -> dt.datetime | None:
    """When the earliest waiting message may leave; in the past if it is due."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE)
        row = cursor.fetchone()
    return row[0] if row else None


def page(
    *, customer: int | None, journey: str, status: str, before: int | None, limit: int
) -> Page:
    """Messages, newest first, that match everything given ('' and None match all)."""
    given = {
        "customer": customer,
        "journey": journey,
        "status": status,
        "before": LATEST if before is None else before,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(PAGE, given)
        rows = cursor.fetchall()
    shown = rows[:limit]
    return Page([_shape(row) for row in shown], shown[-1][0] if len(rows) > limit else None)


def one(uid: UUID) -> dict[str, Any] | None:
    """The message with this public id, in the API's shape."""
    with connection.cursor() as cursor:
        cursor.execute(ONE, {"uid": uid})
        row = cursor.fetchone()
    return _shape(row) if row else None


def inbox(*, after: int, limit: int) -> Page:
    """What the sandbox took instead of a provider, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(INBOX, {"after": after, "limit": limit + 1})
        rows = cursor.fetchall()
    shown = rows[:limit]
    return Page([_shape(row[1:]) for row in shown], shown[-1][0] if len(rows) > limit else None)


COLUMNS = (
    "row", "id", "customer", "user_id", "journey", "version", "step", "visit", "arm", "ghost",
    "channel", "channels", "to", "status", "reason", "provider", "provider_id", "created_at",
    "send_after", "sent_at", "delivered_at", "opened_at", "clicked_at", "subject", "text", "html",
    "headers", "payload", "attempts", "receipts",
)  # fmt: skip
INSTANTS = frozenset({
    "created_at", "send_after", "sent_at", "delivered_at", "opened_at", "clicked_at", "started_at",
    "finished_at", "received_at", "at",
})  # fmt: skip


def _shape(row: Sequence[Any]) -> dict[str, Any]:
    """The API's message: names of its own, instants as text, absent texts empty."""
    shape: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    del shape["row"]
    shape["id"] = str(shape["id"])
    for name in ("subject", "text", "html"):
        shape[name] = shape[name] or ""
    for name in ("headers", "payload"):
        shape[name] = msgspec.json.decode(shape[name]) if shape[name] else {}
    shape |= shape.pop("payload")
    for name in ("attempts", "receipts"):
        shape[name] = [_instants(entry) for entry in shape[name] or []]
    return _instants(shape)


def _instants(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _text(value) if name in INSTANTS else value for name, value in entry.items()}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    at = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    return instant_text(at)
