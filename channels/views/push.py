"""Web push for websites: the service worker, the snippet, and the door for subscriptions."""

import base64
import binascii
import datetime as dt
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from channels.core import webpush
from channels.operations import devices
from profiles.core.events import Incoming
from profiles.operations.ingest import ingest
from profiles.queries import clock, customers
from profiles.queries.api_keys import authenticate
from profiles.tasks import ring

MAX_BYTES = 16 * 1024
KEY_BYTES = {"p256dh": 65, "auth": 16}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}


class Keys(msgspec.Struct):
    p256dh: str
    auth: str


class Subscription(msgspec.Struct):
    """A browser's `PushSubscription`, as its `toJSON` gives it."""

    endpoint: str
    keys: Keys


class Subscribing(msgspec.Struct, rename="camel"):
    """Who agrees, on which browser."""

    write_key: str
    subscription: Subscription
    user_id: str = ""
    anonymous_id: str = ""


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """GET /push/sw.js: for `importScripts` in the website's own service worker."""
    return _script("sw.js")


@require_GET
def snippet(request: HttpRequest) -> HttpResponse:
    """GET /push/sojourn-push.js: `sojournPush.subscribe({writeKey, userId, serviceWorker})`."""
    return _script("sojourn-push.js", __KEY__=devices.push_key(), __BASE__=settings.PUBLIC_URL)


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def subscriptions(request: HttpRequest) -> HttpResponse:
    """POST /push/subscriptions: this browser takes push messages for this customer."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    given = _read(request)
    if isinstance(given, str):
        return _answer(413 if given == "too_large" else 400, given)
    now = clock.now()
    holder = authenticate(given.write_key, now=now)
    if holder is None or holder.kind != "write":
        return _answer(401, "unauthorized")
    who = {"user_id": given.user_id, "anonymous_id": given.anonymous_id}
    ingest([_identify(given, now)], source=holder.name, now=now)
    kind, value = next((kind, value) for kind, value in who.items() if value)
    customer = customers.find(f"{kind}:{value}")
    if customer is None:
        return _answer(400, "unknown_customer")
    devices.subscribe(
        customer,
        endpoint=given.subscription.endpoint,
        p256dh=given.subscription.keys.p256dh,
        auth=given.subscription.keys.auth,
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        now=now,
    )
    ring("match")
    return _answer(200, "")


def _identify(given: Subscribing, now: dt.datetime) -> Incoming:
    return Incoming(
        call="identify",
        name="identify",
        at=now,
        user_id=given.user_id,
        anonymous_id=given.anonymous_id,
    )


def _read(request: HttpRequest) -> Subscribing | str:
    """The subscription, or the code of what is wrong with it."""
    try:
        body = request.read(MAX_BYTES + 1)
        given = msgspec.json.decode(body, type=Subscribing)
    except (msgspec.DecodeError, UnicodeDecodeError, UnreadablePostError):
        return "too_large" if _declared(request) > MAX_BYTES else "invalid_subscription"
    if not (given.user_id or given.anonymous_id):
        return "no_customer"
    keys = msgspec.to_builtins(given.subscription.keys)
    whole = all(_decoded(keys[name]) == size for name, size in KEY_BYTES.items())
    if not whole or webpush.origin(given.subscription.endpoint) is None:
        return "invalid_subscription"
    return "nul" if "\0" in given.user_id + given.anonymous_id else given


def _declared(request: HttpRequest) -> int:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isdigit() else 0


def _decoded(text: str) -> int:
    """The length of what base64url text stands for; 0 for anything else."""
    try:
        return len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return 0


REMEDIES = {
    "unauthorized": "This write key is not known.",
    "too_large": "The subscription is larger than 16 KB.",
    "no_customer": "Say who subscribes: userId or anonymousId.",
    "unknown_customer": "The customer could not be identified.",
    "nul": "userId and anonymousId may not contain a NUL character.",
    "invalid_subscription": "Send {writeKey, userId, subscription} as the browser gave it.",
}


def _answer(status: int, code: str) -> HttpResponse:
    body: dict[str, Any] = {"code": code, "message": REMEDIES[code]} if code else {"success": True}
    encoded = msgspec.json.encode(body)
    return HttpResponse(encoded, status=status, content_type="application/json", headers=CORS)


def _script(name: str, **values: str) -> HttpResponse:
    text = _source(name)
    for mark, value in values.items():
        text = text.replace(mark, msgspec.json.encode(value).decode())
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=300"
    response["Service-Worker-Allowed"] = "/"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@lru_cache(maxsize=8)
def _source(name: str) -> str:
    path = settings.BASE_DIR / "templates" / "public" / name
    return str(path.read_text(encoding="utf-8"))
