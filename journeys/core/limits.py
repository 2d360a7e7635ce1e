"""How many customers a journey lets in: altogether, a day, an hour; and a ramp over its first days.

Days and hours are those of the workspace's wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, NamedTuple

import msgspec

from journeys.core.reading import Fields
from profiles.core.conditions.reader import shown

MOST: Final = 1_000_000_000
EXAMPLE: Final = "{day: 500, total: 10000}"
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When the span of `total` began."""

_NUMBER: Mapping[str, Any] = {"type": "integer", "minimum": 1}
SCHEMA: Final[Mapping[str, Any]] = {
    "total": _NUMBER,
    "day": {"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER, "minItems": 1}]},
    "hour": _NUMBER,
}


class Limits(msgspec.Struct, frozen=True):
    """The most who may come in, control groups included; None where there is no limit.

    `day` has a number for each of the first days on which somebody comes in, the last of them for
    all days after; () is no limit.
    """

    total: int | None = None
    day: tuple[int, ...] = ()
    hour: int | None = None


NONE: Final = Limits()


class Place(NamedTuple):
    """The span of a limit that an instant falls into: its kind and when it began."""

    span: str
    start: datetime


class Room(NamedTuple):
    """How many more may come in, and the limit that says so, with its number."""

    left: int
    limit: str
    most: int


def read(fields: Fields) -> Limits:
    """What stands under `limits`; what is wrong is reported."""
    inner = fields.inner("limits", EXAMPLE)
    if inner is None:
        return NONE
    day = inner.get("day")
    written = day if isinstance(day, list) else [day]
    found = Limits(
        total=_number(inner, "total", inner.get("total")),
        day=tuple(n for each in written if (n := _number(inner, "day", each)) is not None),
        hour=_number(inner, "hour", inner.get("hour")),
    )
    inner.close()
    if not any(key in inner.raw for key in SCHEMA):
        fields.report("limits", "missing", f"Say how many may come in, such as {EXAMPLE}.")
    elif day == []:
        inner.report("day", "missing", "Write a number, or one for each of the first days.")
    return found


def _number(fields: Fields, key: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        message = f"Write how many customers, a whole number of 1 or more, not {shown(value)}."
        fields.report(key, "invalid", message)
        return None
    return value


def places(limits: Limits, now: datetime, zone: tzinfo) -> list[Place]:
    """The spans that are limited, at this instant."""
    local = now.astimezone(zone)
    hour = local.replace(minute=0, second=0, microsecond=0)
    found = [
        Place("total", EVER) if limits.total is not None else None,
        Place("day", hour.replace(hour=0, fold=0)) if limits.day else None,
        Place("hour", hour) if limits.hour is not None else None,
    ]
    return [Place(each.span, each.start.astimezone(UTC)) for each in found if each is not None]


def room(limits: Limits, taken: Mapping[str, int], *, earlier_days: int) -> Room:
    """What is left of the tightest limit. `taken` counts by span those who have come in, and
    `earlier_days` is on how many days before this one somebody has.
    """
    most = {
        "total": limits.total,
        "day": limits.day[min(earlier_days, len(limits.day) - 1)] if limits.day else None,
        "hour": limits.hour,
    }
    rooms = [
        Room(max(number - taken.get(span, 0), 0), span, number)
        for span, number in most.items()
        if number is not None
    ]
    return min(rooms)
