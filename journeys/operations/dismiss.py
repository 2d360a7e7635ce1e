"""Ends the walks of customers who are in a journey, whoever decided it: leave rules apart."""

import datetime as dt
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from channels.operations import outbox
from journeys.operations import apply
from journeys.operations.react import left
from journeys.operations.run import left_event
from journeys.queries import plans
from journeys.queries.enrollments import Row
from profiles.operations.record import record

BATCH = 5000


def dismiss(
    rows: Sequence[Row],
    *,
    reason: str,
    now: dt.datetime,
    completed: bool = False,
    by: str = "",
) -> int:
    """End these walks, which the caller holds locked. Returns how many. `by` is who decided it,
    where somebody did.

    What is still queued is not sent, unless the customers have `completed` the journey.
    """
    if not rows:
        return 0
    loaded = plans.of_versions(row.version_id for row in rows)
    status = "completed" if completed else "left"
    ids = [row.id for row in rows]
    why = {"who": by} if by else {}
    if not completed:
        outbox.cancel(ids, reason=reason, now=now)
    apply.move([replace(left(row, reason, now), status=status) for row in rows])
    apply.listen([], stopped=ids)
    apply.log([apply.reason(row, reason, why, step=row.step, visit=row.visit, at=now)
               for row in rows])  # fmt: skip
    record([left_event(row, loaded[row.version_id], status, reason, now) for row in rows], now=now)
    return len(rows)


def dismiss_all(
    claim: Callable[[], Sequence[Row]],
    *,
    reason: str,
    now: dt.datetime,
    completed: bool = False,
) -> int:
    """The same for all whom `claim` finds, batch after batch. Returns how many."""
    gone = 0
    while batch := dismiss(claim(), reason=reason, now=now, completed=completed):
        gone += batch
    return gone
