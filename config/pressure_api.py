"""What falls on customers when all journeys run: routes of the management API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from config.dry_run_api import AheadIn, answer, terms_of
from config.pressure import past, predict
from profiles.queries import clock

router = Router(tags=["journeys"])


@router.get("/pressure")
def get_pressure(request: HttpRequest, days: int = 30) -> dict[str, Any]:
    """Who stood in two journeys at once, and how many messages each customer got."""
    return past(days, now=clock.now())


@router.post("/pressure/simulate")
def simulate_pressure(request: HttpRequest, body: AheadIn | None = None) -> HttpResponse:
    """The same for the days ahead: a dry run of all live journeys together. Nothing is kept.

    The same seed over the same customers gives the same bytes.
    """
    return answer(predict(terms_of(body or AheadIn(), "pressure"), now=clock.now()))
