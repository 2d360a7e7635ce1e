"""What conditions ask of the event log, gathered so that one pass over it answers everything.

Each aggregate has a FILTER in one grouped sub-select over the customers in question: on a log of
many partitions a sub-select a condition would be planned and probed for each anew. Only what looks
at the entry event stands alone, as it differs from row to row.
"""

from datetime import datetime

import msgspec

from profiles.core.conditions import Event, Where, where_references
from profiles.queries.conditions.values import NO_ENTRY, Facts, where_sql


class Slice(msgspec.Struct, frozen=True):
    """Events of one name that pass `where`: later than `since` and not later than now, or, with
    `ahead`, those that are still to come.
    """

    name: str
    where: Where = ()
    since: datetime | None = None
    ahead: bool = False

    @classmethod
    def of(cls, event: Event, now: datetime) -> "Slice":
        """The events that the condition is about."""
        since = now - event.within if event.within else None
        return cls(name=event.name, where=event.where, since=since)


class Log:
    """Collects aggregates over slices; `sql` is the pass that computes them, to be joined as `f`.

    `ahead` widens the pass to events that are still to come.
    """

    def __init__(self, facts: Facts, *, ahead: bool = False) -> None:
        self._facts = facts
        self._ahead = ahead
        self._columns: dict[str, str] = {}
        self._names: set[str] = set()
        self._since: datetime | None = facts.now

    def __bool__(self) -> bool:
        return bool(self._columns)

    def sql(self, *, customers: str) -> str:
        """One row a customer with all aggregates. `customers` restricts `e.customer_id`."""
        bind = self._facts.bind
        columns = ", ".join(f"{sql} AS {name}" for sql, name in self._columns.items())
        since = f" AND e.at > {bind.instant(self._since)}" if self._since else ""
        until = "" if self._ahead else f" AND {self._past()}"
        return (
            f"SELECT e.customer_id, {columns} FROM profiles_event e WHERE {customers}"
            f" AND e.name = ANY({bind.texts(sorted(self._names))}){since}{until}"
            " GROUP BY e.customer_id"
        )

    def over(self, found: Slice, aggregate: str) -> str:
        """The value of `aggregate` (SQL over `e`) over the slice; null without events."""
        facts = self._facts
        passes = [f"e.name = {facts.bind.text(found.name)}"]
        if found.ahead:
            passes.append(f"e.at > {facts.bind.instant(facts.now)}")
        elif found.since:
            passes.append(f"e.at > {facts.bind.instant(found.since)}")
        if found.where:
            passes.append(where_sql(found.where, properties="e.properties", facts=facts))
        if where_references(found.where).entry and facts.entry != NO_ENTRY:
            return self._alone(found, aggregate, passes)
        if self._ahead and not found.ahead:
            passes.append(self._past())
        self._widen(found)
        sql = f"{aggregate} FILTER (WHERE {' AND '.join(passes)})"
        return f"f.{self._columns.setdefault(sql, f'm{len(self._columns)}')}"

    def _alone(self, found: Slice, aggregate: str, passes: list[str]) -> str:
        own = ["e.customer_id = c.id", *([] if found.ahead else [self._past()])]
        return f"(SELECT {aggregate} FROM profiles_event e WHERE {' AND '.join(own + passes)})"

    def _past(self) -> str:
        return f"e.at <= {self._facts.bind.instant(self._facts.now)}"

    def _widen(self, found: Slice) -> None:
        """The pass reaches every name, and back to the earliest instant that any slice needs."""
        self._names.add(found.name)
        if not found.ahead and self._since is not None:
            self._since = min(self._since, found.since) if found.since else None
