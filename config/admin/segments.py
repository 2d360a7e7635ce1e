"""Segments: a condition as text, what it says in words, who belongs, and what needs it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from journeys.admin.document import whole
from journeys.core import source
from journeys.core.problem import DocumentError
from journeys.queries.journeys import using_segment
from profiles.admin.base import (
    CHANNELS,
    BaseAdmin,
    Refused,
    chip,
    customer_link,
    display,
    moment,
    now,
    word,
)
from profiles.core.conditions import ConditionError, explain, parse
from profiles.core.conditions.parse import KINDS
from profiles.models import Customer, Segment
from profiles.operations import segments
from profiles.queries import audience
from profiles.queries.segments import sizes

SAMPLE = 10
STARTER = """\
all:
  - {attribute: country, in: [DE, AT]}
  - {event: Order Completed, count: {gte: 2}, within: 90d}
"""


@admin.register(Segment)
class SegmentAdmin(BaseAdmin):
    list_display = ("name", "words", "size", "state", "changed")
    ordering = ("slug",)
    sortable_by = ()
    actions = None
    search_fields = ("slug", "title")
    search_help_text = _("title or name")
    row_page = "admin/segment/page.html"
    row_posts = ("save", "remove")
    counted: dict[int, int] = {}

    def has_delete_permission(self, request: HttpRequest, obj: Segment | None = None) -> bool:
        """A segment goes by its own button, which knows who needs it."""
        return False

    def may_do(self, request: HttpRequest, name: str, row: Any) -> bool:
        right = "delete" if name == "remove" else "change"
        return request.user.has_perm(f"profiles.{right}_segment")

    def prepare(self, rows: list[Any]) -> None:
        self.counted = sizes()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._saved(request, None)
        return self._form(request, {"text": STARTER})

    def row_context(self, request: HttpRequest, row: Segment) -> dict[str, Any]:
        return {
            "text": row.source or source.write(_in_order(row.condition)),
            "name": row.slug,
            "given_title": row.title,
            "revision": row.revision,
            "may_change": self.may_do(request, "save", row),
            "may_remove": self.may_do(request, "remove", row),
            "save_url": self.url("save", row.pk),
            "remove_url": self.url("remove", row.pk),
            "words": in_words(row.condition),
            "audience": _audience(row),
            "users": [
                (slug, reverse("admin:journeys_journey_change", args=[slug]))
                for slug in using_segment(row.slug)
            ],
        }

    def do_save(self, request: HttpRequest, row: Segment) -> HttpResponse:
        return self._saved(request, row)

    def do_remove(self, request: HttpRequest, row: Segment) -> HttpResponse:
        segments.remove(row.slug)
        messages.success(request, gettext("The segment %s is gone.") % row.slug)
        return HttpResponseRedirect(self.url("changelist"))

    def _saved(self, request: HttpRequest, row: Segment | None) -> HttpResponse:
        """Save what was typed, or show it again with what is wrong."""
        given = {name: request.POST.get(name, "").strip() for name in ("name", "title", "source")}
        try:
            saved = segments.save(
                row.slug if row else given["name"],
                title=given["title"][:200],
                condition=_read(given["source"]),
                source=given["source"],
                revision=whole(request, "revision") if row else None,
                now=now(),
            )
        except Refused as refusal:
            return self._form(request, {**self._again(request, row), **_shown(given, refusal)}, row)
        messages.success(request, gettext("Saved: everybody is being looked at."))
        return HttpResponseRedirect(self.row_url(saved))

    def _again(self, request: HttpRequest, row: Segment | None) -> dict[str, Any]:
        return self.row_context(request, row) if row else {}

    def _form(
        self, request: HttpRequest, context: dict[str, Any], row: Segment | None = None
    ) -> HttpResponse:
        frame = {"title": row or gettext("New segment"), "original": row, "may_change": True}
        status = 422 if context.get("problems") else 200
        return self.page(request, self.row_page, {**frame, **context}, status=status)

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


def in_words(condition: Any) -> str:
    try:
        return explain(parse(condition, entry_allowed=False), get_language() or "en")
    except ConditionError as error:
        return str(error)


def _in_order(condition: Any) -> Any:
    """The kind of each condition first: the database keeps no order of keys."""
    if isinstance(condition, list):
        return [_in_order(each) for each in condition]
    if not isinstance(condition, dict):
        return condition
    keys = sorted(condition, key=lambda key: key not in KINDS)
    return {key: _in_order(condition[key]) for key in keys}


def _read(text: str) -> Any:
    try:
        return source.read(text).value
    except DocumentError as error:
        raise Refused("invalid", str(error)) from error


def _shown(given: dict[str, str], refusal: Refused) -> dict[str, Any]:
    """What was typed, and what is wrong with it."""
    told = [(each.path, each.message) for each in refusal.problems] or [("", str(refusal))]
    return {
        "text": given["source"],
        "name": given["name"],
        "given_title": given["title"],
        "problems": told,
    }


def _audience(segment: Segment) -> dict[str, Any]:
    """How many belong as things stand, who of them can be reached, and some of them."""
    try:
        condition = parse(segment.condition, entry_allowed=False)
    except ConditionError:
        return {}
    found = audience.preview(condition, sample=SAMPLE, now=now())
    people = {each.pk: each for each in Customer.objects.filter(pk__in=found.sample)}
    return {
        "count": found.count,
        "reachable": [(word(CHANNELS, name), n) for name, n in found.reachable.items()],
        "dropped": [(each["rule"], each["customers"]) for each in found.dropped_by_rule],
        "sample": [customer_link(pk, str(people[pk])) for pk in found.sample if pk in people],
    }
