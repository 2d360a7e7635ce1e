"""Publishes the starter journeys that the demo runs."""

import datetime as dt
from pathlib import Path

from journeys.operations import draft, publish

STARTERS = ("onboarding", "second-order", "win-back", "champions")
FOLDER = Path(__file__).resolve().parents[2] / "templates" / "messages" / "journeys"


def publish_starters(*, now: dt.datetime) -> list[str]:
    """Save and publish the four journeys. Returns their slugs, in the order of the report."""
    for slug in STARTERS:
        draft.save(
            slug,
            (FOLDER / f"{slug}.yaml").read_text(encoding="utf-8"),
            revision=None,
            by="demo",
            now=now,
        )
        publish.publish(slug, by="demo", note="", now=now)
    return list(STARTERS)
