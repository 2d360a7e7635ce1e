"""The audit log: who did what, to what, and when, with what was before and what is after."""

import datetime as dt
import difflib
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import DASH, ChoiceFilter, ReadOnlyAdmin, chip, display, moment
from profiles.admin.words import Words, word
from profiles.models import AuditEntry
from profiles.queries.audit import actors

ACTIONS: Words = {
    "created": _("created"),
    "changed": _("changed"),
    "deleted": _("deleted"),
    "exported": _("exported"),
    "erased": _("erased"),
    "two_factor_on": _("two-factor sign-in on"),
    "two_factor_off": _("two-factor sign-in off"),
    "recovery_code_used": _("recovery code used"),
    "recovery_codes_made": _("recovery codes made"),
}
TONES = {
    "created": "success",
    "changed": "info",
    "deleted": "danger",
    "erased": "danger",
    "two_factor_on": "success",
    "two_factor_off": "danger",
    "recovery_code_used": "warning",
}
KINDS: Words = {
    "auth.group": _("role"),
    "auth.group_permissions": _("right of a role"),
    "auth.user": _("user"),
    "auth.user_groups": _("role of a user"),
    "auth.user_permissions": _("right of a user"),
    "channels.account": _("provider account"),
    "channels.frequencycap": _("frequency cap"),
    "channels.halt": _("halt"),
    "channels.message": _("message"),
    "channels.seed": _("seed address"),
    "channels.suppression": _("suppression"),
    "channels.template": _("template"),
    "django_celery_beat.periodictask": _("periodic task"),
    "journeys.enrollment": _("customer in a journey"),
    "journeys.journey": _("journey"),
    "journeys.publishrequest": _("request to publish"),
    "journeys.setaside": _("set aside"),
    "journeys.version": _("version of a journey"),
    "profiles.apikey": _("API key"),
    "profiles.customer": _("customer"),
    "profiles.lifecyclemodel": _("lifecycle model"),
    "profiles.segment": _("segment"),
}
SPANS = {"1": _("since yesterday"), "7": _("seven days"), "30": _("thirty days")}
MOST = 4
"""So many fields are named in the list."""
LONG = 120
"""Longer values, and those of several lines, are shown as what differs."""


class ActionFilter(ChoiceFilter):
    title = _("what")
    parameter_name = "action"
    words = dict(ACTIONS)


class KindFilter(ChoiceFilter):
    title = _("kind")
    parameter_name = "kind"
    words = dict(KINDS)


class ActorFilter(ChoiceFilter):
    title = _("who")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name or "-", name or _("the system")) for name in actors()]

    def narrow(self, rows: QuerySet[AuditEntry], value: str) -> QuerySet[AuditEntry]:
        return rows.filter(by="" if value == "-" else value)


class SpanFilter(ChoiceFilter):
    title = _("period")
    parameter_name = "days"
    words = dict(SPANS)

    def narrow(self, rows: QuerySet[AuditEntry], value: str) -> QuerySet[AuditEntry]:
        days = int(value) if value in SPANS else 1
        return rows.filter(at__gte=Now() - dt.timedelta(days=days))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    lead = _("Who changed what, and when. The log grows and is never rewritten.")
    list_display = ("when", "who", "action_chip", "kind_name", "name", "changed")
    list_filter = (ActorFilter, ActionFilter, KindFilter, SpanFilter)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("=label", "=ref")
    search_help_text = _("the name or number of what was changed")
    row_page = "admin/profiles/auditentry/page.html"
    facts = ("when", "who", "action_chip", "kind_name", "name", "note")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup in ("ref", "kind") or super().lookup_allowed(lookup, value, request)

    def row_context(self, request: HttpRequest, row: AuditEntry) -> dict[str, Any]:
        title = f"{self.kind_name(row)} {self.name(row)}: {word(ACTIONS, row.action)}"
        return {**super().row_context(request, row), "title": title, "changes": list(changes(row))}

    @display(description=_("at"))
    def when(self, entry: AuditEntry) -> SafeString | str:
        return moment(entry.at)

    @display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.by or gettext("the system")

    @display(description=_("what"))
    def action_chip(self, entry: AuditEntry) -> SafeString:
        return chip(word(ACTIONS, entry.action), TONES.get(entry.action, ""))

    @display(description=_("kind"))
    def kind_name(self, entry: AuditEntry) -> str:
        return word(KINDS, entry.kind) if entry.kind in KINDS else _table(entry.kind)

    @display(description=_("which"))
    def name(self, entry: AuditEntry) -> str:
        return entry.label or entry.ref or DASH

    @display(description=_("changes"))
    def changed(self, entry: AuditEntry) -> SafeString | str:
        """As forms call the fields; as the log calls them on hover."""
        fields = sorted(entry.changes) if entry.action == "changed" else []
        told = sorted(named(entry, field) for field in fields)
        text = ", ".join(told[:MOST]) + (", …" if len(told) > MOST else "")
        if entry.note or not text:
            return entry.note or DASH
        return format_html('<span title="{}">{}</span>', ", ".join(fields), text)


def changes(entry: AuditEntry) -> Iterator[dict[str, Any]]:
    """Field by field: what was and what is; of long texts the lines that differ."""
    for field, (before, after) in sorted(entry.changes.items()):
        was, now_is = _shown(before), _shown(after)
        if not was and not now_is:
            continue
        label = named(entry, field)
        both = (was, now_is)
        if any(len(text) > LONG or "\n" in text for text in both):
            lines = difflib.unified_diff(was.splitlines(), now_is.splitlines(), lineterm="", n=2)
            yield {
                "field": field,
                "label": label,
                "lines": [_line(line) for line in list(lines)[2:]],
            }
        else:
            yield {"field": field, "label": label, "before": was, "after": now_is}


def _table(kind: str) -> str:
    """What the table itself is called; it may be gone by now."""
    table = _tables().get(kind)
    return str(table.verbose_name) if table else kind


def named(entry: AuditEntry, field: str) -> str:
    """What forms call the field; a table of links between two others has no words of its own."""
    table = _tables().get(entry.kind)
    try:
        return str(getattr(table.get_field(field), "verbose_name", field)) if table else field
    except FieldDoesNotExist:
        return field


@cache
def _tables() -> dict[str, Any]:
    """What is known of each table, by the name that the log has for it."""
    known = apps.get_models(include_auto_created=True)
    return {each._meta.label_lower: each._meta for each in known}


def _line(text: str) -> tuple[str, str]:
    tones = {"+": "success", "-": "danger", "@": "faint"}
    return tones.get(text[:1], ""), text


def _instant(text: str) -> dt.datetime | None:
    """When the text is an exact moment, as the log writes them."""
    try:
        at = dt.datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str):
        at = _instant(value)
        return formats.date_format(timezone.localtime(at), gettext("j M Y, H:i")) if at else value
    return json.dumps(value, ensure_ascii=False, indent=1 if value else None, sort_keys=True)
