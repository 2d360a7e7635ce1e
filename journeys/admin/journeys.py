"""Journeys: their list, and for each its picture, document, report and versions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from journeys.admin.words import STATE_TONES, STATES
from journeys.models import Journey
from journeys.queries.overview import Tally, tallies
from profiles.admin.base import DASH, STAGES, BaseAdmin, ChoiceFilter, chip, display, moment, word


class StateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"
    words = dict(STATES)


class StageFilter(ChoiceFilter):
    title = _("lifecycle stage")
    parameter_name = "stage"
    words = dict(STAGES)


@admin.register(Journey)
class JourneyAdmin(BaseAdmin):
    list_display = ("name", "state_chip", "stage_name", "active", "entered", "converted", "saved")
    list_filter = (StateFilter, StageFilter)
    list_select_related = ("live_version",)
    ordering = ("-updated_at",)
    sortable_by = ()
    search_fields = ("slug", "title")
    search_help_text = _("title or name")
    row_page = "admin/journeys/journey/overview.html"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Journeys are known by their slug; lists of the theme link by number."""
        field = "pk" if object_id.isdigit() else "slug"
        return super().get_object(request, object_id, field)

    def prepare(self, rows: list[Journey]) -> None:
        counts = tallies([journey.pk for journey in rows])
        for journey in rows:
            journey.tally = counts.get(journey.pk, Tally())

    @display(description=_("journey"), header=True)
    def name(self, journey: Journey) -> tuple[str, str]:
        return str(journey), journey.slug

    @display(description=_("state"))
    def state_chip(self, journey: Journey) -> SafeString:
        return chip(word(STATES, journey.state), STATE_TONES[journey.state])

    @display(description=_("stage"))
    def stage_name(self, journey: Journey) -> str:
        return word(STAGES, journey.stage) if journey.stage else DASH

    @display(description=_("on the way"))
    def active(self, journey: Journey) -> SafeString | str:
        return _count(journey, journey.tally.active, status="active")

    @display(description=_("entered"))
    def entered(self, journey: Journey) -> SafeString | str:
        return _count(journey, journey.tally.entered)

    @display(description=_("converted"))
    def converted(self, journey: Journey) -> SafeString | str:
        return _count(journey, journey.tally.converted, converted="yes")

    @display(description=_("saved"))
    def saved(self, journey: Journey) -> SafeString | str:
        return moment(journey.updated_at)


def _count(journey: Journey, number: int, **filters: str) -> SafeString | str:
    url = reverse("admin:journeys_enrollment_changelist")
    query = "&".join(f"{key}={value}" for key, value in {"journey": journey.slug, **filters}.items())
    return format_html('<a class="sj-link" href="{}?{}">{}</a>', url, query, number)


def summaries() -> list[dict[str, Any]]:
    """Every journey with its counts for the home page, the busiest first."""
    rows = list(Journey.objects.only("slug", "title", "state"))
    counts = tallies([journey.pk for journey in rows])
    url = reverse("admin:journeys_enrollment_changelist")
    found = [
        {
            "journey": journey,
            "state": word(STATES, journey.state),
            "tone": STATE_TONES[journey.state],
            "tally": counts.get(journey.pk, Tally()),
            "url": reverse("admin:journeys_journey_change", args=[journey.slug]),
            "list": f"{url}?journey={journey.slug}",
        }
        for journey in rows
    ]
    return sorted(found, key=lambda row: (-row["tally"].active, row["journey"].slug))
