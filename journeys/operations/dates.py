"""Date triggers: the next instant of every customer is kept, so that time finds who is due.

Kept up from the log: whoever changes a date, or moves to another zone, is reckoned anew. An entry
that has come is compared with the profile once more before it lets anybody in.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from journeys.operations.alone import Culprit, failing, set_aside
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.run import run
from journeys.queries import plans
from journeys.queries.plans import Live, Loaded
from profiles.queries.events import LoggedEvent
from profiles.queries.people import Known, having, people

PAGE = 2000
FINISHED = "finished"
CHANGES = ("identify", "customer.merged")
"""The events after which a profile may say something else."""
MOMENT = dt.timedelta(microseconds=1)

KEEP = """
INSERT INTO journeys_dateentry (version_id, trigger, customer_id, due_at)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::timestamptz[])
ON CONFLICT (version_id, trigger, customer_id) DO UPDATE SET due_at = EXCLUDED.due_at
WHERE journeys_dateentry.due_at <> EXCLUDED.due_at
"""
FORGET = """
DELETE FROM journeys_dateentry d
USING unnest(%s::bigint[], %s::int[], %s::bigint[]) AS g(version_id, trigger, customer_id)
WHERE (d.version_id, d.trigger, d.customer_id) = (g.version_id, g.trigger, g.customer_id)
"""
KEPT = """
SELECT version_id, trigger, customer_id, due_at FROM journeys_dateentry
WHERE customer_id = ANY(%s) AND version_id = ANY(%s) ORDER BY id FOR UPDATE
"""
DUE = """
SELECT d.version_id, d.trigger, d.customer_id, d.due_at
FROM journeys_dateentry d JOIN journeys_journey j ON j.live_version_id = d.version_id
WHERE d.due_at <= %s AND j.state = 'live'
ORDER BY d.due_at, d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
"""
NEXT = """
SELECT min(d.due_at)
FROM journeys_dateentry d JOIN journeys_journey j ON j.live_version_id = d.version_id
WHERE j.state = 'live'
"""
BEGIN = """
INSERT INTO journeys_cursor (name, done, after_xid, after_id) VALUES (%s, '', 0, 0)
ON CONFLICT DO NOTHING
"""
FILLED = "SELECT name FROM journeys_cursor WHERE name = ANY(%s) AND done = 'finished'"
HOLD = "SELECT after_id FROM journeys_cursor WHERE name = %s AND done = '' FOR UPDATE SKIP LOCKED"
PROGRESS = "UPDATE journeys_cursor SET after_id = %s, done = %s WHERE name = %s"
# What was due already under the last version is let in under this one.
TAKE_OVER = """
UPDATE journeys_dateentry d SET version_id = %(version)s
FROM journeys_version v
WHERE v.id = d.version_id AND v.journey_id = %(journey)s AND v.id <> %(version)s
    AND d.due_at <= %(now)s AND d.trigger < %(triggers)s AND NOT EXISTS (
        SELECT FROM journeys_dateentry n WHERE n.version_id = %(version)s
            AND n.trigger = d.trigger AND n.customer_id = d.customer_id)
"""
CLEAR = """
DELETE FROM journeys_dateentry d USING journeys_version v
WHERE v.id = d.version_id AND v.journey_id = %(journey)s AND v.id <> %(version)s
"""


class Entry(NamedTuple):
    """When a customer falls due at a version's date trigger."""

    version_id: int
    trigger: int
    customer_id: int
    due_at: dt.datetime


Place = tuple[int, int, int]


def refresh(events: Iterable[LoggedEvent], *, live: Live, now: dt.datetime) -> None:
    """Reckon anew for the customers whose profiles these events may have changed."""
    versions = _dated(live)
    customers = sorted({e.customer_id for e in events if versions and e.name in CHANGES})
    if not customers:
        return
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [customers, [version.version_id for version in versions]])
        kept = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
    known = _known(versions, customers)
    found = dict(_reckoned(versions, customers, known, now, kept))
    _keep({place: at for place, at in found.items() if at is not None and kept.get(place) != at})
    _forget([place for place in kept if found.get(place) is None])


def run_dates(*, now: dt.datetime) -> int:
    """Reckon one page of customers for a version that is new, and let in one page of those due.

    Returns the pieces of work done.
    """
    versions = _dated(plans.current())
    if not versions:
        return 0
    return sum(_fill(version, now) for version in _unfilled(versions)) + _let_in(versions, now)


def next_due(live: Live) -> dt.datetime | None:
    """The next instant of anybody; of the past while customers are still to be reckoned."""
    versions = _dated(live)
    if not versions:
        return None
    if unfilled := _unfilled(versions):
        return min(version.published_at for version in unfilled)
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        found: dt.datetime | None = cursor.fetchone()[0]
    return found


def _dated(live: Live) -> list[Loaded]:
    return [each for each in live.entering.values() if each.plan.enter.dates]


def _unfilled(versions: Sequence[Loaded]) -> list[Loaded]:
    names = {_name(version): version for version in versions}
    with connection.cursor() as cursor:
        cursor.execute(FILLED, [list(names)])
        filled = {row[0] for row in cursor.fetchall()}
    return [version for name, version in names.items() if name not in filled]


