"""What became of a journey's customers: step by step, arm by arm, each number a recount of rows.

Who is compared with whom: docs/decisions/0003-who-is-compared.md. The unit is the customer.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from channels.queries import messages
from journeys.core.decisions import ENTERED
from journeys.core.experiment import Counts, Experiment, compare
from journeys.core.steps.split import PlannedSplit
from journeys.models import Journey
from journeys.queries import plans
from journeys.queries.plans import Loaded
from journeys.queries.scope import ALL, Scope, within

ENTERED_THEN = within("e.entered_at", "e.version_id")
TOTALS = f"""
SELECT count(*), count(DISTINCT e.customer_id), count(*) FILTER (WHERE e.status = 'active'),
       count(*) FILTER (WHERE e.status = 'left'), count(*) FILTER (WHERE e.status = 'completed'),
       count(*) FILTER (WHERE e.converted_at IS NOT NULL), coalesce(sum(c.value), 0)
FROM journeys_enrollment e LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
WHERE e.journey_id = %(journey)s AND {ENTERED_THEN}
"""
STEPS = f"""
SELECT step, sum(number)::bigint FROM (
    SELECT step, count(*) AS number FROM journeys_decision
    WHERE journey_id = %(journey)s AND code = ANY(%(codes)s) AND {within("at", "version_id")}
    GROUP BY step
    UNION ALL SELECT step, number FROM journeys_arrivals
    WHERE journey_id = %(journey)s AND %(all)s
) AS counted GROUP BY step
"""
WAITING = f"""
SELECT step, count(*) FROM journeys_enrollment
WHERE journey_id = %(journey)s AND status = 'active' AND {within("step_at", "version_id")}
GROUP BY step
"""
HOLDOUT = f"""
SELECT CASE WHEN ghost IN ('holdout', 'global') THEN ghost ELSE '' END AS kept, count(*),
       count(*) FILTER (WHERE converted), coalesce(sum(value), 0)
FROM (
    SELECT e.customer_id, min(e.ghost) AS ghost, bool_or(c.at >= e.exposed_at) AS converted,
           sum(c.value) FILTER (WHERE c.at >= e.exposed_at) AS value
    FROM journeys_enrollment e LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
    WHERE e.journey_id = %(journey)s AND e.exposed_at IS NOT NULL AND {ENTERED_THEN}
    GROUP BY e.customer_id
) AS customers GROUP BY kept
"""
ARMS = f"""
SELECT step, arm, count(*), count(*) FILTER (WHERE converted), coalesce(sum(value), 0)
FROM (
    SELECT a.key AS step, a.value AS arm, e.customer_id,
           bool_or(c.enrollment_id IS NOT NULL) AS converted, sum(c.value) AS value
    FROM journeys_enrollment e
    CROSS JOIN LATERAL jsonb_each_text(e.arms) AS a
    LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
    WHERE e.journey_id = %(journey)s AND e.ghost IN ('', 'arm') AND e.arms <> '{{}}'
      AND {ENTERED_THEN}
    GROUP BY a.key, a.value, e.customer_id
) AS customers GROUP BY step, arm
"""


Params = dict[str, Any]


class Tally(NamedTuple):
    """Customers of an arm, those who converted, and the value they brought."""

    customers: int
    conversions: int
    value: float


NOBODY = Tally(0, 0, 0.0)


def report(slug: str, scope: Scope = ALL) -> dict[str, Any]:
    """The whole report in the API's shape. Raises Journey.DoesNotExist for an unknown slug."""
    journey = Journey.objects.get(slug=slug)
    chosen = scope.version or journey.live_version_id
    loaded = plans.of_versions([chosen]) if chosen else {}
    version = next(iter(loaded.values()), None)
    params = {"journey": journey.pk, **scope.params()}
    return {
        "journey": slug,
        "version": version.number if version else None,
        "totals": _totals(params),
        "steps": list(_steps(journey, version, scope, params)) if version else [],
        "experiments": [msgspec.to_builtins(found) for found in _experiments(version, params)]
        if version
        else [],
    }


def _totals(params: Params) -> dict[str, Any]:
    ((entered, customers, active, left, completed, converted, value),) = _rows(TOTALS, params)
    return {
        "entered": entered,
        "customers": customers,
        "active": active,
        "left": left,
        "completed": completed,
        "converted": converted,
        "value": float(value),
    }


def _steps(
    journey: Journey, version: Loaded, scope: Scope, params: Params
) -> Iterator[dict[str, Any]]:
    entered = dict(_rows(STEPS, params | {"codes": list(ENTERED), "all": scope == ALL}))
    waiting = dict(_rows(WAITING, params))
    sends = messages.by_step(
        journey.slug, version=scope.number, since=scope.since, until=scope.until
    )
    for step in version.plan.steps:
        found = sends.get(step.id, messages.NOTHING)
        yield {
            "id": step.id,
            "kind": step.kind,
            "entered": entered.get(step.id, 0),
            "waiting": waiting.get(step.id, 0),
            **msgspec.to_builtins(found),
        }


def _experiments(version: Loaded, params: Params) -> Iterable[Experiment]:
    kept = {row[0]: Tally(row[1], row[2], float(row[3])) for row in _rows(HOLDOUT, params)}
    treated = kept.get("", NOBODY)
    percent = version.plan.enter.holdout
    for name in ("holdout", "global"):
        control = kept.get(name, NOBODY)
        if control.customers or (name == "holdout" and percent):
            share = percent if name == "holdout" else None
            yield compare(name, [
                Counts("treated", *treated, share=None if share is None else 100 - share),
                Counts(name, *control, ghost=True, share=share),
            ])  # fmt: skip
    arms = {(row[0], row[1]): Tally(row[2], row[3], float(row[4])) for row in _rows(ARMS, params)}
    for step in version.plan.steps:
        if isinstance(step, PlannedSplit):
            yield compare(step.id, list(_arms(step, arms)), baseline=step.arms[0].name)


def _arms(step: PlannedSplit, found: dict[tuple[str, str], Tally]) -> Iterator[Counts]:
    start = 0
    for arm in step.arms:
        share = (arm.stop - start) / 100
        yield Counts(
            arm.name, *found.get((step.id, arm.name), NOBODY), ghost=arm.ghost, share=share
        )
        start = arm.stop


def _rows(sql: str, params: Params) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
