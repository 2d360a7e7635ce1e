"""Python lists as PostgreSQL's array literals. The driver's own way costs several times as much."""

from collections.abc import Iterable


def numbers(values: Iterable[int]) -> str:
    """For a parameter cast to `bigint[]`."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Iterable[str]) -> str:
    """For a parameter cast to `text[]`, `jsonb[]` or the like."""
    quoted = [_escaped(value) for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def _escaped(value: str) -> str:
    if "\\" in value or '"' in value:
        return value.replace("\\", "\\\\").replace('"', '\\"')
    return value
