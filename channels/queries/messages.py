"""Messages as the API and the reports show them, and when the outbox has to look again."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from channels.queries.halts import NOT_HALTED
from profiles.core.answers import instant_text
from profiles.queries import workspace

REPORT = """
SELECT step, arm, status, reason, count(*), count(sent_at), count(delivered_at), count(opened_at),
       count(clicked_at), coalesce(sum(segments) FILTER (WHERE sent_at IS NOT NULL), 0)
FROM channels_message
WHERE journey = %(journey)s AND (version = %(version)s OR %(version)s IS NULL)
  AND (created_at >= %(since)s OR %(since)s IS NULL)
  AND (created_at < %(until)s OR %(until)s IS NULL)
GROUP BY step, arm, status, reason
"""

COSTS = """
SELECT step, currency, sum(cost) FROM channels_message
WHERE journey = %(journey)s AND (version = %(version)s OR %(version)s IS NULL)
  AND (created_at >= %(since)s OR %(since)s IS NULL)
  AND (created_at < %(until)s OR %(until)s IS NULL)
  AND cost > 0 AND sent_at IS NOT NULL
GROUP BY step, currency ORDER BY currency
"""

NEXT_DUE = f"""
SELECT min(send_after) FROM channels_message m
WHERE status = 'queued' AND send_after >= %s
  AND {NOT_HALTED.format(journey="m.journey", channels="m.channels")}
"""

SHAPE = """
SELECT m.id, m.uid, m.customer_id,
       (SELECT i.value FROM profiles_identifier i
        WHERE i.customer_id = m.customer_id AND i.kind = 'user_id' ORDER BY i.id LIMIT 1),
       m.journey, m.version, m.step, m.visit, m.arm, m.ghost, m.channel, m.channels, m.address,
       m.status, m.reason, m.provider, m.provider_id, m.created_at, m.send_after, m.sent_at,
       m.delivered_at, m.opened_at, m.clicked_at, m.segments, m.cost, m.currency,
       b.subject, b.text, b.html, b.headers, b.payload, b.digest,
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

STANDING = """
SELECT id FROM channels_message
WHERE status = %(status)s AND (%(journey)s = '' OR journey = %(journey)s)
ORDER BY id LIMIT %(limit)s
"""

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
    """What became of one step's messages, as the journey report shows it. `segments` are those
    of the SMS that were sent, `costs` what they cost, by currency.
    """

    sent: int = 0
    withheld: int = 0
    skipped: dict[str, int] = {}
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    failed: int = 0
    segments: int = 0
    costs: dict[str, float] = {}


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
    segments: int


class Place(NamedTuple):
    """A message's key, and its status."""

    row: int
    status: str


class Page(NamedTuple):
    """Some messages in the API's shape, and where to go on (None at the end)."""

    items: list[dict[str, Any]]
    next: int | None


def report_counts(
    journey: str,
    *,
    version: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> list[Count]:
    """Every count of a journey's messages, in one query: of all, of one version, or of those made
    from `since` to before `until`.
    """
    given = {"journey": journey, "version": version, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(REPORT, given)
        return [Count(*row) for row in cursor.fetchall()]


def by_step(
    journey: str,
    *,
    version: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> dict[str, StepCounts]:
    """The same, summed over arms. Expired messages stand among the skipped, as `expired`."""
    found: dict[str, StepCounts] = {}
    given: dict[str, Any] = {"journey": journey, "version": version, "since": since, "until": until}
    for count in report_counts(**given):
        step = found.setdefault(count.step, StepCounts(skipped={}, costs={}))
        step.sent += count.sent
        step.delivered += count.delivered
        step.opened += count.opened
        step.clicked += count.clicked
        step.segments += count.segments
        step.withheld += count.messages * (count.status == "withheld")
        step.failed += count.messages * (count.status == "failed")
        if count.status in {"skipped", "expired"}:
            step.skipped[count.reason] = step.skipped.get(count.reason, 0) + count.messages
    for name, currency, cost in _costs(given):
        found[name].costs[currency] = float(cost)
    return found


def _costs(given: Mapping[str, Any]) -> list[tuple[str, str, Decimal]]:
    """What the SMS of each step cost, by currency."""
    with connection.cursor() as cursor:
        cursor.execute(COSTS, dict(given))
        return list(cursor.fetchall())


def next_due() -> dt.datetime | None:
    """When the earliest waiting message may leave; in the past if it is due."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE, [workspace.settled()])
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


def place(uid: UUID) -> Place | None:
    """Where the message with this public id stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status FROM channels_message WHERE uid = %s", [uid])
        row = cursor.fetchone()
    return Place(*row) if row else None


def standing(*, status: str, journey: str, limit: int) -> list[int]:
    """The oldest messages at this status by key; '' means any journey."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"status": status, "journey": journey, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


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
    "send_after", "sent_at", "delivered_at", "opened_at", "clicked_at", "segments", "cost",
    "currency", "subject", "text", "html", "headers", "payload", "hash", "attempts", "receipts",
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
    for name in ("subject", "text", "html", "hash"):
        shape[name] = shape[name] or ""
    shape["cost"] = None if shape["cost"] is None else float(shape["cost"])
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
