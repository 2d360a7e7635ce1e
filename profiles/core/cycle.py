"""How often people buy: the population's purchase cycle, one customer's own, and calendar months.

Cycles are in seconds. All of it is arithmetic on what the caller knows.
"""

from calendar import monthrange
from datetime import datetime

DAY = 86_400.0
DEFAULT_CYCLE = 60 * DAY
LEAST_GAPS = 200
SHORTEST, LONGEST = DAY, 3_650 * DAY


def population_cycle(median_gap: float | None, gaps: int) -> float:
    """c0: the median of all gaps between purchases, or 60 days below 200 gaps.

    Kept between one day and ten years, so that a base of split orders cannot make everyone late.
    """
    if median_gap is None or gaps < LEAST_GAPS:
        return DEFAULT_CYCLE
    return min(max(float(median_gap), SHORTEST), LONGEST)


def personal_cycle(
    gap_seconds: float, gap_count: int, *, population: float, weight: float = 2, clamp: float = 4
) -> float:
    """cᵢ = (weight·c0 + Σ own gaps) / (weight + number of gaps), within c0/clamp … clamp·c0."""
    shrunk = (weight * population + gap_seconds) / (weight + gap_count)
    return min(max(shrunk, population / clamp), population * clamp)


def months_later(instant: datetime, months: int) -> datetime:
    """The same day and time `months` calendar months on; a day that month lacks is its last one.

    The rule of PostgreSQL's `timestamp + interval`: 31 January + 1 month is 28 or 29 February.
    """
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    day = min(instant.day, monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)
