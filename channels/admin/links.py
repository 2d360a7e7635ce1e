"""Links and images that were looked at: what became of them, and who shows them."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.admin.words import LINK_VERDICT_TONES, LINK_VERDICTS
from channels.models import LinkCheck
from profiles.admin.base import ChoiceFilter, ReadOnlyAdmin, chip, display, moment, word


class VerdictFilter(ChoiceFilter):
    title = _("verdict")
    parameter_name = "verdict"
    words = dict(LINK_VERDICTS)


@admin.register(LinkCheck)
class LinkCheckAdmin(ReadOnlyAdmin):
    list_display = ("address", "kind_name", "state", "detail", "shown_by", "since", "looked")
    list_filter = (VerdictFilter,)
    search_fields = ("url",)
    search_help_text = _("a part of the address")
    ordering = ("-checked_at", "-id")
    sortable_by = ()
    facts = (
        "address", "kind_name", "state", "status", "detail", "shown_by", "since", "looked",
    )  # fmt: skip

    @display(description=_("address"))
    def address(self, row: LinkCheck) -> str:
        return row.url[:200]

    @display(description=_("kind"))
    def kind_name(self, row: LinkCheck) -> str:
        return str(row.get_kind_display())

    @display(description=_("verdict"))
    def state(self, row: LinkCheck) -> SafeString:
        return chip(word(LINK_VERDICTS, row.verdict), LINK_VERDICT_TONES[row.verdict])

    @display(description=_("used by"))
    def shown_by(self, row: LinkCheck) -> str:
        return ", ".join(row.uses)

    @display(description=_("broken since"))
    def since(self, row: LinkCheck) -> SafeString | str:
        return moment(row.first_broken_at)

    @display(description=_("looked at"))
    def looked(self, row: LinkCheck) -> SafeString | str:
        return moment(row.checked_at)
