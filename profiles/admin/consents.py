"""What customers agreed to, and every change of it."""

from collections.abc import Sequence

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import DASH, ChoiceFilter, chip, display, moment
from profiles.admin.by_customer import ByCustomerAdmin
from profiles.admin.words import CHANNELS, STATE_TONES, STATES, word
from profiles.core.consent import PAUSES
from profiles.models import Consent, ConsentChange
from profiles.models.consent import ConsentFacts


class ChannelFilter(ChoiceFilter):
    title = _("channel")
    parameter_name = "channel"
    words = dict(CHANNELS)


class StateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"
    words = dict(STATES)


class ConsentFactsAdmin(ByCustomerAdmin):
    list_display: tuple[str, ...] = (
        "of", "where", "topic_name", "state_label", "source", "when"
    )  # fmt: skip
    list_filter = (ChannelFilter, StateFilter)
    list_display_links = ("state_label",)
    facts: Sequence[str] = (*list_display, "proof")

    def row_title(self, row: ConsentFacts) -> str:
        about = row.topic or gettext("whole channel")
        return f"{self.where(row)}, {about}: {word(STATES, row.state)}"

    @display(description=_("channel"))
    def where(self, consent: ConsentFacts) -> str:
        return word(CHANNELS, consent.channel)

    @display(description=_("topic"))
    def topic_name(self, consent: ConsentFacts) -> str:
        return DASH if consent.state in PAUSES else consent.topic or gettext("whole channel")

    @display(description=_("state"))
    def state_label(self, consent: ConsentFacts) -> str:
        said = word(STATES, consent.state)
        if consent.until is not None:
            said = format_html("{} {} {}", said, gettext("until"), moment(consent.until))
        return chip(said, STATE_TONES.get(consent.state, ""))

    @display(description=_("at"))
    def when(self, consent: ConsentFacts) -> str:
        return moment(consent.at)


@admin.register(Consent)
class ConsentAdmin(ConsentFactsAdmin):
    lead = _("What each customer allows now, by channel and topic.")


@admin.register(ConsentChange)
class ConsentChangeAdmin(ConsentFactsAdmin):
    lead = _("Every yes and no of every customer, with where it came from and its proof.")
    list_display = ("of", "where", "topic_name", "previous_state", "state_label", "source", "when")
    facts = (*list_display, "proof")

    @display(description=_("before"))
    def previous_state(self, change: ConsentChange) -> str:
        return word(STATES, change.previous) or DASH
