"""The event log, newest first."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ReadOnlyAdmin, customer_link, display, moment
from profiles.models import Event
from profiles.queries.find import find, names


class NameFilter(admin.SimpleListFilter):
    """One event name, given by a link: the log is too long to ask it for all its names."""

    title = _("event name")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        name = request.GET.get("name")
        return [(name, name)] if name else []

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("name", "of", "when", "source")
    list_filter = (NameFilter,)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("customer_id",)
    search_help_text = _("customer: id, identifier, e-mail, phone")
    facts = ("name", "of", "when", "received", "source", "message_id", "properties", "context")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(customer_id__in=find(search_term)), False

    def prepare(self, rows: list[Any]) -> None:
        known = names({event.customer_id for event in rows})
        for event in rows:
            event.customer_name = known.get(event.customer_id, "")

    @display(description=_("customer"))
    def of(self, event: Event) -> SafeString:
        return customer_link(event.customer_id, getattr(event, "customer_name", ""))

    @display(description=_("at"))
    def when(self, event: Event) -> str:
        return moment(event.at)

    @display(description=_("received"))
    def received(self, event: Event) -> str:
        return moment(event.received_at)
