"""The admin's wiring: home, health, the sandbox, and the tables that other packages brought along."""

from config.admin import people, schedules, site

__all__ = ["people", "schedules", "site"]
