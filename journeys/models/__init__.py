"""Tables of WHAT happens next, and why. Facts about one row; no workflows."""

from journeys.models.enrollment import Conversion, Decision, Enrollment, Wait
from journeys.models.journey import Journey, Version
from journeys.models.reading import Cursor, DateEntry, SetAside, Slot

__all__ = [
    "Conversion",
    "Cursor",
    "DateEntry",
    "Decision",
    "Enrollment",
    "Journey",
    "SetAside",
    "Slot",
    "Version",
    "Wait",
]
