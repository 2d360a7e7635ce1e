"""The sandbox's part of the management API: time travel. Refused outside the sandbox."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError

from config import settle
from profiles.core import durations
from profiles.queries import clock

router = Router(tags=["sandbox"])


class AdvanceIn(Schema):
    """How much time passes: `3d`, `90s`; `0s` lets none pass."""

    advance: str = "0s"


@router.post("/clock")
def move_clock(request: HttpRequest, body: AdvanceIn) -> dict[str, Any]:
    """Advance the test clock; every due moment on the way is processed in order."""
    _require_sandbox()
    try:
        step = durations.parse(body.advance)
    except ValueError as error:
        raise HttpError(400, str(error)) from error
    start = clock.now()
    processed = settle.travel(start=start, until=start + step)
    processed += settle.catch_up(clock=clock.now)
    return {"now": _text(clock.now()), "processed": processed}


@router.post("/settle")
def settle_now(request: HttpRequest) -> dict[str, Any]:
    """Answer when nothing is left to do at the present moment."""
    _require_sandbox()
    processed = settle.catch_up(clock=clock.now)
    return {"now": _text(clock.now()), "processed": processed}


def _require_sandbox() -> None:
    if not settings.SOJOURN_SANDBOX:
        raise HttpError(403, "This works in the sandbox only: start with SOJOURN_SANDBOX=1.")


def _text(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
