"""The health page: which parts answer, what waits, what failed."""

import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import django
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from channels.queries.health import Health
from channels.queries.health import health as handover
from config import health
from journeys.queries import overview as journeys_overview
from profiles.admin.base import now


def page(request: HttpRequest) -> HttpResponse:
    at = now()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Health"),
        "content_title": _("Health"),
        "now": at,
        "zone": settings.SOJOURN_TIME_ZONE,
        "parts": parts(request),
        "work": work(at),
        "versions": versions(),
    }
    return TemplateResponse(request, "admin/health.html", context)


def parts(request: HttpRequest) -> list[dict[str, str]]:
    """The same answer that load balancers get from /readyz, in words."""
    found: dict[str, str] = json.loads(health.readyz(request).content)["parts"]
    labels = {
        "database": _("Database"),
        "broker": _("Broker"),
        "worker and beat": _("Worker and Beat"),
    }
    return [
        {
            "label": labels.get(name, name),
            "tone": "success" if state == "ok" else "danger",
            "state": _("works") if state == "ok" else _(state),
            "remedy": ""
            if state == "ok" or name != "worker and beat"
            else _("Start them: manage.py up, or one process each."),
        }
        for name, state in found.items()
    ]


def work(at: Any) -> list[dict[str, Any]]:
    """What waits and what failed, each number with its list."""
    customers = journeys_overview.backlog(now=at)
    return [
        _row(
            _("Customers due to move"),
            customers.due,
            "journeys_enrollment",
            "due=yes",
            _since(customers.since),
        ),
        _row(_("Set aside after an error"), journeys_overview.set_aside(), "journeys_setaside"),
        *_messages(handover(now=at)),
    ]


def _messages(found: Health) -> Iterator[dict[str, Any]]:
    table, paused = "channels_message", len(found.paused_accounts)
    yield _row(_("Messages due to leave"), found.due, table, "due=yes", _since(found.oldest_due))
    yield _row(_("Messages whose worker is gone"), found.stuck, table, "due=stuck")
    yield _row(_("Messages nobody can prove"), found.unknown, table, "status=unknown")
    yield _row(_("Paused provider accounts"), paused, "channels_account", "state=paused")


def _row(label: str, number: int, model: str, query: str = "", note: str = "") -> dict[str, Any]:
    url = reverse(f"admin:{model}_changelist")
    return {
        "label": label,
        "number": number,
        "url": f"{url}?{query}" if query else url,
        "note": note,
    }


def _since(at: Any) -> str:
    return _("the first since %s") % _time(at) if at else ""


def _time(at: Any) -> str:
    return formats.date_format(timezone.localtime(at), _("D j M Y, H:i:s"))


def versions() -> list[tuple[str, str]]:
    """What runs here, for a report of a problem."""
    number = connection.pg_version  # type: ignore[attr-defined]  # of PostgreSQL alone
    return [
        ("Sojourn", version("sojourn")),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("PostgreSQL", f"{number // 10000}.{number % 10000}"),
    ]
