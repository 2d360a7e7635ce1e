"""The reports on customers: what they are worth, how they move between stages, who comes back."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config import pressure as load
from config.admin import pressure
from config.admin.streams import Tell, stream
from journeys.models import Forecast
from journeys.operations import forecasts
from journeys.queries.pressure import forecast
from profiles.admin import history as past
from profiles.admin import worth
from profiles.admin.base import now
from profiles.admin.charts import Chart, answer, month_name, number
from profiles.core.months import month_of, months_before
from profiles.queries import history
from profiles.queries import worth as counted

RIGHT = "profiles.view_customer"
PREDICTS = (RIGHT, "journeys.change_journey")
"""A dry run takes a worker for a while: it is for those who write journeys, as on the canvas."""
STAGE_MONTHS = 13
"""So many months one can go back through the ways between stages."""
SPANS = (6, 12, 24)
PERIODS = (7, 30, 90)

Show = Callable[[HttpRequest], HttpResponse]


def _for_readers(show: Show) -> Show:
    """Reports tell of customers: they are for whoever may see those."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        return show(request)

    return require_safe(view)


@_for_readers
def value(request: HttpRequest) -> HttpResponse:
    """Scores and segments as they stand now."""
    charts = [worth.scores(counted.by_score()), worth.segments(counted.by_segment())]
    return _page(request, "value", charts, tiles=worth.tiles())


@_for_readers
def stages(request: HttpRequest) -> HttpResponse:
    """The ways between stages in one month."""
    at = now()
    known = history.known_moves(now=at, months=STAGE_MONTHS)
    present = month_of(at, zone=settings.SOJOURN_TIME_ZONE)
    counted_months = sorted({move.month for move in known.found}, reverse=True) or [present]
    month = _month(request.GET.get("month", ""), counted_months)
    moves = [move for move in known.found if move.month == month]
    pills = [
        _pill(month_name(each), f"month={each:%Y-%m}", each == month) for each in counted_months
    ]
    chart = past.flow(moves, month=month, query=f"month={month:%Y-%m}")
    return _page(request, "stages", [chart], pills=pills, as_of=as_of(known.at, at))


@_for_readers
def retention(request: HttpRequest) -> HttpResponse:
    """Who came back, and what buyers of a month spent."""
    at = now()
    known = history.known_cohorts(now=at)
    today = month_of(at, zone=settings.SOJOURN_TIME_ZONE)
    asked = request.GET.get("months", "")
    span = int(asked) if asked in map(str, SPANS) else _span(known.found, today)
    query = f"months={span}"
    months = past.months(known.found)
    charts = [
        past.retention(known.found, shown=span, today=today, query=query),
        past.buyers(months, shown=span, today=today, query=query),
    ]
    pills = [_pill(_("last %s months") % each, f"months={each}", each == span) for each in SPANS]
    return _page(
        request, "retention", charts, pills=pills, as_of=as_of(known.at, at),
        tiles=_last_month(months, months_before(today, 1)),
    )  # fmt: skip


def _span(cohorts: Sequence[history.Cohort], today: dt.date) -> int:
    """A year, or two where only they show somebody who came back."""
    year, two = SPANS[1:]
    older = past.kept(cohorts, shown=two, today=today)
    return two if older and not past.kept(cohorts, shown=year, today=today) else year


def _last_month(months: Sequence[past.Month], last: dt.date) -> list[dict[str, Any]]:
    """The last month that is over, beside the one before it."""
    found = {each.month: each for each in months}
    month, before = found.get(last), found.get(months_before(last, 1))
    if month is None:
        return []
    title, of_buyers = month_name(last), _("of %s buyers") % number(month.buyers)
    base = before.buyers if before else 0
    return [
        {"label": _("Buyers in %s") % title, "kind": "number", "value": month.buyers,
         "base": _("%s of them new") % number(month.new)},
        {"label": _("Net revenue per buyer"), "kind": "money",
         "value": float(month.revenue) / month.buyers if month.buyers else None, "base": of_buyers},
        {"label": _("Average order"), "kind": "money",
         "value": float(month.revenue) / month.orders if month.orders else None,
         "base": _("of %s orders") % number(month.orders)},
        {"label": _("Churn"), "kind": "percent",
         "value": 1 - month.returned / base if base else None,
         "base": _("of %s buyers of the month before") % number(base)},
    ]  # fmt: skip


