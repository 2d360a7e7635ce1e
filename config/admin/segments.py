"""Segments: a condition as text, what it says in words, who belongs, and what needs it."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin import conditions, segment_pages
from config.admin.conditions import language
from config.admin.written import WrittenAdmin, in_order, read
from journeys.admin import canvas_words
from journeys.admin.document import whole
from journeys.core import source
from journeys.queries.journeys import using_segment
from profiles.admin.base import (
    chip,
    display,
    moment,
    now,
)
from profiles.core.conditions import OPERATORS, ConditionError, explain, parse
from profiles.core.conditions.parse import KINDS
from profiles.models import Segment
from profiles.operations import segments
from profiles.queries.segments import looking_at, sizes

STARTER = """\
all:
  - {attribute: country, in: [DE, AT]}
  - {event: Order Completed, count: {gte: 2}, within: 90d}
"""


@admin.register(Segment)
class SegmentAdmin(WrittenAdmin):
    lead = _("Customers by what they did and what is known of them.")
    list_display = ("name", "words", "size", "state", "changed")
    ordering = ("slug",)
    search_fields = ("slug", "title")
    search_help_text = _("title or name")
    row_page = "admin/segment/page.html"
    called = {
        "name_label": _("Name in conditions"), "name_example": "big-spenders",
        "heading": _("Code"), "rows": 8, "short": True, "drawn": "admin/segment/drawn.html",
    }  # fmt: skip
    new = _("New segment")
    row_posts = ("save", "remove")
    row_views = ("why",)
    counted: dict[int, int] = {}

    def prepare(self, rows: list[Any]) -> None:
        self.counted = sizes()

    def get_urls(self) -> list[URLPattern]:
        return [*conditions.urls(self), *super().get_urls()]

    def show_why(self, request: HttpRequest, row: Segment) -> HttpResponse:
        return segment_pages.why(self, request, row)

    def begun(self, request: HttpRequest) -> dict[str, Any]:
        return {"text": STARTER}

    def kept(
        self, request: HttpRequest, row: Segment | None, given: dict[str, str]
    ) -> tuple[Segment, str]:
        saved = segments.save(
            row.slug if row else given["name"], title=given["title"],
            condition=read(given["source"]), source=given["source"],
            revision=whole(request, "revision") if row else None, now=now(),
        )  # fmt: skip
        return saved, gettext("Saved: everybody is being looked at.")

    def boot_of(self, request: HttpRequest, row: Segment | None) -> dict[str, Any]:
        return _boot(row)

    def row_context(self, request: HttpRequest, row: Segment) -> dict[str, Any]:
        found = _audience(request, row)
        return {
            **self.called,
            "text": row.source
            or source.write(in_order(row.condition, [*sorted(KINDS), *OPERATORS])),
            "name": row.slug,
            "given_title": row.title,
            "revision": row.revision,
            "may_change": self.may_do(request, "save", row),
            "may_remove": self.may_do(request, "remove", row),
            "urls": {name: self.url(name, row.pk) for name in self.row_posts},
            "words": in_words(row.condition),
            "audience": found,
            "history": segment_pages.history(row, sizes().get(row.pk, 0)),
            "boot": _boot(row, locked=not self.may_do(request, "save", row), audience=found),
            "users": [
                *((each.slug, self.url("change", each.id)) for each in looking_at(row.slug)),
                *(
                    (slug, reverse("admin:journeys_journey_change", args=[slug]))
                    for slug in using_segment(row.slug)
                ),
            ],
        }

    def do_remove(self, request: HttpRequest, row: Segment) -> HttpResponse:
        segments.remove(row.slug)
        messages.success(request, gettext("The segment %s is gone.") % row.slug)
        return HttpResponseRedirect(self.url("changelist"))

    @display(description=_("segment"))
    def name(self, segment: Segment) -> SafeString:
        return format_html("<b>{}</b> <span>{}</span>", segment, segment.slug)

    @display(description=_("who belongs"))
    def words(self, segment: Segment) -> str:
        return in_words(segment.condition)

    @display(description=_("customers"))
    def size(self, segment: Segment) -> int:
        return self.counted.get(segment.pk, 0)

    @display(description=_("state"))
    def state(self, segment: Segment) -> str:
        if segment.building:
            return chip(gettext("being filled"), "info")
        return chip(gettext("follows events"), "success")

    @display(description=_("changed"))
    def changed(self, segment: Segment) -> str:
        return moment(segment.updated_at)


def _boot(
    row: Segment | None, *, locked: bool = False, audience: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What the builder on the page needs to begin; `audience` is that of the text on the page."""
    return {
        "urls": conditions.addresses(),
        "slug": row.slug if row else "",
        "locked": locked,
        "audience": audience or None,
        "language": language(),
        **canvas_words.CATALOGUE.told(),
    }


def in_words(condition: Any) -> str:
    try:
        return explain(parse(condition, entry_allowed=False), language())
    except ConditionError as error:
        return str(error)


def _audience(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    """How many belong as things stand, who of them can be reached, and some of them."""
    try:
        condition = parse(segment.condition, entry_allowed=False)
    except ConditionError:
        return {}
    return conditions.shown(request, condition)
