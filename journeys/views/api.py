"""The management API's journey routes.

All that the admin does to journeys goes through the same operations.
"""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from journeys.core.problem import Problem
from journeys.core.schema import journey_schema
from journeys.models import Journey
from journeys.operations import admit, contents, draft, publish
from journeys.operations.readiness import readiness
from journeys.operations.release import release
from journeys.operations.replan import preview
from journeys.queries import journeys, proof
from journeys.queries.explain import explain
from journeys.queries.report import report
from profiles.core.answers import Refused
from profiles.queries import clock, customers
from profiles.tasks import ring

router = Router(tags=["journeys"])


class DraftIn(Schema):
    """A document as JSON or as YAML text, and the revision it replaces (null for a new journey)."""

    document: dict[str, Any] | str
    revision: int | None = None


class CheckIn(Schema):
    """A document to check; without one, the saved draft is checked."""

    document: dict[str, Any] | str | None = None


class PlanIn(Schema):
    """`move` sends those who stand at a step of the live version to one of the draft, or says
    `leave`, `stay` (on the version they are on) or `end`.
    """

    move: dict[str, str] = {}


class PublishIn(PlanIn):
    """Without `confirm` nobody is moved off a step that is removed, and nobody leaves. `override`
    is the reason to publish in spite of broken links, texts that cannot be rendered, or an offer
    that is over.
    """

    note: str = Field("", max_length=500)
    confirm: bool = False
    override: str = Field("", max_length=500)


class ProofIn(Schema):
    """For how many customers of the audience, drawn by a hash; `segments` are the most that an SMS
    may have; `live` reads the live version instead of the draft.
    """

    sample: int = Field(1_000, ge=1, le=20_000)
    segments: int = Field(proof.SEGMENTS, ge=1, le=20)
    live: bool = False


class RestoreIn(Schema):
    """A published version, and the revision of the draft that it replaces."""

    version: int = Field(ge=1, le=2_147_483_647)
    revision: int | None = None


class PauseIn(Schema):
    """`freeze`: waits go on where they stood.

    `run`: what falls due meanwhile is due at once on resuming.
    """

    clock: str = "freeze"


class ResumeIn(Schema):
    """Who fell due during a pause that let the clock run goes on at once (`run`) or leaves."""

    overdue: str = "run"


class EnrollIn(Schema):
    """Customers by id, `kind:value` or user id; `properties` become `entry.*`."""

    customers: list[str | int] = Field(max_length=admit.MOST)
    properties: dict[str, Any] = {}


@router.get("/journeys")
def list_journeys(
    request: HttpRequest, cursor: str = "", limit: int = Query(50, ge=1, le=200)
) -> dict[str, Any]:
    """Journeys by name."""
    items = journeys.page(after=cursor, limit=limit + 1)
    following = items[limit - 1]["journey"] if len(items) > limit else None
    return {"items": items[:limit], "next": following}


