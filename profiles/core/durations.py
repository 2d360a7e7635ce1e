"""Durations as people write them: a whole number and one unit, `90s 15m 2h 3d 1w`.

A day is 24 hours. The words for them in English and Russian live here too.
"""

import re
from datetime import timedelta

FORMS = "90s, 15m, 2h, 3d or 1w"
LONGEST = timedelta(days=36_500)
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_WRITTEN = re.compile(r"([+-]?)([0-9]{1,12})([smhdw])", re.ASCII)

_ENGLISH = {
    "d": ("day", "days"),
    "h": ("hour", "hours"),
    "m": ("minute", "minutes"),
    "s": ("second", "seconds"),
}
_RUSSIAN = {
    "d": ("день", "дня", "дней"),
    "h": ("час", "часа", "часов"),
    "m": ("минуту", "минуты", "минут"),
    "s": ("секунду", "секунды", "секунд"),
}


def parse(text: object, *, signed: bool = False) -> timedelta:
    """The duration that `text` writes, `-5d` too when `signed`. ValueError says how to write it."""
    written = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if written is None or (written[1] and not signed):
        raise ValueError(f"Write a duration as a whole number and a unit, such as {FORMS}.")
    seconds = int(written[2]) * SECONDS[written[3]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"A duration is at most {LONGEST.days} days.")
    return timedelta(seconds=-seconds if written[1] == "-" else seconds)


def written(duration: timedelta) -> str:
    """The shortest way to write `duration` (whole seconds): 7200 s is `2h`, 7 days are `7d`."""
    count, unit = largest_unit(duration)
    return f"{count}{unit}"


def words(duration: timedelta, language: str = "en") -> str:
    """`30 days`, `1,000 days`; in Russian the accusative, as after «за»: `30 дней`, `1 неделю` is
    `7 дней`.
    """
    count, unit = largest_unit(duration)
    if language == "ru":
        grouped = f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")
        return f"{grouped} {russian_plural(count, _RUSSIAN[unit])}"
    return f"{count:,} {_ENGLISH[unit][count != 1]}"


def russian_plural(count: int, forms: tuple[str, str, str]) -> str:
    """The form that goes with `count`: 1 день, 2 дня, 5 дней, 11 дней, 21 день."""
    if abs(count) % 100 in range(11, 15):
        return forms[2]
    return forms[(2, 0, 1, 1, 1, 2, 2, 2, 2, 2)[abs(count) % 10]]


def largest_unit(duration: timedelta) -> tuple[int, str]:
    """The largest of days, hours, minutes, seconds that divides the duration, and how many."""
    seconds = int(duration.total_seconds())
    unit = next(unit for unit in "dhms" if seconds % SECONDS[unit] == 0)
    return seconds // SECONDS[unit], unit
