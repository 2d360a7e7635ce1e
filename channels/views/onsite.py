"""Messages on the shop's own pages: the snippet, the feed, and what pages tell of it.

Both ask for a write key and for a proof of who reads, in `Authorization: Bearer …`: the token that
the shop's server made for `user`, or the long `anonymousId` of a visitor who has no name yet.
"""

import datetime as dt
import hashlib
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from channels.core.onsite import LONGEST, is_user, is_visitor, lean
from channels.operations import onsite as marks
from channels.queries import onsite
from channels.views.pages import speaking
from channels.views.push import served, source
from profiles.queries import clock, customers
from profiles.queries.api_keys import authenticate
from profiles.tasks import ring

MAX_BYTES = 16 * 1024
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "ETag",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization",
    "X-Content-Type-Options": "nosniff",
}
REFUSALS = {
    "unauthorized": (401, "This write key is not known."),
    "unproven": (
        401,
        "Say in Authorization: Bearer … who reads: the token that your server made for this user,"
        " or the anonymousId, of 32 characters at least, of a visitor who has no name yet.",
    ),
    "invalid": (400, 'Send {"events": [{"id", "type"}]}, at most 100 of them;'
                     " a type is impression, click or dismiss."),
    "too_large": (413, "The events are larger than 16 KB."),
}  # fmt: skip


class Mark(msgspec.Struct):
    """What happened to a message."""

    id: UUID
    type: Literal["impression", "click", "dismiss"]


class Told(msgspec.Struct):
    """What a page tells."""

    events: list[Mark]


class Reader(NamedTuple):
    """Who reads: None is somebody of whom nothing is known yet."""

    customer_id: int | None


@require_GET
def snippet(request: HttpRequest) -> HttpResponse:
    """GET /inbox/sojourn-inbox.js[?lang=ru]: `sojournInbox.start({writeKey, user, token})`."""
    with speaking(request, request.GET.get("lang", "")):
        words = [_("Messages"), _("Close"), _("Dismiss"), _("No messages."), _("See more")]
    answer = served(_lean(), __BASE__=settings.PUBLIC_URL, __WORDS__=words)
    answer["Vary"] = "Accept-Language"
    return answer


@require_http_methods(["GET", "OPTIONS"])
def feed(request: HttpRequest) -> HttpResponse:
    """GET /inbox/feed?writeKey=…&user=…: `{items}`, newest first; 304 where nothing has changed."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    now = clock.now()
    reader = _reader(request, now)
    if isinstance(reader, str):
        return _refuse(reader)
    found = onsite.feed(reader.customer_id, now=now) if reader.customer_id is not None else []
    body = msgspec.json.encode({"items": [item._asdict() for item in found]})
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        return HttpResponse(status=304, headers={**CORS, "ETag": tag})
    return HttpResponse(body, content_type="application/json", headers={**CORS, "ETag": tag})


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def events(request: HttpRequest) -> HttpResponse:
    """POST /inbox/events?writeKey=…&user=…: impressions, clicks, what was put away; each once."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    told = _read(request)
    if isinstance(told, str):
        return _refuse(told)
    now = clock.now()
    reader = _reader(request, now)
    if isinstance(reader, str):
        return _refuse(reader)
    if reader.customer_id is not None:
        pairs = [(each.id, each.type) for each in told.events]
        agent = request.headers.get("User-Agent", "")
        if marks.mark(reader.customer_id, pairs, user_agent=agent, now=now):
            ring("match")
    return _answer(200, {"success": True})


@lru_cache(maxsize=1)
def _lean() -> str:
    return lean(source("sojourn-inbox.js"))


def _reader(request: HttpRequest, now: dt.datetime) -> Reader | str:
    """Who reads, or the code of what is not proven."""
    user = request.GET.get("user", "")
    holder = authenticate(request.GET.get("writeKey", ""), now=now)
    if holder is None or holder.kind != "write":
        return "unauthorized"
    scheme, _space, proof = request.headers.get("Authorization", "").partition(" ")
    proof = proof.strip()
    if scheme.lower() != "bearer" or not proof or len(user) > LONGEST:
        return "unproven"
    if user:
        known = is_user(onsite.secrets(), user, token=proof)
        return Reader(customers.find(f"user_id:{user}")) if known else "unproven"
    return _visitor(proof) if is_visitor(proof) else "unproven"


def _visitor(anonymous_id: str) -> Reader | str:
    """Whoever has the write key, and a page shows it, may link an id of their own to anybody whose
    name they can guess; so an id alone opens only a customer who has no other name.
    """
    found = customers.find(f"anonymous_id:{anonymous_id}")
    return "unproven" if found is not None and onsite.is_named(found) else Reader(found)


def _read(request: HttpRequest) -> Told | str:
    """What the page tells, or the code of what is wrong with it."""
    try:
        body = request.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            return "too_large"
        told = msgspec.json.decode(body, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError, UnreadablePostError, RecursionError):
        return "invalid"
    return told if len(told.events) <= 100 else "invalid"


def _refuse(code: str) -> HttpResponse:
    status, message = REFUSALS[code]
    return _answer(status, {"code": code, "message": message})


def _answer(status: int, body: dict[str, Any]) -> HttpResponse:
    encoded = msgspec.json.encode(body)
    return HttpResponse(encoded, status=status, content_type="application/json", headers=CORS)
