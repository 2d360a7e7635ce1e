"""Who walks where, why they went there, and what failed: records that the engine writes."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from journeys.admin.canvas_numbers import scoped
from journeys.admin.hands import HandsOn
from journeys.admin.words import DECISIONS, SET_ASIDE, STATUS_TONES, STATUSES
from journeys.core.decisions import ENTERED
from journeys.models import Decision, Enrollment, Journey, SetAside, Version
from journeys.queries import passages
from profiles.admin.base import (
    DASH,
    GHOSTS,
    ChoiceFilter,
    ReadOnlyAdmin,
    Refused,
    SinceFilter,
    TextFilter,
    UntilFilter,
    VersionFilter,
    chip,
    display,
    moment,
    now,
    reason,
    word,
)
from profiles.admin.by_customer import ByCustomerAdmin


class InJourneyAdmin(ByCustomerAdmin):
    """A list of records of customers in journeys."""

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
        return rows.filter(code__in=ENTERED)


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


class OfVersion(VersionFilter):
    column = "version__number"


class DecidedSince(SinceFilter):
    column = "at"


class DecidedUntil(UntilFilter):
    column = "at"


class OnNoWay(TextFilter):
    """Which version, and when, is asked of the walks themselves where no way is."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if request.GET.get("way") else super().queryset(request, queryset)


class OnVersion(OnNoWay, OfVersion):
    pass


class ThereSince(OnNoWay, SinceFilter):
    column = "step_at"


class ThereUntil(OnNoWay, UntilFilter):
    column = "step_at"


class WayFilter(TextFilter):
    """Those who went from one step to another: a count on the canvas."""

    title = _("way")
    parameter_name = "way"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        journey = Journey.objects.filter(slug=request.GET.get("journey", "")).first()
        way = str(self.value() or "")
        if journey is None or passages.BETWEEN not in way:
            return queryset
        try:
            scope = scoped(journey, request.GET)
        except Refused:
            return queryset.none()
        return queryset.filter(pk__in=passages.walks(journey.pk, way, scope))


class DueFilter(ChoiceFilter):
    """Those whose time has come and who stand in a journey that is not paused."""

    title = _("due")
    parameter_name = "due"
    words = {"yes": _("due now")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(status="active", due_at__lte=now()).exclude(journey__state="paused")


@admin.register(Enrollment)
class EnrollmentAdmin(HandsOn, InJourneyAdmin):
    lead = _("Who goes through which journey, at which step each stands, and when it goes on.")
    list_display = ("of", "journey_link", "state", "step", "due", "entered", "goal", "group")
    list_display_links = ("state",)
    list_filter = (JourneyFilter, StatusFilter, GoalFilter, GhostFilter, DueFilter, StepFilter,
                   WayFilter, OnVersion, ThereSince, ThereUntil)  # fmt: skip
    list_select_related = ("journey",)
    facts = (
        "of", "journey_link", "version_number", "state", "why_left", "step", "visit", "since",
        "due",
        "entered", "exposed", "goal", "group", "arms", "entry", "context",
    )  # fmt: skip

    def row_title(self, row: Enrollment) -> str:
        return f"{row.journey}: {row.customer}"

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
class DecisionAdmin(InJourneyAdmin):
    lead = _("Why each customer went where they went: one line for each decision.")
    list_display = ("when", "of", "journey_link", "step", "decided")
    list_filter = (JourneyFilter, ArrivalsFilter, StepFilter, CodeFilter, OfVersion, DecidedSince,
                   DecidedUntil)  # fmt: skip
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

    def row_title(self, row: Decision) -> str:
        return word(DECISIONS, row.code)

    @display(description=_("decision"))
    def decided(self, row: Decision) -> str:
        return word(DECISIONS, row.code)

    @display(description=_("version"))
    def version_number(self, row: Decision) -> int | str:
        return row.version.number if row.version else DASH


@admin.register(Version)
class VersionAdmin(ReadOnlyAdmin):
    """Reached from a journey's page; its document never changes."""

    lead = _("What was published, by whom and when. A published version never changes.")
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
class SetAsideAdmin(InJourneyAdmin):
    lead = _("Events and customers that an error kept back. They are tried again by themselves.")
    list_display = ("when", "kind_name", "of", "short_error", "tries", "again")
    facts = ("when", "kind_name", "ref_id", "of", "tries", "again", "error")

    @display(description=_("at"))
    def when(self, row: SetAside) -> SafeString | str:
        return moment(row.at)

    @display(description=_("kind"))
    def kind_name(self, row: SetAside) -> str:
        return word(SET_ASIDE, row.kind)

    def row_title(self, row: SetAside) -> str:
        return f"{word(SET_ASIDE, row.kind)}: {row.error[:60]}"

    @display(description=_("error"))
    def short_error(self, row: SetAside) -> str:
        return row.error[:120]

    @display(description=_("tried again at"))
    def again(self, row: SetAside) -> SafeString | str:
        return moment(row.retry_at)
