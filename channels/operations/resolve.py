"""What an operator decides about messages that stopped; the table of moves says what may be.

Every decision leaves a row among the attempts, with who made it. A message keeps its public id, so
a provider that knows ids by itself refuses a second one; others deliver it again.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.core import price
from channels.core.message import Action, decided
from channels.operations.announce import Subject, announce
from channels.operations.outbox import MAIL_LIVES, OTHERS_LIVE
from channels.queries import messages
from profiles.core.answers import Refused

EVENTS: Mapping[Action, str] = {"sent": "message.sent", "drop": "message.failed"}
DROPPED = "dropped"

# Marked as sent, it left when its last attempt began; queued again, it starts anew.
RESOLVE = """
WITH mine AS MATERIALIZED (
    SELECT m.id, m.sent_at, t.after FROM channels_message m
    JOIN unnest(%(before)s::text[], %(after)s::text[]) AS t(before, after) ON t.before = m.status
    WHERE m.id = ANY(%(ids)s)
    ORDER BY m.id FOR UPDATE OF m
), tried AS (
    SELECT mine.id, mine.after, mine.sent_at, COALESCE(max(a.number), 0) AS number,
        max(a.started_at) AS at
    FROM mine LEFT JOIN channels_attempt a ON a.message_id = mine.id
    GROUP BY mine.id, mine.after, mine.sent_at
), noted AS (
    INSERT INTO channels_attempt
        (message_id, number, started_at, finished_at, outcome, provider_id, detail)
    SELECT id, number + 1, %(now)s, %(now)s, 'decided', '', %(detail)s FROM tried
)
UPDATE channels_message m
SET status = t.after, lease_until = NULL,
    reason = CASE t.after WHEN 'queued' THEN '' WHEN 'failed' THEN %(dropped)s ELSE m.reason END,
    sent_at = CASE WHEN t.after = 'sent' THEN COALESCE(m.sent_at, t.at, %(now)s)
                   ELSE m.sent_at END,
    attempts = CASE WHEN t.after = 'queued' THEN 0 ELSE m.attempts END,
    send_after = CASE WHEN t.after = 'queued' THEN %(now)s ELSE m.send_after END,
    firm = m.firm AND NOT (t.after = 'queued' AND m.expires_at <= %(now)s),
    expires_at = CASE WHEN t.after = 'queued' AND m.expires_at <= %(now)s
        THEN %(now)s + CASE WHEN 'email' = ANY(m.channels) THEN %(mail_lives)s::interval
                            ELSE %(others_live)s::interval END
        ELSE m.expires_at END
FROM tried t WHERE m.id = t.id
RETURNING t.sent_at IS NULL, m.customer_id, m.uid, m.enrollment_id, m.journey, m.version, m.step,
    m.visit, m.arm, m.channel, m.segments, m.cost, m.currency
"""


def resolve(ids: Sequence[int], *, action: Action, by: str, now: dt.datetime) -> int:
    """Move those of the messages that still stand where `action` may be decided.

    `by` is who decided, such as `admin:anna`. Returns how many were moved.
    """
    moves = decided(action)
    given: dict[str, Any] = {
        "ids": list(ids),
        "before": list(moves),
        "after": list(moves.values()),
        "detail": f"{action}: {by}",
        "dropped": DROPPED,
        "mail_lives": MAIL_LIVES,
        "others_live": OTHERS_LIVE,
        "now": now,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(RESOLVE, given)
            rows = cursor.fetchall()
        told = [
            (Subject(*row[:-3]), {"reason": DROPPED} if action == "drop" else price.told(*row[-3:]))
            for first, *row in rows
            if first or action != "sent"
        ]
        if action in EVENTS:
            announce([(EVENTS[action], subject, facts) for subject, facts in told], now=now)
    return len(rows)


def resolve_standing(
    *, action: Action, status: str, journey: str, limit: int, by: str, now: dt.datetime
) -> int:
    """The same for the oldest messages at `status`, of one journey or ('') any; raises Refused."""
    if status not in decided(action):
        text = _("%(action)s can be decided only about messages that are %(those)s.")
        said = {"action": action, "those": ", ".join(decided(action))}
        raise Refused("invalid", text % said, status=422)
    ids = messages.standing(status=status, journey=journey, limit=limit)
    return resolve(ids, action=action, by=by, now=now)


def resolve_one(uid: UUID, *, action: Action, by: str, now: dt.datetime) -> None:
    """The same for one message by its public id; raises Refused where nothing is to be decided."""
    found = messages.place(uid)
    if found is None:
        raise Refused("not_found", _("There is no message %s.") % uid, status=404)
    if resolve([found.row], action=action, by=by, now=now):
        return
    status = (messages.place(uid) or found).status
    text = _("The message is %(status)s by now: this is for messages that are %(those)s.")
    said = {"status": status, "those": ", ".join(decided(action))}
    raise Refused("conflict", text % said, status=409, facts={"status": status})
