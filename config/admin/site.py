"""The admin site as a whole: its own pages, its badge, its search, its zone, its content policy."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.i18n import set_language
from unfold.dataclasses import SearchResult

from config.admin import health, privacy, reports, sandbox, two_factor
from journeys.models import Journey
from profiles.models import Customer
from profiles.queries.find import find

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: https:; font-src 'self'; frame-src 'none'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""The theme's Alpine evaluates expressions, hence 'unsafe-eval'; nothing comes from elsewhere."""
FOUND = 10


def pages() -> list[URLPattern]:
    """The pages that belong to no table."""
    view = admin.site.admin_view
    return [
        path("language/", set_language, name="set_language"),
        path("two_factor/", two_factor.page, name="two_factor"),
        path("health/", view(health.page), name="health"),
        path("sandbox/", view(sandbox.page), name="sandbox"),
        path("sandbox/clock/", view(sandbox.move_clock), name="sandbox_clock"),
        *(
            path(f"reports/{name}/", view(show), name=f"report_{name}")
            for name, show in reports.PAGES.items()
        ),
        path("reports/overlap/predict/", view(reports.predict), name="report_predict"),
        *privacy.urls(),
    ]


admin.site.extra_urls = pages  # type: ignore[attr-defined]  # the theme's site mounts what it finds here


def environment(_request: HttpRequest) -> list[str] | None:
    """The badge beside the title: in the sandbox nothing reaches a customer."""
    return [_("Sandbox"), "warning"] if settings.SOJOURN_SANDBOX else None


def search(request: HttpRequest, _lowered: str) -> list[SearchResult]:
    """Customers and journeys for the command search.

    The theme lowers the term, but identifiers mind their case: take it from the request.
    """
    term = request.GET.get("s", "").strip()
    found: list[SearchResult] = []
    if request.user.has_perm("profiles.view_customer"):
        for customer in Customer.objects.filter(pk__in=find(term)).order_by("-pk")[:FOUND]:
            link = reverse("admin:profiles_customer_change", args=[customer.pk])
            title = " · ".join(dict.fromkeys(filter(None, (str(customer), customer.email))))
            found.append(SearchResult(title, _("Customer"), link, "person"))
    if request.user.has_perm("journeys.view_journey"):
        for journey in Journey.objects.filter(title__icontains=term).order_by("title")[:FOUND]:
            link = reverse("admin:journeys_journey_change", args=[journey.pk])
            found.append(SearchResult(str(journey), _("Journey"), link, "route"))
    return found


class AdminFrame:
    """Middleware: the admin speaks in the workspace's zone and loads nothing from elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.zone = ZoneInfo(settings.SOJOURN_TIME_ZONE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        with timezone.override(self.zone):
            response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        return response
