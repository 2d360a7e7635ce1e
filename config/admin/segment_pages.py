"""What a segment's page tells beside its condition: how large it was, and why somebody is inside
or outside.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.admin.conditions import language
from config.why import seen
from profiles.admin.base import BaseAdmin, now
from profiles.core.conditions import All, AnyOf, ConditionError, Not, explain, parse
from profiles.models import Customer, Membership, Segment
from profiles.queries import find, segment_sizes, verdict

DAYS = 90
WIDTH, HEIGHT = 600, 120
MOST = 20
"""Customers that a search offers to choose from."""


class Chart(NamedTuple):
    """`line` and `area` are drawn in a box of WIDTH by HEIGHT; `rows` are the same as a table, the
    newest first.
    """

    line: str
    area: str
    rows: list[tuple[dt.date, int, int | None]]
    largest: int
    width: int = WIDTH
    height: int = HEIGHT


def history(segment: Segment, size: int) -> Chart | None:
    """The sizes of the last days and the one of this moment; None while there is one day only."""
    today = segment_sizes.day(now())
    kept = segment_sizes.history(segment.pk, since=today - dt.timedelta(days=DAYS))
    days = [(day, n) for day, n in kept if day < today] + [(today, size)]
    return _drawn(days) if len(days) > 1 else None


def _drawn(days: Sequence[tuple[dt.date, int]]) -> Chart:
    first, last = days[0][0], days[-1][0]
    largest = max(n for _day, n in days)
    points = [
        (
            round((day - first).days / (last - first).days * WIDTH, 1),
            round(HEIGHT - n / max(1, largest) * HEIGHT, 1),
        )
        for day, n in days
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    before = [None, *(n for _day, n in days)]
    rows = [
        (day, n, was if was is None else n - was)
        for (day, n), was in zip(days, before, strict=False)
    ]
    return Chart(line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}", rows[::-1], largest)


class Part(NamedTuple):
    """A part of the condition: what it says, whether it is met, and what it saw."""

    words: str
    holds: bool
    saw: str
    parts: "list[Part]"


def why(admin: BaseAdmin, request: HttpRequest, segment: Segment) -> HttpResponse:
    """Why the customer that was searched for is inside or outside."""
    if not request.user.has_perm("profiles.view_customer"):
        raise PermissionDenied
    term = request.GET.get("who", "").strip()
    found = _chosen(request) or find.find(term)[:MOST]
    names = find.names(found)
    context: dict[str, Any] = {
        "original": segment,
        "title": _("Why in or out? %s") % segment,
        "who": term,
        "found": [(pk, names[pk]) for pk in found if pk in names],
    }
    if len(context["found"]) == 1:
        context |= _answer(segment, context["found"][0][0])
    return admin.page(request, "admin/segment/why.html", context)


def _chosen(request: HttpRequest) -> list[int]:
    given = request.GET.get("customer", "")
    return [int(given)] if given.isascii() and given.isdigit() and len(given) < 19 else []


def _answer(segment: Segment, customer: int) -> dict[str, Any]:
    try:
        condition = parse(segment.condition, entry_allowed=False)
    except ConditionError as error:
        return {"problem": str(error)}
    answer = verdict.answer(condition, customer, now=now())
    if answer is None:
        return {"problem": _("This customer was merged into another one.")}
    place = Membership.objects.filter(segment=segment, customer=customer, member=True).first()
    return {
        "customer": Customer.objects.get(pk=customer),
        "inside": answer.verdict.holds,
        "since": place.since if place else None,
        "changes_at": answer.changes_at,
        "part": _part(answer.verdict),
        "zone": settings.SOJOURN_TIME_ZONE,
    }


def _part(told: verdict.Verdict) -> Part:
    groups = {All: _("All of these hold"), AnyOf: _("At least one of these holds"),
              Not: _("This does not hold")}  # fmt: skip
    words = groups.get(type(told.condition), "") or explain(told.condition, language())
    saw = "" if told.parts or isinstance(told.saw, bool) else seen(told.saw)
    return Part(words, told.holds, saw, [_part(each) for each in told.parts])
