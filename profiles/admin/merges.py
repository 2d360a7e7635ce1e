"""Which customers turned out to be one person."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ReadOnlyAdmin, customer_link, display, moment
from profiles.models import Merge


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    list_display = ("when", "kept", "gone", "cause")
    list_select_related = ("survivor", "merged")
    ordering = ("-id",)
    sortable_by = ()
    facts = ("when", "kept", "gone", "cause", "moved")

    @display(description=_("at"))
    def when(self, merge: Merge) -> str:
        return moment(merge.at)

    @display(description=_("kept customer"))
    def kept(self, merge: Merge) -> SafeString:
        return customer_link(merge.survivor_id, str(merge.survivor))

    @display(description=_("merged customer"))
    def gone(self, merge: Merge) -> SafeString:
        return customer_link(merge.merged_id, str(merge.merged))
