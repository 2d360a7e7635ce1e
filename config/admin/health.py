"""The health page: which parts answer, what waits, what failed."""

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from channels.queries import overview as messages_overview
from config import health
from journeys.queries import overview as journeys_overview
from profiles.admin.base import now


def page(request: HttpRequest) -> HttpResponse:
    at = now()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Health"),
        "content_title": _("Health"),
        "parts": json.loads(health.readyz(request).content)["parts"],
        "now": at,
        "zone": settings.SOJOURN_TIME_ZONE,
        "messages_backlog": messages_overview.backlog(now=at),
        "journeys_backlog": journeys_overview.backlog(now=at),
        "set_aside": journeys_overview.set_aside(),
        "paused": messages_overview.paused_accounts(),
    }
    return TemplateResponse(request, "admin/health.html", context)
