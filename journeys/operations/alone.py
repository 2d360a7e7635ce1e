"""Keeps one bad customer from stopping a batch: what fails is halved until it stands alone, and set aside.

A database that cannot be reached, or two transactions in each other's way, is nobody's fault: those errors go up.
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
    """What is set aside: an event or an enrollment, and whose."""

    kind: str
    ref_id: int
    customer_id: int


SET_ASIDE = """
INSERT INTO journeys_setaside (kind, ref_id, customer_id, error, tries, retry_at, at)
VALUES (%s, %s, %s, %s, 1, %s, %s)
ON CONFLICT (kind, ref_id) DO UPDATE SET error = EXCLUDED.error, tries = journeys_setaside.tries + 1,
    retry_at = CASE journeys_setaside.tries + 1 WHEN 2 THEN %s WHEN 3 THEN %s WHEN 4 THEN %s END
RETURNING tries, retry_at
"""


def work_alone(
    items: Sequence[Item],
    work: Callable[[Sequence[Item]], None],
    *,
    blame: Callable[[Item], Culprit],
    now: dt.datetime,
) -> list[tuple[Item, dt.datetime | None]]:
    """Do `work` for all items in one savepoint, or for halves of them where it fails.

    Returns the items that failed alone, with the instant of their next try (None: no more tries).
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
            return [(items[0], _set_aside(blame(items[0]), error, now))]
        middle = len(items) // 2
        first = work_alone(items[:middle], work, blame=blame, now=now)
        return first + work_alone(items[middle:], work, blame=blame, now=now)
    return []


def _set_aside(culprit: Culprit, error: Exception, now: dt.datetime) -> dt.datetime | None:
    text = "".join(traceback.format_exception(error, limit=-5))[-4000:].replace("\x00", "")
    log.error("set aside", kind=culprit.kind, id=culprit.ref_id, customer=culprit.customer_id, error=str(error))
    times = [now + wait for wait in BACKOFF]
    with connection.cursor() as cursor:
        cursor.execute(SET_ASIDE, [*culprit, text, times[0], now, *times[1:]])
        row: tuple[int, dt.datetime | None] = cursor.fetchone()
    return row[1]
