"""Which customers turned out to be one person."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ReadOnlyAdmin, customer_link, display, moment, word
from profiles.admin.words import Words
from profiles.models import Merge

CAUSES: Words = {
    "alias": _("the shop named two ids of one person"),
    "identify": _("an anonymous visitor turned out to be a known customer"),
}


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    lead = _("Customers who turned out to be one person: who stayed and who was merged into them.")
    list_display = ("when", "kept", "gone", "because")
    list_select_related = ("survivor", "merged")
    ordering = ("-id",)
    sortable_by = ()
    facts = ("when", "kept", "gone", "because", "moved")

    def row_title(self, row: Merge) -> str:
        return f"{row.merged} → {row.survivor}"

    @display(description=_("cause"))
    def because(self, merge: Merge) -> str:
        return word(CAUSES, merge.cause)

    @display(description=_("at"))
    def when(self, merge: Merge) -> str:
        return moment(merge.at)

    @display(description=_("kept customer"))
    def kept(self, merge: Merge) -> SafeString:
        return customer_link(merge.survivor_id, str(merge.survivor))

    @display(description=_("merged customer"))
    def gone(self, merge: Merge) -> SafeString:
        return customer_link(merge.merged_id, str(merge.merged))
