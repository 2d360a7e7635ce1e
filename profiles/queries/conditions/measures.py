"""What conditions ask of the event log, gathered so that one pass over the log answers all of it.

Each measure is an aggregate with a FILTER in one grouped sub-select over the customers in question:
on a log of many partitions a sub-select a condition would be planned and probed for each anew. Only
a measure that looks at the entry event stands alone, as it differs from row to row.
"""

from datetime import datetime

from profiles.core.conditions import Check, Event, InJourney, where_references
from profiles.core.conditions.vocabulary import ZERO_WITHOUT_EVENTS
from profiles.queries.conditions.values import (
    NEGATED,
    NO_ENTRY,
    SYMBOLS,
    Facts,
    at_path,
    on_time,
    where_sql,
)

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
RUNS = "array_agg(COALESCE(e.properties ->> 'enrollment', ''))"


class Log:
    """Collects measures; `sql` is the pass that computes them, to be joined as `f`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._columns: dict[str, str] = {}
        self._names: set[str] = set()
        self._since: datetime | None = facts.now

    def __bool__(self) -> bool:
        return bool(self._columns)

    def sql(self, *, customers: str) -> str:
        """One row a customer with all measures. `customers` restricts `e.customer_id`."""
        bind = self._facts.bind
        columns = ", ".join(f"{sql} AS {name}" for sql, name in self._columns.items())
        since = f" AND e.at > {bind.instant(self._since)}" if self._since else ""
        return (
            f"SELECT e.customer_id, {columns} FROM profiles_event e WHERE {customers}"
            f" AND e.name = ANY({bind.texts(sorted(self._names))})"
            f" AND e.at <= {bind.instant(self._facts.now)}{since} GROUP BY e.customer_id"
        )

    def answer(self, event: Event) -> str:
        """Whether every check of the condition holds."""
        kind = event.measure.kind
        value = self._measure(event, AGGREGATES[kind])
        if kind in ZERO_WITHOUT_EVENTS:
            value = f"COALESCE({value}, 0)"
        count = self._measure(event, NUMBERS) if kind == "avg" else ""
        parts = [self._check(check, value, count) for check in event.checks]
        return " AND ".join(parts)

    def in_journey(self, condition: InJourney) -> str:
        """Whether a run through the journey began and did not end."""
        entered, left = (
            f"COALESCE({self._runs(name, condition.journey)}, '{{}}')"
            for name in ("journey.entered", "journey.left")
        )
        return f"NOT ({entered} <@ {left})"

    def _runs(self, name: str, journey: str) -> str:
        bind = self._facts.bind
        own = f"e.properties ->> 'journey' = {bind.text(journey)}"
        self._remember(name, None)
        return self._column(RUNS, f"e.name = {bind.text(name)} AND {own}")

    def _check(self, check: Check, value: str, count: str) -> str:
        if check.operator == "exists":
            return f"{value} IS {'NOT NULL' if check.value else 'NULL'}"
        if check.operator in {"before", "after", "within_last", "within_next"}:
            return f"(({on_time(check, value, self._facts)}) IS TRUE)"
        if check.operator in NEGATED:
            return f"NOT {self._check(Check(NEGATED[check.operator], check.value), value, count)}"
        symbol = SYMBOLS.get(check.operator, "=")
        wanted = check.value if isinstance(check.value, tuple) else (check.value,)
        # A mean is compared without dividing: its sum with so many times the number.
        times = f" * NULLIF({count}, 0)" if count else ""
        bind = self._facts.bind
        parts = [f"{value} {symbol} {bind(str(number), 'numeric')}{times}" for number in wanted]
        return f"(({' OR '.join(parts) or 'false'}) IS TRUE)"

    def _measure(self, event: Event, aggregate: str) -> str:
        facts = self._facts
        value = at_path("e.properties", event.measure.path, facts.bind)
        number = f"CASE WHEN jsonb_typeof({value}) = 'number' THEN ({value})::numeric END"
        expression = aggregate.format(value=value, number=number)
        passes = [f"e.name = {facts.bind.text(event.name)}"]
        since = facts.now - event.within if event.within else None
        if since:
            passes.append(f"e.at > {facts.bind.instant(since)}")
        if event.where:
            passes.append(where_sql(event.where, properties="e.properties", facts=facts))
        if where_references(event.where).entry and facts.entry != NO_ENTRY:
            return self._alone(expression, " AND ".join(passes))
        self._remember(event.name, since)
        return self._column(expression, " AND ".join(passes))

    def _alone(self, expression: str, passes: str) -> str:
        now = self._facts.bind.instant(self._facts.now)
        own = f"e.customer_id = c.id AND e.at <= {now}"
        return f"(SELECT {expression} FROM profiles_event e WHERE {own} AND {passes})"

    def _remember(self, name: str, since: datetime | None) -> None:
        """Widen the pass: to the name, and back to the earliest instant that any measure needs."""
        self._names.add(name)
        if self._since is not None:
            self._since = min(self._since, since) if since else None

    def _column(self, expression: str, passes: str) -> str:
        sql = f"{expression} FILTER (WHERE {passes})"
        return f"f.{self._columns.setdefault(sql, f'm{len(self._columns)}')}"
