"""Customers: found by anything one has at hand, and all that is known of one on one page."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import (
    DASH,
    ChoiceFilter,
    ReadOnlyAdmin,
    Refused,
    customer_facts,
    customer_pages,
    customer_panels,
    display,
    moment,
    now,
)
from profiles.admin.charts import money
from profiles.admin.portrait import consents, identities, place, portrait, stage_chip
from profiles.admin.story import history
from profiles.admin.words import SEGMENT_WORDS, STAGES, word
from profiles.core.consent import ConsentChange
from profiles.models import Customer, Segment
from profiles.operations.consent import set_consents
from profiles.queries.find import find

NO_PAGE = "admin/profiles/customer/no_page.html"
MOST_SEGMENTS = 200
"""So many are offered as filters."""


class StageFilter(ChoiceFilter):
    title = _("stage")
    parameter_name = "stage"
    words = dict(STAGES)

    def narrow(self, rows: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        return rows.filter(lifecycle__stage=value)


class SegmentFilter(ChoiceFilter):
    title = _("segment")
    parameter_name = "segment"
    words = dict(SEGMENT_WORDS)

    def narrow(self, rows: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        return rows.filter(lifecycle__segment=value)


class RecencyFilter(ChoiceFilter):
    title = _("recency score")
    parameter_name = "r"
    words = {str(score): f"R {score}" for score in range(5, 0, -1)}

    def narrow(self, rows: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        return rows.filter(**{f"lifecycle__{self.parameter_name}": value})


class FrequencyFilter(RecencyFilter):
    title = _("frequency score")
    parameter_name = "f"
    words = {str(score): f"F {score}" for score in range(5, 0, -1)}


class MemberFilter(ChoiceFilter):
    """Those who belong to a segment that somebody made."""

    title = _("member of")
    parameter_name = "member"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = Segment.objects.order_by("slug")[:MOST_SEGMENTS]
        return [(segment.slug, str(segment)) for segment in found]

    def narrow(self, rows: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        return rows.filter(memberships__segment__slug=value, memberships__member=True)


class KnownFilter(ChoiceFilter):
    title = _("identity")
    parameter_name = "known"
    words = {"yes": _("identified"), "no": _("anonymous")}

    def narrow(self, rows: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        return rows.filter(identified=value == "yes")


class MergedFilter(ChoiceFilter):
    """Customers merged into another are left out unless they are asked for."""

    title = _("merged into another")
    parameter_name = "merged"
    words = {"yes": _("merged only")}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        if self.value() == "yes":
            return queryset.exclude(merged_into=None).exclude(merged_into=F("pk"))
        return queryset.filter(merged_into=None)


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    lead = _("Everybody who is known, and where in the lifecycle each is.")
    list_display = (
        "who",
        "stage",
        "segment",
        "rfm",
        "orders",
        "revenue",
        "last_activity",
        "created",
    )
    list_filter = (
        StageFilter,
        SegmentFilter,
        RecencyFilter,
        FrequencyFilter,
        MemberFilter,
        KnownFilter,
        MergedFilter,
    )
    list_select_related = ("lifecycle",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("id",)
    search_help_text = _("name, e-mail, phone, any identifier")
    row_page = "admin/profiles/customer/page.html"
    row_posts = ("consent",)

    def shown(self) -> Mapping[str, Callable[[HttpRequest, Any], HttpResponse]]:
        return {name: partial(show, self) for name, show in customer_pages.items()}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(pk__in=find(search_term)), False

    @display(description=_("customer"), header=True)
    def who(self, customer: Customer) -> tuple[str, str]:
        name = str(customer)
        reached = " · ".join(filter(None, (customer.email, customer.phone)))
        return name, "" if reached == name else reached

    @display(description=_("stage"))
    def stage(self, customer: Customer) -> SafeString | str:
        state = place(customer)
        return stage_chip(state.stage) if state else DASH

    @display(description=_("segment"))
    def segment(self, customer: Customer) -> str:
        state = place(customer)
        return word(SEGMENT_WORDS, state.segment) if state else DASH

    @display(description=_("RFM"))
    def rfm(self, customer: Customer) -> str:
        state = place(customer)
        return (state.rfm if state else "") or DASH

    @display(description=_("orders"))
    def orders(self, customer: Customer) -> int:
        state = place(customer)
        return state.orders if state else 0

    @display(description=_("net revenue"))
    def revenue(self, customer: Customer) -> str:
        state = place(customer)
        return money(state.revenue) if state and state.orders else DASH

    @display(description=_("last activity"))
    def last_activity(self, customer: Customer) -> str:
        state = place(customer)
        return moment(state.last_activity_at if state else None)

    @display(description=_("known since"))
    def created(self, customer: Customer) -> str:
        return moment(customer.created_at)

    def row_context(self, request: HttpRequest, row: Customer) -> dict[str, Any]:
        panels = [make(request, row.pk) for make in customer_panels]
        return {
            **portrait(row),
            **consents(row),
            **identities(row),
            **history(request, row),
            "further": [fact for tell in customer_facts for fact in tell(request, row.pk)],
            "may_consent": request.user.has_perm("profiles.change_consent"),
            "consent_url": self.url("consent", row.pk),
            "main_panels": [panel for panel in panels if panel.wide],
            "side_panels": [panel for panel in panels if not panel.wide],
        }

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page, or one that says why there is none."""
        if not self.has_view_permission(request):
            context = {"title": gettext("Customers"), "forbidden": True}
            return self.page(request, NO_PAGE, context, status=403)
        try:
            return super().change_view(request, object_id, form_url, extra_context)
        except Http404:
            context = {
                "title": gettext("Unknown customer"),
                "asked": object_id[:100],
                "erased": self.erased(request, object_id),
            }
            return self.page(request, NO_PAGE, context, status=404)

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """Who was erased is nobody any more."""
        found = super().row(request, object_id)
        if found.is_erased:
            raise Http404
        return found

    def erased(self, request: HttpRequest, object_id: str) -> bool:
        found = self.get_object(request, object_id)
        return found is not None and found.is_erased

    def may_do(self, request: HttpRequest, name: str, row: Any) -> bool:
        return request.user.has_perm("profiles.change_consent")

    def do_consent(self, request: HttpRequest, row: Customer) -> None:
        """Record what the customer told an operator."""
        given = request.POST
        try:
            change = ConsentChange(
                customer_id=row.pk,
                channel=given.get("channel", ""),
                topic=given.get("topic", ""),
                state=given.get("state", ""),
                source=f"admin:{request.user.get_username()}",
            )
        except ValueError as error:
            raise Refused("invalid", str(error)) from error
        set_consents([change], now=now())
        self.log_change(request, row, f"{change.channel}/{change.topic or '*'}: {change.state}")
        messages.success(request, gettext("The consent is recorded."))
