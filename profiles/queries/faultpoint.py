"""Named points on the way of an event to its message at which a test lets the process die.

Only settings of tests name any (`FAULTPOINT = "before_http:3,mid_callback:1"`: at the third time,
at the first); a point dies once for a state folder, however many processes are started after it.
"""

import os
import signal
from pathlib import Path

from django.conf import settings

POINTS = frozenset(
    {
        "mid_ingest",
        "before_doorbell",
        "after_step",
        "after_claim",
        "before_http",
        "after_http",
        "mid_batch",
        "mid_callback",
    }
)


def parsed(text: str) -> dict[str, int]:
    """How many times each point is still passed; raises ValueError where there is no such point."""
    found = {}
    for each in filter(None, text.split(",")):
        name, _, number = each.partition(":")
        if name not in POINTS:
            raise ValueError(f"There is no fault point {name}.")
        found[name] = int(number or 1)
    return found


_armed = parsed(getattr(settings, "FAULTPOINT", ""))


def reached(point: str) -> None:
    """Die here, as by a power cut, if this is the time that a test has named."""
    if _armed:
        _count(point)


def _count(point: str) -> None:
    left = _armed.get(point, 0)
    if left:
        _armed[point] = left - 1
        if left == 1 and _first(point):
            os.kill(os.getpid(), signal.SIGKILL)


def _first(point: str) -> bool:
    """Whether nobody has died there yet; who does leaves a mark in the state folder."""
    try:
        (Path(settings.STATE_DIR) / f"died-{point}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
