"""The sandbox's pages: what would have been sent, and the test clock."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from channels.admin.preview import preview
from channels.models import Message
from config import settle
from config.admin.access import require_sandbox
from profiles.admin import charts
from profiles.admin.base import CHANNELS, CappedPaginator, customer_link, moment, word
from profiles.core import durations
from profiles.queries import clock

PER_PAGE = 25


def page(request: HttpRequest) -> HttpResponse:
    """Messages that left, newest first, one of them opened."""
    require_sandbox(request)
    left = (
        Message.objects.filter(sent_at__isnull=False)
        .select_related("body", "customer")
        .order_by("-id")
    )
    shown = CappedPaginator(left, PER_PAGE).get_page(request.GET.get("page"))
    chosen = _chosen(request.GET.get("message", ""), list(shown))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Sandbox"),
        "content_title": _("Sandbox"),
        "now": clock.now(),
        "shift": _ahead(clock.shift()),
        "may_move": request.user.is_superuser,
        "shown": shown,
        "rows": [(message, word(CHANNELS, message.channel)) for message in shown],
        "original": chosen,
        **_opened(chosen),
    }
    return TemplateResponse(request, "admin/sandbox.html", context)


def _ahead(shift: dt.timedelta) -> str:
    """How the test clock stands against real time; nothing within a minute."""
    span = abs(shift)
    if span < dt.timedelta(minutes=1):
        return ""
    now = clock.now()
    text = timesince(now - span, now)
    if shift > dt.timedelta():
        return _("%s ahead of real time") % text
    return _("%s behind real time") % text


def _chosen(number: str, shown: list[Message]) -> Message | None:
    if number.isascii() and number.isdigit():
        wanted = (
            Message.objects.select_related("body", "customer").filter(pk=int(number[:18])).first()
        )
        return wanted or next(iter(shown), None)
    return next(iter(shown), None)


def _opened(message: Message | None) -> dict[str, Any]:
    body = getattr(message, "body", None)
    return {
        "body": body,
        "srcdoc": preview(body.html) if body and body.html else "",
        "channel": word(CHANNELS, message.channel) if message else "",
        "customer_link": customer_link(message.customer_id, str(message.customer))
        if message
        else "",
    }


@require_POST
def move_clock(request: HttpRequest) -> HttpResponse:
    """Advance the test clock; every due moment on the way is worked off at its own time."""
    require_sandbox(request)
    if not request.user.is_superuser:
        raise PermissionDenied
    try:
        step = durations.parse(request.POST.get("advance", "").strip())
    except ValueError:
        text = _("Write a duration as a whole number and a unit, such as %s.") % durations.FORMS
        messages.error(request, text)
        return HttpResponseRedirect(reverse("admin:sandbox"))
    start = clock.now()
    try:
        done = settle.travel(start=start, until=start + step)
    except settle.StillBusy as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:sandbox"))
    told = ngettext(
        "%(number)s piece of work was done", "%(number)s pieces of work were done", done
    )
    text = format_html(
        _("It is now {time}: {done}."),
        time=moment(clock.now()),
        done=told % {"number": charts.number(done)},
    )
    messages.success(request, text)
    return HttpResponseRedirect(reverse("admin:sandbox"))
