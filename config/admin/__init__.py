"""The admin's wiring: home, health, the sandbox, why, and the tables of other packages."""

from config.admin import people, schedules, segments, site, why

__all__ = ["people", "schedules", "segments", "site", "why"]
