"""The admin of journeys: documents, reports, and the records of who walked where."""

from journeys.admin import journeys, panels, records

__all__ = ["journeys", "panels", "records"]
