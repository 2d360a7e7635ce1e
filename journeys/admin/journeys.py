"""Journeys: their list, and for each its picture, document, report and versions."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels.operations import linkcheck
from channels.queries.linkchecks import troubled
from journeys.admin import approvals, document, figures, proofs, ways
from journeys.admin.canvas import CanvasAdmin
from journeys.admin.words import STATE_TONES, STATES, VERDICT_TONES, VERDICTS
from journeys.models import Journey, Version
from journeys.operations import draft, publish
from journeys.operations.release import release
from journeys.queries.overview import Tally, holdouts, tallies
from journeys.queries.report import report
from journeys.queries.ways import MOST, is_cut
from profiles.admin.base import (
    DASH,
    STAGES,
    ChoiceFilter,
    Refused,
    chip,
    display,
    moment,
    now,
    word,
)
from profiles.admin.charts import answer, signed

QUICK = 100_000
"""Up to so many entries the list compares a journey with its holdout; beyond, its report does."""


class StateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"
    words = dict(STATES)


class StageFilter(ChoiceFilter):
    title = _("lifecycle stage")
    parameter_name = "stage"
    words = dict(STAGES)


@admin.register(Journey)
class JourneyAdmin(CanvasAdmin):
    lead = _(
        "What customers go through by themselves: who enters, what they get, and what it brings."
    )
    list_display = (
        "name",
        "state_chip",
        "stage_name",
        "active",
        "entered",
        "converted",
        "lift",
        "saved",
    )
    list_filter = (StateFilter, StageFilter)
    list_select_related = ("live_version",)
    ordering = ("-updated_at",)
    sortable_by = ()
    actions = None
    search_fields = ("slug", "title")
    search_help_text = _("title or name")
    row_page = "admin/journeys/journey/overview.html"
    row_views = ("canvas", "document", "proof", "report", "versions")
    row_posts = (
        "save", "publish", "pause", "resume", "stop", "restore", "discard", "ask", "decline",
    )  # fmt: skip
    rights = {"discard": "delete", "publish": "publish", "decline": "publish",
              **dict.fromkeys(("pause", "resume", "stop"), "pause")}  # fmt: skip
    """The right that a post takes; all others take the right to change."""

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Journeys are known by their slug; the log of changes links by number."""
        found = super().get_object(request, object_id, "slug")
        return found or super().get_object(request, object_id, from_field)

    def row_url(self, row: Journey) -> str:
        return self.url("change", row.slug)

    def has_delete_permission(self, request: HttpRequest, obj: Journey | None = None) -> bool:
        """A journey goes by its own button, which knows what goes with it."""
        return False

    def may_do(self, request: HttpRequest, name: str, row: Any) -> bool:
        right = self.rights.get(name, "change")
        return request.user.has_perm(f"journeys.{right}_journey")

    # Pages

    def row_context(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        found = report(row.slug)
        version = row.live_version
        notes = {step["id"]: _here(step["waiting"]) for step in found["steps"] if step["waiting"]}
        shown = version.source if version else row.source
        return {
            **self._frame(request, row, "overview"),
            "svg": document.drawing(shown, notes=notes),
            "summary": document.summary(shown),
            "totals": figures.totals(found),
            "value": found["totals"]["value"],
            "headline": figures.headline(found),
        }

    def show_canvas(self, request: HttpRequest, row: Journey) -> HttpResponse:
        context = {**self._frame(request, row, "canvas"), "boot": self.boot(request, row)}
        return self.page(request, "admin/journeys/journey/canvas.html", context)

    def show_document(self, request: HttpRequest, row: Journey) -> HttpResponse:
        return self._editor(request, row, row.source)

    def show_report(self, request: HttpRequest, row: Journey) -> HttpResponse:
        found, at = report(row.slug), now()
        period, begun = ways.since(request.GET.get("days", ""), now=at)
        charts = ways.of_journey(row.pk, found, period=period, now=at)
        if file := answer(request, charts):
            return file
        context = {
            **self._frame(request, row, "report"),
            "arms": charts[-1],
            "charts": charts[:-1],
            "pills": ways.pills(period),
            "cut": MOST if is_cut(row.pk, since=begun) else 0,
            "totals": figures.totals(found),
            "value": found["totals"]["value"],
            "steps": figures.steps(found),
            "experiments": figures.experiments(found),
        }
        return self.page(request, "admin/journeys/journey/report.html", context)

    def show_proof(self, request: HttpRequest, row: Journey) -> HttpResponse:
        context = {
            **self._frame(request, row, "proof"),
            **proofs.shown(row, live="live" in request.GET),
        }
        return self.page(request, "admin/journeys/journey/proof.html", context)

    def show_versions(self, request: HttpRequest, row: Journey) -> HttpResponse:
        versions = list(row.versions.order_by("-number"))
        chosen = _chosen(versions, request.GET.get("version", ""))
        context = {
            **self._frame(request, row, "versions"),
            "versions": versions,
            "chosen": chosen,
            "text": chosen.source if chosen else "",
            "svg": document.drawing(chosen.source) if chosen else "",
        }
        return self.page(request, "admin/journeys/journey/versions.html", context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new document; once saved it has its own page."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        text = request.POST.get("source", document.STARTER)
        if request.method == "POST":
            try:
                return self._begin(request, text)
            except Refused as refusal:
                messages.error(request, str(refusal))
        context = {
            "title": gettext("New journey"),
            "text": text,
            "name": request.POST.get("name", ""),
            "may_change": True,
            **document.problems(text),
        }
        return self.page(request, "admin/journeys/journey/add.html", context)

    def _begin(self, request: HttpRequest, text: str) -> HttpResponse:
        """Save a new journey: as typed, or only named, to be drawn. Raises Refused."""
        name, title = (request.POST.get(key, "").strip() for key in ("name", "title"))
        drawn = "source" not in request.POST
        given = document.begun(name, title[:200]) if drawn else text
        journey = document.save_new(request, given)
        self.log_addition(request, journey, "saved")
        if drawn:
            return HttpResponseRedirect(self.url("canvas", journey.slug))
        messages.success(request, gettext("The draft is saved."))
        return HttpResponseRedirect(self.url("document", journey.slug))

    def _editor(
        self, request: HttpRequest, row: Journey, text: str, *, status: int = 200
    ) -> HttpResponse:
        context = {
            **self._frame(request, row, "document"),
            "text": text,
            "svg": document.drawing(text),
            **document.problems(text),
        }
        return self.page(request, "admin/journeys/journey/document.html", context, status=status)

    def _frame(self, request: HttpRequest, row: Journey, tab: str) -> dict[str, Any]:
        """What all pages of a journey share: its head, its buttons, its tabs."""
        tabs = [
            ("overview", gettext("Overview"), self.row_url(row)),
            ("canvas", gettext("Canvas"), self.url("canvas", row.slug)),
            ("document", gettext("Document"), self.url("document", row.slug)),
            ("proof", gettext("Proof"), self.url("proof", row.slug)),
            ("report", gettext("Report"), self.url("report", row.slug)),
            ("versions", gettext("Versions"), self.url("versions", row.slug)),
        ]
        return {
            "original": row,
            "title": str(row),
            "state": word(STATES, row.state),
            "state_tone": STATE_TONES[row.state],
            "stage": word(STAGES, row.stage),
            "changed": document.differs(row),
            "held": linkcheck.holds(),
            "broken": [each for each in troubled() if each.is_of(row.slug)],
            "plan": document.changes(row),
            "inside": tallies([row.pk]).get(row.pk, Tally()).active,
            "tabs": [
                {"label": label, "url": url, "current": key == tab} for key, label, url in tabs
            ],
            "may_change": self.may_do(request, "save", row),
            "may_delete": self.may_do(request, "discard", row),
            **approvals.frame(request, row, may_publish=self.may_do(request, "publish", row)),
            "may_pause": self.may_do(request, "pause", row),
        }

    # Actions

    def do_save(self, request: HttpRequest, row: Journey) -> HttpResponse:
        text = request.POST.get("source", "").replace("\r\n", "\n")
        try:
            document.save(request, row, text)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return self._editor(request, row, text, status=refusal.status)
        self.log_change(request, row, "saved")
        messages.success(request, gettext("The draft is saved."))
        return HttpResponseRedirect(self.url("document", row.slug))

    def do_publish(self, request: HttpRequest, row: Journey) -> HttpResponse | None:
        note = request.POST.get("note", "").strip()[:500]
        try:
            version = release(
                row.slug, by=request.user.get_username(), note=note, now=now(),
                move=document.moves(request), confirm="confirm" in request.POST,
                override=request.POST.get("override", "")[:500],
            ).version  # fmt: skip
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(self.url("document", row.slug))
        self.log_change(request, row, f"published version {version.number}")
        messages.success(request, gettext("Version %s is live.") % version.number)
        return None

    def do_ask(self, request: HttpRequest, row: Journey) -> None:
        approvals.ask(request, row)
        messages.success(request, gettext("You asked for the draft to be published."))

    def do_decline(self, request: HttpRequest, row: Journey) -> None:
        approvals.decline(request, row)
        messages.success(request, gettext("The request is declined."))

    def do_pause(self, request: HttpRequest, row: Journey) -> None:
        publish.pause(row.slug, clock=request.POST.get("clock", "freeze"), now=now())
        self.log_change(request, row, "paused")
        messages.success(request, gettext("The journey is paused: nobody enters or moves on."))

    def do_restore(self, request: HttpRequest, row: Journey) -> HttpResponse:
        number = document.whole(request, "version") or 0
        draft.restore(
            row.slug, number=number, revision=document.whole(request, "revision"),
            by=request.user.get_username(), now=now(),
        )  # fmt: skip
        self.log_change(request, row, f"restored version {number}")
        messages.success(request, gettext("Version %s is the draft again.") % number)
        return HttpResponseRedirect(self.url("document", row.slug))

    def do_resume(self, request: HttpRequest, row: Journey) -> None:
        publish.resume(row.slug, now=now(), overdue=request.POST.get("overdue", "run"))
        self.log_change(request, row, "resumed")
        messages.success(request, gettext("The journey goes on."))

    def do_stop(self, request: HttpRequest, row: Journey) -> None:
        gone = publish.stop(row.slug, now=now())
        self.log_change(request, row, f"stopped, {gone} left")
        text = ngettext("%s customer left the journey.", "%s customers left the journey.", gone)
        messages.success(request, gettext("The journey is stopped.") + " " + text % gone)

    def do_discard(self, request: HttpRequest, row: Journey) -> HttpResponse:
        self.log_deletions(request, [row])
        publish.delete(row.slug)
        messages.success(request, gettext("The journey is deleted."))
        return HttpResponseRedirect(self.url("changelist"))

    # Columns

    def prepare(self, rows: list[Any]) -> None:
        counts = tallies([journey.pk for journey in rows])
        compared = holdouts([number for number, tally in counts.items() if tally.entered <= QUICK])
        for journey in rows:
            journey.tally = counts.get(journey.pk, Tally())
            journey.holdout = compared.get(journey.pk)

    @display(description=_("journey"), header=True)
    def name(self, journey: Journey) -> tuple[str, str]:
        return str(journey), journey.slug

    @display(description=_("state"))
    def state_chip(self, journey: Journey) -> SafeString:
        return chip(word(STATES, journey.state), STATE_TONES[journey.state])

    @display(description=_("stage"))
    def stage_name(self, journey: Journey) -> str:
        return word(STAGES, journey.stage) or DASH

    @display(description=_("on the way"))
    def active(self, journey: Any) -> SafeString:
        return _count(journey, journey.tally.active, status="active")

    @display(description=_("entered"))
    def entered(self, journey: Any) -> SafeString:
        return _count(journey, journey.tally.entered)

    @display(description=_("converted"))
    def converted(self, journey: Any) -> SafeString:
        return _count(journey, journey.tally.converted, converted="yes")

    @display(description=_("lift against the holdout"))
    def lift(self, journey: Any) -> SafeString | str:
        """Relative, in colour only when it is proven."""
        found = journey.holdout
        if journey.tally.entered > QUICK:
            return format_html(
                '<a class="sj-link" href="{}">{}</a>',
                self.url("report", journey.slug),
                gettext("report"),
            )
        if found is None or found.lift is None:
            return DASH
        return chip(
            signed(found.lift),
            VERDICT_TONES.get(found.verdict, "none"),
            word(VERDICTS, found.verdict),
        )

    @display(description=_("saved"))
    def saved(self, journey: Journey) -> SafeString | str:
        return moment(journey.updated_at)


def _here(number: int) -> str:
    return ngettext("%s waits here", "%s wait here", number) % number


def _chosen(versions: list[Version], number: str) -> Version | None:
    return next(
        (each for each in versions if str(each.number) == number), versions[0] if versions else None
    )


def _count(journey: Journey, number: int, **filters: str) -> SafeString:
    url = reverse("admin:journeys_enrollment_changelist")
    query = "&".join(
        f"{key}={value}" for key, value in {"journey": journey.slug, **filters}.items()
    )
    return format_html('<a class="sj-link" href="{}?{}">{}</a>', url, query, number)
