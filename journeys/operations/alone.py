"""Keeps one bad customer from stopping a batch:
what fails is halved until it stands alone, and set aside.

A database that cannot be reached, or two transactions in each other's way, is nobody's fault:
those errors go up.
"""

import datetime as dt
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

log = structlog.get_logger(__name__)

BACKOFF = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
"""Waits before the second, third … try; after the last the row stays for an operator."""

Item = TypeVar("Item")


class Culprit(NamedTuple):
    """What is set aside: an event, an enrollment or an entry, and whose."""

    kind: str
    ref_id: int
    customer_id: int


SET_ASIDE = """
INSERT INTO journeys_setaside (kind, ref_id, customer_id, error, tries, retry_at, at)
VALUES (%s, %s, %s, %s, 1, %s, %s)
ON CONFLICT (kind, ref_id) DO UPDATE SET error = EXCLUDED.error,
    tries = journeys_setaside.tries + 1,
    retry_at = CASE journeys_setaside.tries + 1 WHEN 2 THEN %s WHEN 3 THEN %s WHEN 4 THEN %s END
RETURNING tries, retry_at
"""


def failing(
    items: Sequence[Item], work: Callable[[Sequence[Item]], None]
) -> list[tuple[Item, Exception]]:
    """Do `work` for all items in one savepoint, or for halves of them where it fails.

    Returns the items that failed alone, with their errors; nothing of those was written.
    """
    if not items:
        return []
    try:
        with transaction.atomic():
            work(items)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(items) == 1:
            return [(items[0], error)]
        middle = len(items) // 2
        return failing(items[:middle], work) + failing(items[middle:], work)
    return []


def set_aside(culprit: Culprit, error: Exception, *, now: dt.datetime) -> dt.datetime | None:
    """Keep a failure for its next try.

    Returns the instant of that try; None when there are no more.
    """
    text = "".join(traceback.format_exception(error, limit=-5))[-4000:].replace("\x00", "")
    log.error(
        "set aside",
        kind=culprit.kind,
        id=culprit.ref_id,
        customer=culprit.customer_id,
        error=str(error),
    )
    times = [now + wait for wait in BACKOFF]
    with connection.cursor() as cursor:
        cursor.execute(SET_ASIDE, [*culprit, text, times[0], now, *times[1:]])
        row: tuple[int, dt.datetime | None] = cursor.fetchone()
    return row[1]
