"""The admin's wiring: home, health, the sandbox, and the tables of other packages."""

from config.admin import people, schedules, segments, site

__all__ = ["people", "schedules", "segments", "site"]
