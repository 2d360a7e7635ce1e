"""The dry run's route of the management API: bounded, for a web request waits for it."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from config.dry_run import Terms, simulate
from journeys.operations.refused import Refused
from profiles.queries import clock

router = Router(tags=["journeys"])

SAMPLE, MOST = 5_000, 20_000


class SimulateIn(Schema):
    """How many days ahead, and for how many customers; `seed` draws others of the same number.

    `live` runs the live version instead of the draft, `replay` the days that are past instead of
    those ahead: then `beside` says what customers would have got, and what they got.
    """

    days: int = 30
    sample: int = SAMPLE
    seed: int = 0
    live: bool = False
    replay: bool = False


@router.post("/journeys/{slug}/simulate")
def simulate_journey(
    request: HttpRequest, slug: str, body: SimulateIn | None = None
) -> HttpResponse:
    """A dry run: what the journey would do in the next days. Nothing is kept, nobody is written to.

    The same seed over the same customers gives the same bytes.
    """
    given = body or SimulateIn()
    if given.sample > MOST:
        message = _("At most %(most)s customers here: manage.py simulate takes them all.")
        raise Refused("invalid", message % {"most": MOST})
    found = simulate(slug, Terms(**given.dict()), now=clock.now())
    text = json.dumps(found, sort_keys=True, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8")
