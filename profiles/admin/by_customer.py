"""Lists of records of customers, found by anything that leads to a customer."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ReadOnlyAdmin, customer_link, display
from profiles.queries.find import find, names


class ByCustomerAdmin(ReadOnlyAdmin):
    """Records with a `customer_id`, newest first; `of` names whose each is."""

    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("customer_id",)
    search_help_text = _("customer: id, identifier, e-mail, phone")

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
        known = getattr(row, "customer_name", None)
        name = names({row.customer_id}).get(row.customer_id, "") if known is None else known
        return customer_link(row.customer_id, name)
