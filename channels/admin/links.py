"""Links and images that were looked at: what became of them, and who shows them."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.admin.words import LINK_VERDICT_TONES, LINK_VERDICTS, link_detail
from channels.models import LinkCheck
from profiles.admin.base import DASH, ChoiceFilter, ReadOnlyAdmin, chip, display, moment, word


class VerdictFilter(ChoiceFilter):
    title = _("verdict")
    parameter_name = "verdict"
    words = dict(LINK_VERDICTS)


class KindFilter(ChoiceFilter):
    title = _("kind")
    parameter_name = "kind"
    words = dict(LinkCheck.KINDS)


def step_link(journey: str, step: str = "") -> SafeString:
    """The step of a journey that a record speaks of, leading to the journey."""
    url = reverse("admin:journeys_journey_change", args=[journey])
    return format_html(
        '<a class="sj-link" href="{}">{}</a><span class="sj-sub">{}</span>', url, journey, step
    )


@admin.register(LinkCheck)
class LinkCheckAdmin(ReadOnlyAdmin):
    lead = _("Links and images of messages that were looked at, and which of them are broken.")
    list_display = ("address", "kind_name", "state", "told", "shown_by", "since", "looked")
    list_filter = (VerdictFilter, KindFilter)
    search_fields = ("url",)
    search_help_text = _("a part of the address")
    ordering = ("-checked_at", "-id")
    sortable_by = ()
    facts = (
        "address", "kind_name", "state", "status", "told", "shown_by", "since", "looked",
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

    @display(description=_("detail"))
    def told(self, row: LinkCheck) -> str:
        return link_detail(row.detail) or DASH

    @display(description=_("used by"))
    def shown_by(self, row: LinkCheck) -> SafeString | str:
        places = [
            (reverse("admin:journeys_journey_change", args=[use.partition("/")[0]]), use)
            for use in row.uses
        ]
        return format_html_join(", ", '<a class="sj-link" href="{}">{}</a>', places) or DASH

    @display(description=_("broken since"))
    def since(self, row: LinkCheck) -> SafeString | str:
        return moment(row.first_broken_at)

    @display(description=_("looked at"))
    def looked(self, row: LinkCheck) -> SafeString | str:
        return moment(row.checked_at)
