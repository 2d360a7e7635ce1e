"""Calls of other systems: whom a journey asked for whom, how often, and what was answered.

Headers and bodies are not shown: they may hold what only the receiver should know.
"""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.admin.links import step_link
from channels.admin.messages import JourneyFilter, StepFilter
from channels.admin.words import CALLS, call_tone
from channels.models import Call
from profiles.admin.base import (
    ChoiceFilter,
    chip,
    display,
    moment,
    word,
)
from profiles.admin.by_customer import ByCustomerAdmin


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    words = dict(CALLS)


@admin.register(Call)
class CallAdmin(ByCustomerAdmin):
    lead = _("What journeys asked of other systems, and what those answered.")
    list_display = ("created", "of", "place", "whom", "state", "attempts", "error")
    list_filter = (StatusFilter, JourneyFilter, StepFilter)
    facts = (
        "of", "place", "whom", "state", "attempts", "http_status", "error", "answer", "uid",
        "created", "ended",
    )  # fmt: skip

    @display(description=_("step"))
    def place(self, call: Call) -> SafeString:
        return step_link(call.journey, call.step)

    @display(description=_("address"))
    def whom(self, call: Call) -> str:
        return f"{call.method} {call.url[:200]}"

    @display(description=_("state"))
    def state(self, call: Call) -> SafeString:
        return chip(word(CALLS, call.status), call_tone(call.status))

    @display(description=_("created"))
    def created(self, call: Call) -> SafeString | str:
        return moment(call.created_at)

    @display(description=_("ended"))
    def ended(self, call: Call) -> SafeString | str:
        return moment(call.ended_at)