def _month(asked: str, known: Sequence[dt.date]) -> dt.date:
    """The month of the address, or the latest."""
    return next((each for each in known if f"{each:%Y-%m}" == asked), known[0])


def _pill(label: str, query: str, current: bool) -> dict[str, Any]:
    return {"label": label, "url": f"?{query}", "current": current}


def _when(at: dt.datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), _("j M Y, H:i")))


def as_of(at: dt.datetime | None, asked: dt.datetime) -> str:
    """When what is shown was counted; "" where that is now."""
    if at is None:
        return _("Counted every night at 3:25 UTC; the first count is yet to come.")
    if at == asked:
        return ""
    return _("Counted %s, every night anew.") % _when(at)


@_for_readers
def overlap(request: HttpRequest) -> HttpResponse:
    """What fell on customers, and what was predicted last."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else PERIODS[1]
    called, query = pressure.titles(), f"days={days}"
    past = pressure.Told(load.past(days, now=now()), False, called, query)
    charts, row = pressure.drawn(past), forecast()
    coming = pressure.Told(row.found, True, called, query) if row else None
    ahead = pressure.drawn(coming) if coming else []
    return _page(
        request, "overlap", charts, ahead=ahead, template="admin/reports_overlap.html",
        pills=[_pill(_("last %s days") % each, f"days={each}", each == days) for each in PERIODS],
        as_of=_sampled(past.found["every"]), tiles=pressure.tiles(past), periods=PERIODS,
        may_predict=request.user.has_perms(PREDICTS), coming=coming,
        tiles_ahead=pressure.tiles(coming) if coming else [],
        predicted=_predicted(row) if row else "",
        assumes=load.assumes(row.found["days"]) if row else "",
    )  # fmt: skip


@require_POST
def predict(request: HttpRequest) -> StreamingHttpResponse:
    """Predict anew and keep it: how much is done, line by line, and at the end where it stands."""
    if not request.user.has_perms(PREDICTS):
        raise PermissionDenied
    asked = request.POST.get("days", "")
    terms = load.AHEAD._replace(days=int(asked) if asked in map(str, PERIODS) else PERIODS[1])
    at = now()

    def work(tell: Tell) -> str:
        forecasts.keep(load.predict(terms, now=at, tell=tell), now=at)
        return "ahead"

    return stream(work)


def _predicted(row: Forecast) -> str:
    text = _("Predicted %(when)s by a dry run of all live journeys for %(customers)s customers.")
    return text % {"when": _when(row.at), "customers": number(row.found["customers"])}


def _sampled(every: int) -> str:
    return _("Counted for every %sth customer.") % number(every) if every > 1 else ""


PAGES = {"value": value, "stages": stages, "retention": retention, "overlap": overlap}


def _page(
    request: HttpRequest, name: str, charts: Sequence[Chart], *, ahead: Sequence[Chart] = (),
    template: str = "admin/reports.html", **context: Any,
) -> HttpResponse:  # fmt: skip
    """The page, or the file of one of its charts."""
    if file := answer(request, [*charts, *ahead]):
        return file
    titles = {
        "value": _("Value"), "stages": _("Stages by month"), "retention": _("Retention"),
        "overlap": _("Overlap"),
    }  # fmt: skip
    frame: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": titles[name],
        "content_title": _("Reports"),
        "tabs": [
            {"label": titles[each], "url": reverse(f"admin:report_{each}"), "current": each == name}
            for each in PAGES
        ],
        "charts": charts,
        "ahead": ahead,
    }
    return TemplateResponse(request, template, {**frame, **context})
