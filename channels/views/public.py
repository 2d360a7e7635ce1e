"""The pages and pixels behind a message's tokens. GET never changes what a customer agreed to."""

import base64
import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.core import links
from channels.core.links import Purpose
from channels.operations import track
from channels.queries import public
from channels.queries.public import PublicMessage
from channels.views.pages import MAIL, guarded, page
from profiles.queries import clock, consents
from profiles.tasks import ring

log = logging.getLogger(__name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
NOTHING = "default-src 'none'"
PAUSES = ("0", "7", "30", "90")
"""Days for which everything can be paused; 0 goes on at once."""


@require_http_methods(["GET", "HEAD"])
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """GET /o/<token>: a transparent pixel."""
    found = public.signer().read("open", token)
    if found is None:
        return guarded(HttpResponse(status=404), NOTHING)
    if request.method == "GET":
        agent = _agent(request)
        _counted(lambda: track.opened(found.uid, user_agent=agent, now=clock.now()))
    return guarded(HttpResponse(PIXEL, content_type="image/gif"), NOTHING)


@require_http_methods(["GET", "HEAD"])
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """GET /c/<token>: on to where the message's author sent the reader, and nowhere else."""
    found = public.signer().read("click", token)
    url = public.target(found.link) if found else ""
    if found is None or not links.is_redirect(url):
        return page(request, "gone", {}, status=404)
    if request.method == "GET":
        uid, link, agent = found.uid, found.link, _agent(request)
        _counted(lambda: track.clicked(uid, link, url, user_agent=agent, now=clock.now()))
    return guarded(HttpResponseRedirect(url), NOTHING)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET /u/<token> asks, POST acts at once (RFC 8058): no cookie, no redirect, repeatable."""
    message = _message("unsubscribe", token)
    if message is None:
        return page(request, "gone", {}, status=404)
    done = request.method == "POST"
    if done:
        track.unsubscribe(message, everything="everything" in _form(request), now=clock.now())
        ring("match")
    uid = message.uid.bytes
    context = {
        "message": message,
        "done": done,
        "preferences": public.signer().url("preferences", uid),
    }
    return page(request, "unsubscribe", context, locale=message.locale)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET|POST /p/<token>: everything that the customer can say yes or no to."""
    message = _message("preferences", token)
    if message is None:
        return page(request, "gone", {}, status=404)
    done = request.method == "POST"
    if done:
        form = _form(request)
        shown, wanted = form.get("shown", []), form.get("wanted", [])
        track.prefer(message, shown=shown, wanted=wanted, now=clock.now())
        days = next(iter(form.get("pause", [])), "")
        if days in PAUSES:
            track.pause(message, days=int(days), now=clock.now())
        ring("match")
    table = public.table(public.choices(message.customer_id))
    context = {"table": table, "paused": consents.paused(message.customer_id), "done": done}
    return page(request, "preferences", context, locale=message.locale)


@require_http_methods(["GET", "HEAD"])
def view(request: HttpRequest, token: str) -> HttpResponse:
    """GET /view/<token>: the message in the browser, exactly as it was sent or not at all."""
    message = _message("view", token)
    if message is None or not message.as_sent:
        return page(request, "gone", {}, status=404)
    if not message.html:
        return page(request, "text", {"message": message}, locale=message.locale)
    return guarded(HttpResponse(message.html), MAIL)


def _message(purpose: Purpose, token: str) -> PublicMessage | None:
    found = public.signer().read(purpose, token)
    return public.message(found.uid) if found else None


def _form(request: HttpRequest) -> dict[str, list[str]]:
    """The fields of the form; a body that is no form has none, and the act counts all the same."""
    try:
        return {name: [str(value) for value in values] for name, values in request.POST.lists()}
    except (MultiPartParserError, UnreadablePostError):
        return {}


def _counted(count: Callable[[], None]) -> None:
    """Count if we can: the reader gets where they want to go even when the database is away."""
    try:
        count()
    except DatabaseError as error:
        log.warning("an open or click could not be counted: %s", error)
    else:
        ring("match")


def _agent(request: HttpRequest) -> str:
    return str(request.META.get("HTTP_USER_AGENT", ""))[:500]
