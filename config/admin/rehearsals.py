"""A dry run on the canvas: what the draft or the live version would do, over the base.

On a private copy; nothing is kept and nobody is written to.
"""

from typing import Any

import msgspec
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _

from config.admin.streams import stream
from config.dry_run import Terms, simulate
from config.dry_run_api import MOST, SAMPLE
from journeys.admin import figures
from journeys.admin.canvas import canvas_views
from journeys.admin.words import DECISIONS
from journeys.core.graph import ENTER, FINISHED
from journeys.models import Journey
from profiles.admin.base import Refused, now, reason, word


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """How many days ahead, for how many customers, by the draft or the live version."""

    days: int = 30
    sample: int = SAMPLE
    live: bool = False


def rehearse(request: HttpRequest, row: Journey) -> StreamingHttpResponse:
    """How much is done, and the figures at the end."""
    asked = msgspec.json.decode(request.body or b"{}", type=Asked)
    if not 1 <= asked.sample <= MOST:
        raise Refused("invalid", _("A dry run here takes 1 to %s customers.") % MOST, status=422)
    terms = Terms(days=asked.days, sample=asked.sample, live=asked.live)
    at = now()
    return stream(lambda tell: _shown(simulate(row.slug, terms, now=at, tell=tell)))


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """The figures as the canvas has the live ones: without lists, for nobody is there."""
    steps = {each["id"]: _unlinked(figures.shown(each)) for each in figures.steps(found)}
    ways = [
        {"from": "" if each["from"] == ENTER else each["from"], "customers": each["customers"],
         "to": FINISHED if each["to"].startswith(f"{FINISHED}:") else each["to"], "url": ""}
        for each in found["edges"]
    ]  # fmt: skip
    return {
        "customers": found["customers"],
        "assumes": found["assumes"],
        "days": found["days"],
        "refused": [
            {"reason": _why(code), "number": number} for code, number in found["refused"].items()
        ],
        "figures": {
            "version": None,
            "steps": steps,
            "ways": ways,
            "entered": sum(each["customers"] for each in ways if not each["from"]),
            "active": sum(each["waiting"] for each in found["steps"]),
            "experiments": {},
            "versions": [],
        },
    }


def _why(code: str) -> str:
    return word(DECISIONS, f"refused_{code}") if f"refused_{code}" in DECISIONS else reason(code)


def _unlinked(step: dict[str, Any]) -> dict[str, Any]:
    reasons = [(why, number, "") for why, number, _url in step["reasons"]]
    counted = {
        key: (each[0], "") for key, each in step.items() if isinstance(each, tuple | list)
        and key != "reasons"
    }  # fmt: skip
    return {**step, **counted, "reasons": reasons}


canvas_views["dryrun"] = {"POST": rehearse}
