"""The one seam to the admin theme: every admin of every house builds on what is here.

No other module imports the theme's ModelAdmin, so that the theme is replaced in one file.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import JSONField, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from profiles.admin.fields import password_input, select, text_area, text_input
from profiles.admin.filters import (
    ChoiceFilter,
    SinceFilter,
    TextFilter,
    UntilFilter,
    VersionFilter,
    beginning,
)
from profiles.admin.words import (
    CHANNELS,
    GHOSTS,
    PURPOSES,
    SEGMENT_WORDS,
    STAGES,
    Words,
    reason,
    word,
)
from profiles.core.answers import Refused
from profiles.core.audited import TABLES
from profiles.operations import audit
from profiles.queries import clock

__all__ = [
    "CHANNELS",
    "DASH",
    "GHOSTS",
    "PURPOSES",
    "SEGMENT_WORDS",
    "STAGES",
    "BaseAdmin",
    "ChoiceFilter",
    "Panel",
    "ReadOnlyAdmin",
    "Refused",
    "SinceFilter",
    "TextFilter",
    "UntilFilter",
    "VersionFilter",
    "Words",
    "beginning",
    "display",
    "moment",
    "password_input",
    "reason",
    "select",
    "text_area",
    "text_input",
    "word",
]

DASH = "–"


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts exactly up to CAP rows and no further, so that a list of millions opens at once."""

    CAP = 100_000

    @cached_property
    def count(self) -> int:
        return min(self._seen, self.CAP)

    @cached_property
    def more(self) -> bool:
        """Are there rows that the count leaves out?"""
        return self._seen > self.CAP

    @cached_property
    def _seen(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list).order_by().values("pk")
        return rows[: self.CAP + 1].count()


