"""Parameters of one statement. A value is bound once, however often the statement names it."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from profiles.core.conditions.ast import Scalar


class Binder:
    """Hands out placeholders with their SQL type; `params` goes to `cursor.execute`."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._names: dict[tuple[str, str], str] = {}

    def __call__(self, value: object, sql_type: str) -> str:
        """A placeholder for `value` as `sql_type`."""
        name = self._names.setdefault((sql_type, repr(value)), f"p{len(self._names)}")
        self.params[name] = value
        return f"%({name})s::{sql_type}"

    def text(self, value: str) -> str:
        return self(value, "text")

    def texts(self, values: Sequence[str]) -> str:
        return self(list(values), "text[]")

    def numbers(self, values: Iterable[int], sql_type: str = "bigint[]") -> str:
        """Whole numbers, written out here: adapting them one by one costs milliseconds a batch."""
        return self(f"{{{','.join(map(str, values))}}}", sql_type)

    def instants(self, values: Iterable[datetime]) -> str:
        return self(f"{{{','.join(value.isoformat() for value in values)}}}", "timestamptz[]")

    def instant(self, value: datetime) -> str:
        return self(value, "timestamptz")

    def json(self, value: object) -> str:
        return self(json.dumps(value), "jsonb")

    def jsons(self, values: Sequence[Scalar]) -> str:
        return self([json.dumps(value) for value in values], "jsonb[]")
