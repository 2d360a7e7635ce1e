"""When the hand-over last looked: a gap of many hours may be a restored backup, so all waits.

A backup does not know what left after it was made: to it, those messages are due. A halt keeps
everything back until an operator has looked. After a gap that nobody's work explains, the clock may
have jumped: whoever has a message in hand keeps it for as long as was promised.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.operations.brakes import halt
from channels.operations.outcomes import LEASE

BEAT = dt.timedelta(seconds=2)
"""Often, so that a database which was away for a few seconds does not look like a jump."""
JUMP = dt.timedelta(seconds=20)
"""No lease is so short of time that a clock which jumped by less could end it under a call."""
BY = "restored backup"

STAMP = """
INSERT INTO channels_pulse (id, at) VALUES (1, %s) ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at
"""

# Rows that somebody has locked are being written by the new clock. Lists of providers have had no
# more time to settle than before the jump.
AFRESH = """
WITH mine AS MATERIALIZED (
    SELECT id FROM channels_message WHERE status IN ('sending', 'unknown')
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE channels_message m
SET lease_until = CASE WHEN m.status = 'sending' THEN clock_timestamp() + %(lease)s END,
    send_after = CASE WHEN m.status = 'sending' THEN m.send_after
        ELSE GREATEST(m.send_after + LEAST(%(gap)s, interval '0'), %(now)s + %(lease)s) END
FROM mine WHERE m.id = mine.id
"""
# What began later than now, began by the clock that was set back. Rather too early than too late:
# who asks a provider what came since then must not miss it.
BEGUN = """
UPDATE channels_attempt a SET started_at = a.started_at + %(gap)s - %(beat)s
FROM channels_message m
WHERE m.id = a.message_id AND m.status IN ('sending', 'unknown') AND a.started_at > %(now)s
"""


def beat(*, now: dt.datetime) -> bool:
    """Note that the hand-over is awake. True where it woke after so long that all is halted now.

    Call it before anything leaves. In the sandbox the clock jumps and no provider is called.
    """
    last = _last()
    if last and abs(now - last) < BEAT:
        return False
    hours = settings.SOJOURN_MISFIRE_HOURS
    slept = now - last if last else dt.timedelta()
    late = bool(hours) and not settings.SOJOURN_SANDBOX and slept > dt.timedelta(hours=hours)
    with transaction.atomic():
        if late:
            halt("all", "", reason=_reason(slept), by=BY, now=now)
        if abs(slept) > JUMP and not settings.SOJOURN_SANDBOX:
            _begin_anew(slept, now)
        with connection.cursor() as cursor:
            cursor.execute(STAMP, [now])
    return late


def _begin_anew(gap: dt.timedelta, now: dt.datetime) -> None:
    """Leases and looks begin now; attempts from a clock that was ahead are told in this one."""
    given: dict[str, Any] = {"now": now, "lease": LEASE, "gap": gap, "beat": BEAT}
    with connection.cursor() as cursor:
        if gap < dt.timedelta():
            cursor.execute(BEGUN, given)
        cursor.execute(AFRESH, given)


def _last() -> dt.datetime | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM channels_pulse WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else None


def _reason(slept: dt.timedelta) -> str:
    text = _(
        "Nothing was handed over for %d hours. If the database was restored from a backup, what"
        " left after the backup would leave again: look at the waiting messages, then lift this."
    )
    return text % (slept // dt.timedelta(hours=1))