def _name(version: Loaded) -> str:
    return f"dates:{version.version_id}"


@transaction.atomic
def _fill(version: Loaded, now: dt.datetime) -> int:
    """One page of a version's customers, unless somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [_name(version)])
        cursor.execute(HOLD, [_name(version)])
        row = cursor.fetchone()
        if row is None:
            return 0
        if not row[0]:
            given: dict[str, Any] = {
                "version": version.version_id,
                "journey": version.journey_id,
                "now": now,
                "triggers": len(version.plan.enter.dates),
            }
            cursor.execute(TAKE_OVER, given)
            cursor.execute(CLEAR, given)
        paths = sorted({dates.attribute for dates in version.plan.enter.dates})
        customers = having(paths, after=row[0], limit=PAGE)
        _reckon_page(version, customers)
        last = customers[-1] if customers else row[0]
        cursor.execute(PROGRESS, [last, "" if customers else FINISHED, _name(version)])
    return 1


def _reckon_page(version: Loaded, customers: Sequence[int]) -> None:
    """From the publishing on; what is kept already came from the log, and is newer."""
    if not customers:
        return
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [list(customers), [version.version_id]])
        kept = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
    known = _known([version], customers)
    found = _reckoned([version], customers, known, version.published_at, {})
    _keep({place: at for place, at in found if at is not None and place not in kept})


def _let_in(versions: Sequence[Loaded], now: dt.datetime) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(DUE, [now, PAGE])
            due = [Entry(*row) for row in cursor.fetchall()]
        if not due:
            return 0
        by_id = {version.version_id: version for version in versions}
        due = [entry for entry in due if entry.version_id in by_id]
        known = _known(versions, sorted({entry.customer_id for entry in due}))
        candidates = list(_candidates(due, by_id, known))
        for candidate, error in failing(candidates, lambda some: _enter(some, now)):
            culprit = Culprit("entry", candidate.customer_id, candidate.customer_id)
            set_aside(culprit, error, now=now)
        _move_on(due, by_id, known, now)
    return 1


def _candidates(
    due: Sequence[Entry], versions: Mapping[int, Loaded], known: Mapping[int, Known]
) -> Iterator[Candidate]:
    """Those whose profile still says so."""
    for entry in due:
        dates = versions[entry.version_id].plan.enter.dates[entry.trigger]
        if _coming(entry, versions, known, entry.due_at - MOMENT) == entry.due_at:
            value = known[entry.customer_id].attributes.get(dates.attribute)
            properties = {"attribute": dates.attribute, "date": value}
            yield Candidate(entry.customer_id, versions[entry.version_id], properties)


def _enter(candidates: Sequence[Candidate], now: dt.datetime) -> None:
    entered = enroll(candidates, now=now)
    run(entered.rows, now=now, earlier_arms=entered.earlier_arms)


def _move_on(
    due: Sequence[Entry],
    versions: Mapping[int, Loaded],
    known: Mapping[int, Known],
    now: dt.datetime,
) -> None:
    """To the next anniversary, to a date that was moved, or away."""
    following: dict[Place, dt.datetime | None] = {
        (entry.version_id, entry.trigger, entry.customer_id): _coming(entry, versions, known, now)
        for entry in due
    }
    _keep({place: at for place, at in following.items() if at is not None})
    _forget([place for place, at in following.items() if at is None])


def _coming(
    entry: Entry, versions: Mapping[int, Loaded], known: Mapping[int, Known], after: dt.datetime
) -> dt.datetime | None:
    return _reckon(versions[entry.version_id], entry.trigger, known.get(entry.customer_id), after)


def _reckoned(
    versions: Sequence[Loaded],
    customers: Sequence[int],
    known: Mapping[int, Known],
    after: dt.datetime,
    kept: Mapping[Place, dt.datetime],
) -> Iterator[tuple[Place, dt.datetime | None]]:
    """The next instant at each place; one that has come but is not let in yet stays the next."""
    for version in versions:
        for trigger in range(len(version.plan.enter.dates)):
            for customer in customers:
                place = (version.version_id, trigger, customer)
                since = min(after, kept[place] - MOMENT) if place in kept else after
                yield place, _reckon(version, trigger, known.get(customer), since)


def _reckon(
    version: Loaded, trigger: int, person: Known | None, after: dt.datetime
) -> dt.datetime | None:
    if person is None:
        return None
    dates = version.plan.enter.dates[trigger]
    zone = ZoneInfo(person.zone or settings.SOJOURN_TIME_ZONE)
    return dates.coming(person.attributes.get(dates.attribute), zone, after)


def _known(versions: Sequence[Loaded], customers: Sequence[int]) -> dict[int, Known]:
    paths = {dates.attribute for version in versions for dates in version.plan.enter.dates}
    return people(dict.fromkeys(customers, paths))


def _keep(entries: Mapping[Place, dt.datetime]) -> None:
    if entries:
        columns = [list(column) for column in zip(*entries, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [*columns, list(entries.values())])


def _forget(places: Sequence[Place]) -> None:
    if places:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [list(column) for column in zip(*places, strict=True)])
