"""What falls on customers when all journeys run: routes of the management API."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from config.dry_run import Terms
from config.dry_run_api import MOST
from config.pressure import SAMPLE, past, predict
from journeys.operations.refused import Refused
from profiles.queries import clock

router = Router(tags=["journeys"])


class PredictIn(Schema):
    """How many days ahead, and for how many customers; `seed` draws others of the same number."""

    days: int = 30
    sample: int = SAMPLE
    seed: int = 0


@router.get("/pressure")
def get_pressure(request: HttpRequest, days: int = 30) -> dict[str, Any]:
    """Who stood in two journeys at once, and how many messages each customer got."""
    return past(days, now=clock.now())


@router.post("/pressure/simulate")
def simulate_pressure(request: HttpRequest, body: PredictIn | None = None) -> HttpResponse:
    """The same for the days ahead: a dry run of all live journeys together. Nothing is kept.

    The same seed over the same customers gives the same bytes.
    """
    given = body or PredictIn()
    if given.sample > MOST:
        message = _("At most %(most)s customers here: manage.py pressure takes them all.")
        raise Refused("invalid", message % {"most": MOST})
    found = predict(Terms(**given.dict()), now=clock.now())
    text = json.dumps(found, sort_keys=True, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8")
