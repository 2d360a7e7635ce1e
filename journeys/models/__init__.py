"""Tables of WHAT happens next, and why. Facts about one row; no workflows."""

from journeys.models.approval import PublishRequest
from journeys.models.enrollment import Arrivals, Conversion, Decision, Enrollment, Wait
from journeys.models.forecast import Forecast
from journeys.models.journey import Journey, Version
from journeys.models.reading import Cursor, DateEntry, Quota, SetAside, Slot

__all__ = [
    "Arrivals",
    "Conversion",
    "Cursor",
    "DateEntry",
    "Decision",
    "Enrollment",
    "Forecast",
    "Journey",
    "PublishRequest",
    "Quota",
    "SetAside",
    "Slot",
    "Version",
    "Wait",
]
