"""What customers agreed to, and every change of it."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ChoiceFilter, ReadOnlyAdmin, chip, customer_link, display, moment
from profiles.admin.words import CHANNELS, STATE_TONES, STATES, word
from profiles.models import Consent, ConsentChange
from profiles.models.consent import ConsentFacts
from profiles.queries.find import find


class ChannelFilter(ChoiceFilter):
    title = _("channel")
    parameter_name = "channel"
    words = dict(CHANNELS)


class StateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"
    words = dict(STATES)


class ConsentFactsAdmin(ReadOnlyAdmin):
    list_display: tuple[str, ...] = (
        "of", "where", "topic_name", "state_label", "source", "when"
    )  # fmt: skip
    list_filter = (ChannelFilter, StateFilter)
    list_select_related = ("customer",)
    list_display_links = ("state_label",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("customer_id",)
    search_help_text = _("customer: id, identifier, e-mail, phone")
    facts: Sequence[str] = (*list_display, "proof")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ConsentFacts], search_term: str
    ) -> tuple[QuerySet[ConsentFacts], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(customer_id__in=find(search_term)), False

    @display(description=_("customer"))
    def of(self, consent: ConsentFacts) -> SafeString:
        return customer_link(consent.customer_id, str(consent.customer))

    @display(description=_("channel"))
    def where(self, consent: ConsentFacts) -> str:
        return word(CHANNELS, consent.channel)

    @display(description=_("topic"))
    def topic_name(self, consent: ConsentFacts) -> str:
        return consent.topic or gettext("whole channel")

    @display(description=_("state"))
    def state_label(self, consent: ConsentFacts) -> str:
        return chip(word(STATES, consent.state), STATE_TONES.get(consent.state, ""))

    @display(description=_("at"))
    def when(self, consent: ConsentFacts) -> str:
        return moment(consent.at)


@admin.register(Consent)
class ConsentAdmin(ConsentFactsAdmin):
    pass


@admin.register(ConsentChange)
class ConsentChangeAdmin(ConsentFactsAdmin):
    list_display = ("of", "where", "topic_name", "previous_state", "state_label", "source", "when")
    facts = (*list_display, "proof")

    @display(description=_("before"))
    def previous_state(self, change: ConsentChange) -> str:
        return word(STATES, change.previous)