@router.get("/journeys/{slug}")
def get_journey(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The draft, the state and the versions."""
    return _found(slug)


@router.put("/journeys/{slug}")
def put_journey(request: HttpRequest, slug: str, body: DraftIn) -> dict[str, Any]:
    """Save a draft. A revision that is not the latest is refused with 409."""
    draft.save(slug, body.document, revision=body.revision, by=_who(request), now=clock.now())
    return _found(slug)


@router.delete("/journeys/{slug}")
def delete_journey(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Remove a journey that does not run."""
    publish.delete(slug)
    return {"deleted": slug}


@router.post("/journeys/{slug}/check")
def check_journey(request: HttpRequest, slug: str, body: CheckIn | None = None) -> dict[str, Any]:
    """What keeps the document from being published, and what is worth a second look."""
    document = body.document if body and body.document is not None else _source(slug)
    return {"problems": _problems(document)}


@router.post("/journeys/{slug}/plan")
def plan_journey(request: HttpRequest, slug: str, body: PlanIn | None = None) -> dict[str, Any]:
    """What publishing the draft would do: steps, who stands there, where they would go."""
    source = _source(slug)
    steps = preview(slug, move=body.move if body else {})
    found = readiness(source, now=clock.now())
    problems = [*_problems(source), *map(_told, found.problems)]
    return {"steps": steps, "problems": problems, "delivery": found.told()}


@router.post("/journeys/{slug}/proof")
def proof_journey(request: HttpRequest, slug: str, body: ProofIn | None = None) -> dict[str, Any]:
    """Every text of the journey read for its audience: errors, empty values, lengths, links."""
    given = body or ProofIn(sample=1_000, segments=proof.SEGMENTS)
    return proof.of_journey(slug, proof.Terms(**given.dict()), now=clock.now())


@router.post("/journeys/{slug}/publish")
def publish_journey(
    request: HttpRequest, slug: str, body: PublishIn | None = None
) -> dict[str, Any]:
    """Make the draft the live version; customers inside come along. 409 with the plan when
    somebody would lose the place and `confirm` is not set, and 409 with the problems when what it
    says would not reach the customers whole and `override` gives no reason.
    """
    given = body or PublishIn(note="", override="")
    version, found = release(
        slug, by=_who(request), note=given.note, move=given.move, confirm=given.confirm,
        override=given.override, now=clock.now(),
    )  # fmt: skip
    ring("advance")
    return {**_found(slug), "version": version.number, "delivery": found.told()}


@router.get("/templates/{slug}/uses")
def template_uses(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The running journeys that send a template; one that is not `current` was published before
    its latest version, and takes that when it is published again.
    """
    return {"items": [each._asdict() for each in contents.uses(slug)]}


@router.post("/journeys/{slug}/restore")
def restore_journey(request: HttpRequest, slug: str, body: RestoreIn) -> dict[str, Any]:
    """Make a published version the draft again."""
    draft.restore(
        slug, number=body.version, revision=body.revision, by=_who(request), now=clock.now()
    )
    return _found(slug)


@router.post("/journeys/{slug}/pause")
def pause_journey(request: HttpRequest, slug: str, body: PauseIn | None = None) -> dict[str, Any]:
    """Nobody enters or moves until it is resumed."""
    publish.pause(slug, clock=body.clock if body else "freeze", now=clock.now())
    return _found(slug)


@router.post("/journeys/{slug}/resume")
def resume_journey(request: HttpRequest, slug: str, body: ResumeIn | None = None) -> dict[str, Any]:
    """Go on after a pause."""
    publish.resume(slug, overdue=body.overdue if body else "run", now=clock.now())
    ring("advance")
    return _found(slug)


@router.post("/journeys/{slug}/stop")
def stop_journey(request: HttpRequest, slug: str) -> dict[str, Any]:
    """End it: everybody inside leaves."""
    left = publish.stop(slug, now=clock.now())
    return {**_found(slug), "left": left}


@router.post("/journeys/{slug}/enroll")
def enroll_customers(request: HttpRequest, slug: str, body: EnrollIn) -> dict[str, Any]:
    """Let named customers in through the `api` trigger."""
    found = admit.admit(
        slug, [str(each) for each in body.customers], body.properties, now=clock.now()
    )
    ring("dispatch")
    return found


@router.get("/journeys/{slug}/report")
def get_report(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Step by step and arm by arm, a recount of rows."""
    _found(slug)
    return report(slug)


@router.get("/customers/{reference}/explain")
def explain_customer(
    request: HttpRequest, reference: str, journey: str, at: dt.datetime | None = None
) -> dict[str, Any]:
    """Why the customer did or did not get what in a journey, and what comes next.

    Without `at` also every check that stands between somebody outside and the journey.
    """
    customer = customers.find(reference)
    if customer is None:
        message = f"There is no customer {reference}: give an id, or an identifier as kind:value."
        raise Refused("not_found", message, status=404)
    return explain(customer, _journey(journey), now=clock.now(), at=at and _in_utc(at))


@router.get("/schemas/journey.json")
def get_schema(request: HttpRequest) -> dict[str, Any]:
    """JSON Schema of the journey document."""
    return dict(journey_schema())


def _in_utc(at: dt.datetime) -> dt.datetime:
    try:
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except OverflowError:
        raise Refused("invalid", f"{at.isoformat()} lies outside the calendar.") from None


def _journey(slug: str) -> Journey:
    journey = Journey.objects.filter(slug=slug).first()
    if journey is None:
        raise Refused("not_found", f"There is no journey “{slug}”.", status=404)
    return journey


def _found(slug: str) -> dict[str, Any]:
    found = journeys.one(slug)
    if found is None:
        raise Refused("not_found", f"There is no journey “{slug}”.", status=404)
    return found


def _source(slug: str) -> str:
    _found(slug)
    return journeys.source(slug)


def _problems(document: dict[str, Any] | str) -> list[dict[str, Any]]:
    return [_told(each) for each in draft.check(document)]


def _told(found: Problem) -> dict[str, Any]:
    return {
        "path": found.path, "code": found.code, "message": found.message,
        "severity": found.severity, "line": found.line,
    }  # fmt: skip


def _who(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "auth", None), "name", "") or "api")
