"""Who walks where, why they went there, and what failed: records that the engine writes."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from journeys.admin.words import DECISIONS, SET_ASIDE, STATUS_TONES, STATUSES
from journeys.core.decisions import TRACES
from journeys.models import Decision, Enrollment, Journey, SetAside, Version
from profiles.admin.base import (
    DASH,
    GHOSTS,
    ChoiceFilter,
    ReadOnlyAdmin,
    chip,
    customer_link,
    display,
    moment,
    now,
    reason,
    word,
)
from profiles.queries.find import find, names

CUSTOMER_HELP = _("customer: id, identifier, e-mail, phone")


class ByCustomerAdmin(ReadOnlyAdmin):
    """A list of records of customers, found by anything that leads to a customer."""

    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("customer_id",)
    search_help_text = CUSTOMER_HELP

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(customer_id__in=find(search_term)), False

    def prepare(self, rows: list[Any]) -> None:
        known = names({row.customer_id for row in rows})
        for row in rows:
            row.customer_name = known.get(row.customer_id, "")

    @display(description=_("customer"))
    def of(self, row: Any) -> SafeString:
        return customer_link(row.customer_id, getattr(row, "customer_name", ""))

    @display(description=_("journey"))
    def journey_link(self, row: Any) -> SafeString:
        url = reverse("admin:journeys_journey_change", args=[row.journey.slug])
        return format_html('<a class="sj-link" href="{}">{}</a>', url, row.journey)


class JourneyFilter(admin.SimpleListFilter):
    title = _("journey")
    parameter_name = "journey"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (journey.slug, str(journey)) for journey in Journey.objects.order_by("title", "slug")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(journey__slug=self.value()) if self.value() else queryset


class TextFilter(admin.SimpleListFilter):
    """One value, given by a link of a report."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get(str(self.parameter_name))
        return [(value, value)] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class StepFilter(TextFilter):
    title = _("step")
    parameter_name = "step"


class CodeFilter(TextFilter):
    title = _("reason")
    parameter_name = "code"


class ArrivalsFilter(ChoiceFilter):
    """One decision for each arrival at a step: what the report counts as entered."""

    title = _("arrivals at a step")
    parameter_name = "arrivals"
    words = {"yes": _("arrivals only")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(code__in=[code for code, when in TRACES.items() if when == "entered"])


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    words = dict(STATUSES)


class GhostFilter(ChoiceFilter):
    title = _("control group")
    parameter_name = "ghost"
    words = {**GHOSTS, "none": _("none")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(ghost="" if value == "none" else value)


class GoalFilter(ChoiceFilter):
    title = _("goal")
    parameter_name = "converted"
    words = {"yes": _("reached"), "no": _("not reached")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(converted_at__isnull=value == "no")


class DueFilter(ChoiceFilter):
    """Those whose time has come and who stand in a journey that is not paused."""

    title = _("due")
    parameter_name = "due"
    words = {"yes": _("due now")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(status="active", due_at__lte=now()).exclude(journey__state="paused")


@admin.register(Enrollment)
class EnrollmentAdmin(ByCustomerAdmin):
    list_display = ("of", "journey_link", "state", "step", "due", "entered", "goal", "group")
    list_display_links = ("state",)
    list_filter = (JourneyFilter, StatusFilter, GoalFilter, GhostFilter, DueFilter, StepFilter)
    list_select_related = ("journey",)
    facts = (
        "of", "journey_link", "version_number", "state", "why_left", "step", "visit", "since",
        "due",
        "entered", "exposed", "goal", "group", "arms", "entry", "context",
    )  # fmt: skip

    @display(description=_("status"))
    def state(self, row: Enrollment) -> SafeString:
        return chip(word(STATUSES, row.status), STATUS_TONES.get(row.status, ""))

    @display(description=_("left because"))
    def why_left(self, row: Enrollment) -> str:
        return reason(row.left_reason) or DASH

    @display(description=_("version"))
    def version_number(self, row: Enrollment) -> int:
        return row.version.number

    @display(description=_("due"))
    def due(self, row: Enrollment) -> SafeString | str:
        return moment(row.due_at)

    @display(description=_("entered"))
    def entered(self, row: Enrollment) -> SafeString | str:
        return moment(row.entered_at)

    @display(description=_("at this step since"))
    def since(self, row: Enrollment) -> SafeString | str:
        return moment(row.step_at)

    @display(description=_("first message"))
    def exposed(self, row: Enrollment) -> SafeString | str:
        return moment(row.exposed_at)

    @display(description=_("goal reached"))
    def goal(self, row: Enrollment) -> SafeString | str:
        return moment(row.converted_at)

    @display(description=_("control group"))
    def group(self, row: Enrollment) -> str:
        return word(GHOSTS, row.ghost) if row.ghost else DASH


@admin.register(Decision)
class DecisionAdmin(ByCustomerAdmin):
    list_display = ("when", "of", "journey_link", "step", "decided")
    list_filter = (JourneyFilter, ArrivalsFilter, StepFilter, CodeFilter)
    list_select_related = ("journey",)
    facts = (
        "when",
        "of",
        "journey_link",
        "version_number",
        "step",
        "visit",
        "decided",
        "code",
        "inputs",
    )

    @display(description=_("at"))
    def when(self, row: Decision) -> SafeString | str:
        return moment(row.at)

    @display(description=_("decision"))
    def decided(self, row: Decision) -> str:
        return word(DECISIONS, row.code)

    @display(description=_("version"))
    def version_number(self, row: Decision) -> int | str:
        return row.version.number if row.version else DASH


@admin.register(Version)
class VersionAdmin(ReadOnlyAdmin):
    """Reached from a journey's page; its document never changes."""

    list_display = ("journey", "number", "published", "by", "note")
    list_filter = (JourneyFilter,)
    list_select_related = ("journey",)
    ordering = ("-id",)
    sortable_by = ()
    facts = ("journey", "number", "published", "by", "note", "digest", "document")

    @display(description=_("published"))
    def published(self, row: Version) -> SafeString | str:
        return moment(row.published_at)


@admin.register(SetAside)
class SetAsideAdmin(ByCustomerAdmin):
    list_display = ("when", "kind_name", "of", "short_error", "tries", "again")
    facts = ("when", "kind_name", "ref_id", "of", "tries", "again", "error")

    @display(description=_("at"))
    def when(self, row: SetAside) -> SafeString | str:
        return moment(row.at)

    @display(description=_("kind"))
    def kind_name(self, row: SetAside) -> str:
        return word(SET_ASIDE, row.kind)

    @display(description=_("error"))
    def short_error(self, row: SetAside) -> str:
        return row.error[:120]

    @display(description=_("tried again at"))
    def again(self, row: SetAside) -> SafeString | str:
        return moment(row.retry_at)
