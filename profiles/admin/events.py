"""The event log, newest first."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import display, moment
from profiles.admin.by_customer import ByCustomerAdmin
from profiles.models import Event


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
class EventAdmin(ByCustomerAdmin):
    lead = _("What customers did and what happened to them, newest first.")
    list_display = ("name", "of", "when", "source")
    list_filter = (NameFilter,)
    facts = ("name", "of", "when", "received", "source", "message_id", "properties", "context")

    def row_title(self, row: Event) -> str:
        return row.name

    @display(description=_("at"))
    def when(self, event: Event) -> str:
        return moment(event.at)

    @display(description=_("received"))
    def received(self, event: Event) -> str:
        return moment(event.received_at)