class Rows(ChangeList):
    """A list that lets its admin fetch what the rows need, once for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page: Any = self
        page.result_list = list(page.result_list)
        self.model_admin.prepare(page.result_list)

    def url_for_result(self, result: Any) -> str:
        return str(self.model_admin.row_url(result))


class BaseAdmin(ModelAdmin):
    """What all our lists and pages share.

    `row_views` names further pages of one row: `show_NAME(request, row)`, for whoever may see it.
    `row_posts` names what changes one row: `do_NAME(request, row)`, by POST alone, for whoever
    may do so; it may raise `Refused`, whose text is then shown on the row's page.
    """

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_filter_sheet = False
    empty_value_display = DASH
    formfield_overrides = {TextField: {"widget": text_input()}}
    row_views: Sequence[str] = ()
    row_posts: Sequence[str] = ()
    row_page = ""
    """The template of a row's page where that is not a form."""
    list_before_template = "admin/parts/lead.html"
    lead: str | Promise = ""
    """What the list holds and what it is for, in a sentence above it."""
    deletion: str | Promise = ""
    """What deleting a row means, for whoever is about to."""

    def get_urls(self) -> list[URLPattern]:
        views = {name: self._view(show) for name, show in self.shown().items()}
        views |= {name: self._post(name) for name in self.row_posts}
        own = [
            path(f"<path:object_id>/{name}/", view, name=self.route(name))
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def shown(self) -> Mapping[str, Callable[[HttpRequest, Any], HttpResponse]]:
        """The further pages of one row, by name."""
        return {name: getattr(self, f"show_{name}") for name in self.row_views}

    def route(self, name: str) -> str:
        """The route's name without its namespace, such as `journeys_journey_publish`."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def url(self, name: str, *args: object) -> str:
        return reverse(f"{self.admin_site.name}:{self.route(name)}", args=args)

    def row_url(self, row: Any) -> str:
        """The address of a row's page."""
        return self.url("change", row.pk)

    def row_title(self, row: Any) -> str:
        """What the row is called above its page."""
        return str(row)

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """A page of this admin in the theme's frame."""
        request.current_app = self.admin_site.name
        everywhere = self.admin_site.each_context(request)
        frame = {**everywhere, "opts": self.opts, "model_admin": self, "media": self.media}
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.row_page:
            return cast(
                "HttpResponse", super().change_view(request, object_id, form_url, extra_context)
            )
        row = self.row(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        context = {"original": row, "title": self.row_title(row), **self.row_context(request, row)}
        return self.page(request, self.row_page, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done to the row: its part of the audit log."""
        row = self.row(request, unquote(object_id))
        if not request.user.has_perm("profiles.view_auditentry"):
            raise PermissionDenied
        log = reverse(f"{self.admin_site.name}:profiles_auditentry_changelist")
        asked = urlencode({"kind": self.opts.label_lower, "ref": row.pk})
        return HttpResponseRedirect(f"{log}?{asked}")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Back to the list, also where rows are deleted but never changed."""
        answer: HttpResponse = super().response_delete(request, obj_display, obj_id)
        home = reverse(f"{self.admin_site.name}:index")
        back = answer.get("Location") == home and self.has_view_permission(request)
        return HttpResponseRedirect(self.url("changelist")) if back else answer

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        if self.tells(obj):
            super().log_change(request, obj, message)
        else:
            self.put_on_record("changed", obj, str(message))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        if self.tells(obj):
            super().log_addition(request, obj, message)
        else:
            self.put_on_record("created", obj, "")

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            if not self.tells(row):
                self.put_on_record("deleted", row, "")

    def tells(self, row: Any) -> bool:
        """Does the row's table tell the audit log of its changes by itself?"""
        return row._meta.db_table in TABLES

    def put_on_record(self, action: str, row: Any, note: str) -> None:
        """By number, for names of customers have no place in the audit log."""
        audit.write(action, row._meta.label_lower, row.pk, note=note)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Rows]:
        return Rows

    def prepare(self, rows: list[Any]) -> None:
        """Fetch, in few queries, what the columns of these rows show beside the rows themselves."""

    def row_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the template of a row's page shows beside the row."""
        return {}

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """The row of a page, or 404."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def _view(
        self, show: Callable[[HttpRequest, Any], HttpResponse]
    ) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            row = self.row(request, object_id)
            if not self.has_view_or_change_permission(request, row):
                raise PermissionDenied
            return show(request, row)

        return cast("Callable[..., HttpResponse]", require_safe(self.admin_site.admin_view(view)))

    def _post(self, name: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            row = self.row(request, object_id)
            if not self.may_do(request, name, row):
                raise PermissionDenied
            try:
                answer = getattr(self, f"do_{name}")(request, row)
            except Refused as refusal:
                messages.error(request, str(refusal))
                answer = None
            return answer or HttpResponseRedirect(self.row_url(row))

        view.__name__ = f"{name}_view"
        return cast("Callable[..., HttpResponse]", require_POST(self.admin_site.admin_view(view)))

    def may_do(self, request: HttpRequest, name: str, row: Any) -> bool:
        """May this person do this to this row? By default: whoever may change it."""
        return bool(self.has_change_permission(request, row))


class ReadOnlyAdmin(BaseAdmin):
    """Records of what happened: to be read, never written by hand."""

    actions: Sequence[str] | None = None
    row_page = "admin/facts.html"
    facts: Sequence[str] = ()
    """The fields and methods that the row's page shows, in this order; all fields by default."""

    def row_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        names = self.facts or [field.name for field in self.opts.concrete_fields]
        return {"facts": [self._fact(name, row) for name in names]}

    def _fact(self, name: str, row: Any) -> dict[str, Any]:
        field, _attr, value = lookup_field(name, row, self)
        document = isinstance(field, JSONField) or isinstance(value, dict | list)
        shown = value if document or field is None else display_for_field(value, field, DASH)
        if isinstance(value, dt.datetime):
            shown = moment(value)
        plain = document and isinstance(value, dict) and not any(map(_is_deep, value.values()))
        return {
            "label": label_for_field(name, self.model, self),
            "value": DASH if shown in (None, "", {}, []) else shown,
            "document": document,
            "plain": plain,
        }

    def may_do(self, request: HttpRequest, name: str, row: Any) -> bool:
        """Records are not written by hand; actions on them ask for the right to change."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Panel(NamedTuple):
    """A box on the customer's page that another house fills."""

    template: str
    context: dict[str, Any]
    wide: bool = False
    """Above the timeline instead of beside it."""


customer_panels: list[Callable[[HttpRequest, int], Panel]] = []
"""Filled by the admins of channels and journeys: profiles does not know them."""
customer_pages: dict[str, Callable[[BaseAdmin, HttpRequest, Any], HttpResponse]] = {}
"""Further pages of a customer by name, filled by those who know more than profiles does."""


class Fact(NamedTuple):
    """A line of the customer's head: what it is, what is so, and a word below it."""

    label: str
    values: Sequence[SafeString | str]
    note: str = ""


customer_facts: list[Callable[[HttpRequest, int], Iterable[Fact]]] = []
"""Further lines of the head, from those who know more than profiles does."""
line_notes: list[Callable[[HttpRequest, int, Sequence[dict[str, Any]]], None]] = []
"""(request, customer_id, lines) → more about lines of the timeline, put into their `marks` (chips)
and `links` (label, address), by those who know what became of what is told.
"""
decision_words: dict[str, Words] = {}
"""The words for decision codes, by the house that decides: the timeline tells by them."""


def _is_deep(value: Any) -> bool:
    return isinstance(value, dict | list)


def chip(text: str, tone: str = "", hover: str = "") -> SafeString:
    """A word in a coloured frame. Tones: success, warning, danger, info, muted, none."""
    return format_html(
        '<span class="sj-chip sj-tone-{}" title="{}">{}</span>', tone or "none", hover, text
    )


def customer_link(customer_id: int, label: str = "") -> SafeString:
    """A link to the customer's page from a list of any house."""
    url = reverse("admin:profiles_customer_change", args=[customer_id])
    return format_html(
        '<a class="sj-link" href="{}">{}</a>', url, label or _("Customer %s") % customer_id
    )


def moment(at: dt.datetime | None) -> SafeString | str:
    """An instant in the workspace's zone, with its exact UTC form for machines and on hover."""
    if at is None:
        return DASH
    local = timezone.localtime(at)
    text = formats.date_format(local, _("j M Y, H:i"))
    hover = f"{formats.date_format(local, _('D j M Y, H:i:s'))} {settings.SOJOURN_TIME_ZONE}"
    return format_html(
        '<time class="sj-when" datetime="{}" title="{}">{}</time>', at.isoformat(), hover, text
    )


def now() -> dt.datetime:
    """The clock's time: the sandbox's when it is shifted."""
    return clock.now()
