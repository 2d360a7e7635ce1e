"""The management API's routes for what keeps messages back: frequency caps and halts."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from channels.models import FrequencyCap, Halt
from channels.operations import brakes
from profiles.core.answers import instant_text
from profiles.queries import clock
from profiles.tasks import ring

router = Router(tags=["brakes"])


class CapIn(BaseModel):
    """At most `most` messages in `hours` (rolling) or in a calendar `period` of the customer."""

    most: int = Field(ge=1, le=1000)
    hours: int | None = Field(None, ge=1, le=24 * 366)
    period: Literal["", "day", "week", "month"] = ""
    channel: str = Field("", max_length=50)
    topic: str = Field("", max_length=100)
    reserve_hours: int = Field(2, ge=0, le=24 * 14)


class HaltIn(BaseModel):
    """What is to stop: everything, a channel, or a journey."""

    scope: Literal["all", "channel", "journey"]
    name: str = Field("", max_length=100)
    reason: str = Field("", max_length=500)


@router.get("/caps")
def list_caps(request: HttpRequest) -> dict[str, Any]:
    """The frequency caps, by name."""
    return {"items": [_cap(each) for each in FrequencyCap.objects.order_by("slug")], "next": None}


@router.put("/caps/{slug}")
def put_cap(request: HttpRequest, slug: str, body: CapIn) -> dict[str, Any]:
    """Create or replace a cap. It counts from the next message on, with what was sent before."""
    return _cap(brakes.save_cap(slug, body.model_dump()))


@router.delete("/caps/{slug}")
def delete_cap(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove a cap. Messages that wait for it are looked at again when their time comes."""
    brakes.remove_cap(slug)
    return HttpResponse(status=204)


@router.get("/halts")
def list_halts(request: HttpRequest) -> dict[str, Any]:
    """What is stopped, the oldest halt first."""
    return {"items": [_halt(each) for each in Halt.objects.order_by("id")], "next": None}


@router.post("/halts")
def post_halt(request: HttpRequest, body: HaltIn) -> dict[str, Any]:
    """Stop hand-overs at once. Messages wait until the halt is lifted, or expire."""
    number = brakes.halt(body.scope, body.name, reason=body.reason, by="api", now=clock.now())
    return _halt(Halt.objects.get(pk=number))


@router.delete("/halts/{number}")
def delete_halt(request: HttpRequest, number: int) -> HttpResponse:
    """Lift a halt: what was kept back leaves."""
    brakes.lift_halt(number)
    ring("dispatch")
    return HttpResponse(status=204)


def _cap(cap: FrequencyCap) -> dict[str, Any]:
    names = ("most", "hours", "period", "channel", "topic", "reserve_hours")
    return {"cap": cap.slug, **{name: getattr(cap, name) for name in names}}


def _halt(halt: Halt) -> dict[str, Any]:
    return {
        "id": halt.pk,
        "scope": halt.scope,
        "name": halt.name,
        "reason": halt.reason,
        "by": halt.by,
        "at": instant_text(halt.at),
    }
