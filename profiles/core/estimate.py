"""From a sample to everybody: a number, and how far from the truth it may be."""

from math import ceil, sqrt

SURE = 1.96
"""Standard errors around an estimate that hold the truth in 95 of 100 samples."""
NONE_SEEN = 3
"""Of n that showed none, in 95 of 100 samples at most 3/n of all are such (the rule of three)."""


def share(found: int, *, of: int, everybody: int) -> tuple[int, int]:
    """(number, margin) of `everybody`, where `found` of `of` drawn at random are such.

    The margin is that of the normal approximation, and by the rule of three where none, or all,
    of the sample are such. Nobody drawn tells nothing: the margin is everybody.
    """
    if of == 0:
        return 0, everybody
    part = found / of
    error = SURE * sqrt(part * (1 - part) / of) if 0 < found < of else min(1.0, NONE_SEEN / of)
    return round(part * everybody), ceil(error * everybody)
