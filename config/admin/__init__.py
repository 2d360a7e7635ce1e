"""The admin's wiring: home, health, the sandbox, why, privacy, and the tables of other packages."""

from config.admin import (
    people,
    privacy,
    rehearsals,
    schedules,
    segments,
    site,
    templates,
    walks,
    why,
)

__all__ = [
    "people",
    "privacy",
    "rehearsals",
    "schedules",
    "segments",
    "site",
    "templates",
    "walks",
    "why",
]
