"""The dry run's route of the management API: bounded, for a web request waits for it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from config.dry_run import Terms, simulate, text
from journeys.operations.refused import Refused
from profiles.queries import clock

router = Router(tags=["journeys"])

SAMPLE, MOST = 5_000, 20_000


class AheadIn(Schema):
    """How many days ahead, and for how many customers; `seed` draws others of the same number."""

    days: int = 30
    sample: int = SAMPLE
    seed: int = 0


class SimulateIn(AheadIn):
    """`live` runs the live version instead of the draft, `replay` the days that are past instead of
    those ahead: then `beside` says what customers would have got, and what they got.
    """

    live: bool = False
    replay: bool = False


def terms_of(given: AheadIn, command: str) -> Terms:
    """Within what a request may take; `command` has no bounds. Raises Refused."""
    if given.sample > MOST:
        message = _("At most %(most)s customers here: manage.py %(command)s takes them all.")
        raise Refused("invalid", message % {"most": MOST, "command": command})
    return Terms(**given.dict())


def answer(found: Any) -> HttpResponse:
    return HttpResponse(text(found), content_type="application/json; charset=utf-8")


@router.post("/journeys/{slug}/simulate")
def simulate_journey(
    request: HttpRequest, slug: str, body: SimulateIn | None = None
) -> HttpResponse:
    """A dry run: what the journey would do in the next days. Nothing is kept, nobody is written to.

    The same seed over the same customers gives the same bytes.
    """
    return answer(simulate(slug, terms_of(body or SimulateIn(), "simulate"), now=clock.now()))
