"""What became of a journey's customers: step by step, arm by arm, each number a recount of rows.

Who is compared with whom: docs/decisions/0003-who-is-compared.md. The unit is the customer.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from channels.queries import messages
from journeys.core.decisions import TRACES
from journeys.core.experiment import Counts, Experiment, compare
from journeys.core.steps.split import PlannedSplit
from journeys.models import Journey
from journeys.queries import plans
from journeys.queries.plans import Loaded

ENTERED = tuple(code for code, when in TRACES.items() if when == "entered")

TOTALS = """
SELECT count(*), count(DISTINCT e.customer_id), count(*) FILTER (WHERE e.status = 'active'),
       count(*) FILTER (WHERE e.status = 'left'), count(*) FILTER (WHERE e.status = 'completed'),
       count(*) FILTER (WHERE e.converted_at IS NOT NULL), coalesce(sum(c.value), 0)
FROM journeys_enrollment e LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
WHERE e.journey_id = %s
"""
STEPS = """
SELECT step, count(*) FROM journeys_decision WHERE journey_id = %s AND code = ANY(%s) GROUP BY step
"""
WAITING = """
SELECT step, count(*) FROM journeys_enrollment WHERE journey_id = %s AND status = 'active'
GROUP BY step
"""
HOLDOUT = """
SELECT CASE WHEN ghost IN ('holdout', 'global') THEN ghost ELSE '' END AS kept, count(*),
       count(*) FILTER (WHERE converted), coalesce(sum(value), 0)
FROM (
    SELECT e.customer_id, min(e.ghost) AS ghost, bool_or(c.at >= e.exposed_at) AS converted,
           sum(c.value) FILTER (WHERE c.at >= e.exposed_at) AS value
    FROM journeys_enrollment e LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
    WHERE e.journey_id = %s AND e.exposed_at IS NOT NULL GROUP BY e.customer_id
) AS customers GROUP BY kept
"""
ARMS = """
SELECT step, arm, count(*), count(*) FILTER (WHERE converted), coalesce(sum(value), 0)
FROM (
    SELECT a.key AS step, a.value AS arm, e.customer_id,
           bool_or(c.enrollment_id IS NOT NULL) AS converted, sum(c.value) AS value
    FROM journeys_enrollment e
    CROSS JOIN LATERAL jsonb_each_text(e.arms) AS a
    LEFT JOIN journeys_conversion c ON c.enrollment_id = e.id
    WHERE e.journey_id = %s AND e.ghost IN ('', 'arm') AND e.arms <> '{}'
    GROUP BY a.key, a.value, e.customer_id
) AS customers GROUP BY step, arm
"""


class Tally(NamedTuple):
    """Customers of an arm, those who converted, and the value they brought."""

    customers: int
    conversions: int
    value: float


NOBODY = Tally(0, 0, 0.0)


def report(slug: str) -> dict[str, Any]:
    """The whole report in the API's shape. Raises Journey.DoesNotExist for an unknown slug."""
    journey = Journey.objects.get(slug=slug)
    loaded = plans.of_versions([journey.live_version_id]) if journey.live_version_id else {}
    version = next(iter(loaded.values()), None)
    return {
        "journey": slug,
        "version": version.number if version else None,
        "totals": _totals(journey.pk),
        "steps": list(_steps(journey, version)) if version else [],
        "experiments": [msgspec.to_builtins(found) for found in _experiments(journey.pk, version)]
        if version
        else [],
    }


def _totals(journey: int) -> dict[str, Any]:
    ((entered, customers, active, left, completed, converted, value),) = _rows(TOTALS, journey)
    return {
        "entered": entered,
        "customers": customers,
        "active": active,
        "left": left,
        "completed": completed,
        "converted": converted,
        "value": float(value),
    }


def _steps(journey: Journey, version: Loaded) -> Iterator[dict[str, Any]]:
    entered = dict(_rows(STEPS, journey.pk, list(ENTERED)))
    waiting = dict(_rows(WAITING, journey.pk))
    sends = messages.by_step(journey.slug)
    for step in version.plan.steps:
        found = sends.get(step.id, messages.NOTHING)
        yield {
            "id": step.id,
            "kind": step.kind,
            "entered": entered.get(step.id, 0),
            "waiting": waiting.get(step.id, 0),
            **msgspec.to_builtins(found),
        }


def _experiments(journey: int, version: Loaded) -> Iterable[Experiment]:
    kept = {row[0]: Tally(row[1], row[2], float(row[3])) for row in _rows(HOLDOUT, journey)}
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
    arms = {(row[0], row[1]): Tally(row[2], row[3], float(row[4])) for row in _rows(ARMS, journey)}
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


def _rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
