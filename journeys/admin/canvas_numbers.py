"""The figures of the canvas: of all versions and days, or of one version, or of some days."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.translation import gettext as _

from journeys.admin import figures
from journeys.models import Journey
from journeys.queries import passages
from journeys.queries.report import report
from journeys.queries.scope import ALL, Scope
from profiles.admin.base import Refused, beginning

ASKED = ("version", "since", "until")


def scoped(row: Journey, asked: Mapping[str, Any]) -> Scope:
    """What an address asks for: a version's number, and whole days in the zone in force. Raises
    Refused.
    """
    version, number = None, str(asked.get("version", ""))
    if number:
        known = number.isdecimal() and len(number) < 9
        version = row.versions.filter(number=number).first() if known else None
        if version is None:
            raise Refused("not_found", _("There is no version %s.") % number, status=404)
    since, until = asked.get("since", ""), asked.get("until", "")
    first, last = beginning(since), beginning(until, after=1)
    if (since and not first) or (until and not last):
        raise Refused("invalid", _("Write a day as 2026-12-01."), status=422)
    if first and last and first >= last:
        raise Refused("invalid", _("The last day lies before the first."), status=422)
    return Scope(version.pk if version else None, version.number if version else None, first, last)


def numbers(request: HttpRequest, row: Journey) -> HttpResponse:
    """Nothing new is answered by 304."""
    asked = {key: request.GET[key] for key in ASKED if request.GET.get(key)}
    body = msgspec.json.encode(_found(row, scoped(row, asked), asked))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    return HttpResponse(body, content_type="application/json", headers=headers)


def _found(row: Journey, scope: Scope, asked: Mapping[str, str]) -> dict[str, Any]:
    found = report(row.slug, scope)
    ways = passages.counts(row.pk, scope)
    totals = found["totals"]
    begun = sum(each.customers for each in ways if not each.start)
    return {
        "version": found["version"],
        "steps": {each["id"]: figures.shown(each) for each in figures.steps(found, asked)},
        "ways": [_way(row, each, asked) for each in ways],
        "entered": totals["entered"] if scope == ALL else begun,
        "active": totals["active"],
        "experiments": {each["id"]: each for each in figures.experiments(found)},
        "versions": list(row.versions.order_by("-number").values_list("number", flat=True)[:100]),
    }


def _way(row: Journey, found: passages.Passage, asked: Mapping[str, str]) -> dict[str, Any]:
    walks = reverse("admin:journeys_enrollment_changelist")
    place = f"{found.start}{passages.BETWEEN}{found.to}"
    url = f"{walks}?{figures.query(journey=row.slug, way=place, **asked)}"
    return {"from": found.start, "to": found.to, "customers": found.customers, "url": url}
