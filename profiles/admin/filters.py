"""How lists are narrowed: by a choice, by a text in the address, by days, by a version."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy


class ChoiceFilter(admin.SimpleListFilter):
    """A filter over a closed vocabulary, which never asks the table for its values."""

    words: dict[str, Any] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else self.narrow(queryset, value)

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(**{str(self.parameter_name): value})


class TextFilter(admin.SimpleListFilter):
    """One value, given by a link of a report. Shown only where it is given."""

    column = ""
    """Where it is not called as the filter is."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        value = request.GET.get(str(self.parameter_name))
        return [(value, value)] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return self.narrow(queryset, value) if value else queryset

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(**{self.column or str(self.parameter_name): value})


class SinceFilter(TextFilter):
    """From the beginning of a day of the workspace's zone, which the admin puts in force."""

    title = gettext_lazy("First day")
    parameter_name = "since"

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        at = beginning(value)
        return rows.filter(**{f"{self.column}__gte": at}) if at else rows


class UntilFilter(TextFilter):
    """To the end of a day."""

    title = gettext_lazy("Last day")
    parameter_name = "until"

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        at = beginning(value, after=1)
        return rows.filter(**{f"{self.column}__lt": at}) if at else rows


class VersionFilter(TextFilter):
    """One version of a journey, by its number."""

    title = gettext_lazy("version")
    parameter_name = "version"

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return super().narrow(rows, value) if value.isdecimal() and len(value) < 9 else rows


def beginning(day: str, *, after: int = 0) -> dt.datetime | None:
    """When a day such as 2026-12-01, or the one `after` days later, begins in the zone in force."""
    try:
        first = dt.date.fromisoformat(day) + dt.timedelta(days=after)
        return timezone.make_aware(dt.datetime.combine(first, dt.time.min))
    except (ValueError, OverflowError):
        return None
