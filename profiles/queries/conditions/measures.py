"""Answers that rest on the event log: aggregates over slices of it, compared with what is asked."""

from datetime import timedelta

from profiles.core.conditions import Check, Event, InJourney, InSequence, Measure
from profiles.core.conditions.ast import Clause
from profiles.core.conditions.vocabulary import ZERO_WITHOUT_EVENTS
from profiles.queries.conditions.log import Log, Slice
from profiles.queries.conditions.values import NEGATED, SYMBOLS, Facts, at_path, on_time

AGGREGATES = {
    "count": "count(*)",
    "sum": "sum({number})",
    "avg": "sum({number})",
    "min": "min({number})",
    "max": "max({number})",
    "distinct": "count(DISTINCT NULLIF({value}, 'null'))",
    "first_at": "min(e.at)",
    "last_at": "max(e.at)",
}
NUMBERS = "count({number})"
NEWEST = "array_agg(e.at ORDER BY e.at DESC)"
RUNS = "array_agg(COALESCE(e.properties ->> 'enrollment', ''))"
ENTERED, LEFT = "journey.entered", "journey.left"


def event_sql(event: Event, log: Log, facts: Facts) -> str:
    """Whether every check of the condition holds."""
    value = measured(event, log, facts)
    count = ""
    if event.measure.kind == "avg":
        count = log.over(Slice.of(event, facts.now), over_property(NUMBERS, event.measure, facts))
    return " AND ".join(_holds(check, value, count, facts) for check in event.checks)


def measured(event: Event, log: Log, facts: Facts) -> str:
    """The aggregate of the condition; of a mean, the sum. Null where nothing can be computed."""
    aggregate = over_property(AGGREGATES[event.measure.kind], event.measure, facts)
    value = log.over(Slice.of(event, facts.now), aggregate)
    return f"COALESCE({value}, 0)" if event.measure.kind in ZERO_WITHOUT_EVENTS else value


def begun_sql(sequence: InSequence, log: Log, facts: Facts) -> str:
    """When the latest run through the sequence began, as SQL; null when there is none.

    From its end: of each step the instants from which the rest of the sequence follows.
    """
    since = facts.now - sequence.within if sequence.within else None
    arrays = [log.over(Slice(step.name, step.where, since), NEWEST) for step in sequence.steps]
    found = arrays[-1]
    for these, following in zip(arrays[-2::-1], sequence.steps[:0:-1], strict=True):
        within = seconds(following.within, facts) if following.within else "NULL"
        found = f"profiles_followed({these}, {found}, {within})"
    return f"({found})[1]"


def seconds(length: timedelta, facts: Facts) -> str:
    """An interval of seconds: one of days would follow the clock changes of the session's zone."""
    return f"make_interval(secs => {facts.bind(length.total_seconds(), 'float8')})"


def in_journey_sql(condition: InJourney, log: Log) -> str:
    """Whether a run through the journey began and did not end."""
    entered, left = (
        f"COALESCE({log.over(run_slice(name, condition.journey), RUNS)}, '{{}}')"
        for name in (ENTERED, LEFT)
    )
    return f"NOT ({entered} <@ {left})"


def run_slice(name: str, journey: str, *, ahead: bool = False) -> Slice:
    """The events `name` of one journey."""
    return Slice(name=name, where=(Clause("journey", (Check("eq", journey),)),), ahead=ahead)


def over_property(aggregate: str, measure: Measure, facts: Facts) -> str:
    """The aggregate over the property that the measure is about."""
    value = at_path("e.properties", measure.path, facts.bind)
    number = f"CASE WHEN jsonb_typeof({value}) = 'number' THEN ({value})::numeric END"
    return aggregate.format(value=value, number=number)


def _holds(check: Check, value: str, count: str, facts: Facts) -> str:
    """`value` is SQL for a number or an instant. A mean is compared without dividing: its sum with
    so many times `count`.
    """
    if check.operator == "exists":
        return f"{value} IS {'NOT NULL' if check.value else 'NULL'}"
    if check.operator in {"before", "after", "within_last", "within_next"}:
        return f"(({on_time(check, value, facts)}) IS TRUE)"
    if check.operator in NEGATED:
        positive = Check(NEGATED[check.operator], check.value)
        return f"NOT {_holds(positive, value, count, facts)}"
    symbol = SYMBOLS.get(check.operator, "=")
    wanted = check.value if isinstance(check.value, tuple) else (check.value,)
    times = f" * NULLIF({count}, 0)" if count else ""
    parts = [f"{value} {symbol} {facts.bind(str(each), 'numeric')}{times}" for each in wanted]
    return f"(({' OR '.join(parts) or 'false'}) IS TRUE)"
