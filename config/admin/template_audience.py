"""For whom a template is meant while it is written: everybody, a segment, a journey's audience."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from journeys.core.document import parse
from journeys.core.plan import compile
from journeys.core.problem import DocumentError
from journeys.models import Journey
from profiles.admin.base import Refused, now
from profiles.core.conditions import All, Condition, InSegment, references
from profiles.models import Segment
from profiles.queries import audience
from profiles.queries.seen import CUSTOMERS

MOST = 200
RIGHTS = {"journey": "journeys.view_journey", "segment": "profiles.view_segment"}
EVERYBODY = All(())


def choices(request: HttpRequest) -> list[dict[str, str]]:
    """What may be chosen, each with its kind and title: of what the reader may see."""
    found: list[dict[str, str]] = []
    if request.user.has_perm(RIGHTS["journey"]):
        journeys = Journey.objects.exclude(state="stopped").order_by("slug")
        found += [_choice("journey", each.slug, each.title) for each in journeys[:MOST]]
    if request.user.has_perm(RIGHTS["segment"]):
        segments = Segment.objects.order_by("slug")
        found += [_choice("segment", each.slug, each.title) for each in segments[:MOST]]
    return found


def _choice(kind: str, slug: str, title: str) -> dict[str, str]:
    return {"name": f"{kind}:{slug}", "kind": kind, "title": title or slug}


def people(request: HttpRequest, asked: str) -> list[int] | None:
    """Customers of an audience, `segment:vip` or `journey:welcome`, as many as are looked at while
    somebody writes; None for everybody. Raises Refused.

    A journey's is everybody where it depends on the event by which customers come in.
    """
    if not asked:
        return None
    kind, _colon, slug = asked.replace("\0", "").partition(":")
    if kind not in RIGHTS or not request.user.has_perm(RIGHTS[kind]):
        raise _unknown(asked)
    condition = _of_segment(slug) if kind == "segment" else _of_journey(slug)
    if condition is None:
        raise _unknown(asked)
    if condition == EVERYBODY or references(condition).entry:
        return None
    return audience.some(condition, most=CUSTOMERS, now=now())


def _of_segment(slug: str) -> Condition | None:
    return InSegment(slug) if Segment.objects.filter(slug=slug).exists() else None


def _of_journey(slug: str) -> Condition | None:
    """As it runs; of one that does not run yet, as its draft says."""
    row = Journey.objects.filter(slug=slug).select_related("live_version").first()
    if row is None:
        return None
    try:
        plan = compile(parse(row.live_version.source if row.live_version else row.source))
    except DocumentError as error:
        message = _("The journey “%(journey)s” cannot be read yet: %(problem)s")
        told = message % {"journey": slug, "problem": error.problems[0].message}
        raise Refused("invalid", told, status=422) from error
    return EVERYBODY if plan.enter.audience is None else plan.conditions[plan.enter.audience]


def _unknown(asked: str) -> Refused:
    message = _("There is no audience “%(name)s”: choose another.")
    return Refused("not_found", message % {"name": asked}, status=404)


def told(asked: str, found: list[int] | None) -> dict[str, Any] | None:
    """What the editor says of the audience that was asked for; None of everybody."""
    if not asked:
        return None
    return {"everybody": found is None, "count": len(found or ())}
