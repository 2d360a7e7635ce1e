"""Web push for websites: the service worker, the snippet, and the door for subscriptions."""

import base64
import binascii
import datetime as dt
import re
from functools import lru_cache
from typing import Any, Literal, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from channels.core import webpush
from channels.core.onsite import is_user, lean
from channels.operations import devices
from channels.views.pages import speaking
from profiles.core.events import Incoming
from profiles.operations.ingest import ingest
from profiles.queries import clock, customers
from profiles.queries.api_keys import authenticate
from profiles.tasks import ring

Body = TypeVar("Body")
MAX_BYTES = 16 * 1024
KINDS = {"ios": "apns", "android": "fcm"}
TOKEN = re.compile(r"[A-Za-z0-9:_-]{16,4096}")
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


class App(msgspec.Struct):
    """An app on a device: the token that its push service gave it."""

    token: str
    platform: Literal["ios", "android"]


class Subscribing(msgspec.Struct, rename="camel"):
    """Who agrees, on which browser or in which app."""

    write_key: str
    subscription: Subscription | None = None
    app: App | None = None
    user_id: str = ""
    user_hash: str = ""
    anonymous_id: str = ""


class Renewing(msgspec.Struct):
    """The subscription that a browser took in place of `old`, whose secret was `auth`."""

    old: str
    auth: str
    subscription: Subscription


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """GET /push/sw.js: for `importScripts` in the website's own service worker."""
    return served(_lean("sw.js"), __KEY__=devices.push_key(), __BASE__=settings.PUBLIC_URL)


@require_GET
def snippet(request: HttpRequest) -> HttpResponse:
    """GET /push/sojourn-push.js[?lang=ru]: `sojournPush.ask({writeKey, userId, …})`."""
    with speaking(request, request.GET.get("lang", "")):
        words = [
            _("May we send you a notification when there is something new for you?"),
            _("Yes, please"),
            _("Not now"),
        ]
    key, base = devices.push_key(), settings.PUBLIC_URL
    answer = served(_lean("sojourn-push.js"), __KEY__=key, __BASE__=base, __WORDS__=words)
    answer["Vary"] = "Accept-Language"
    return answer


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
    if not _is_genuine(given):
        return _answer(403, "unsigned")
    who = {"user_id": given.user_id, "anonymous_id": given.anonymous_id}
    ingest([_identify(given, now)], source=holder.name, now=now)
    kind, value = next((kind, value) for kind, value in who.items() if value)
    customer = customers.find(f"{kind}:{value}")
    if customer is None:
        return _answer(400, "unknown_customer")
    agent = request.META.get("HTTP_USER_AGENT", "")
    devices.subscribe(customer, **_device(given), user_agent=agent, now=now)
    ring("match")
    return _answer(200, "")


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def renewals(request: HttpRequest) -> HttpResponse:
    """POST /push/renewals: the browser's new subscription takes the place of its old one. It has no
    key; the old one's secret is its proof, and whoever lacks that learns nothing.
    """
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    given = _decode(request, Renewing)
    if given == "too_large":
        return _answer(413, "too_large")
    if isinstance(given, str) or not _is_renewal(given):
        return _answer(400, "invalid_renewal")
    done = devices.renew(
        given.old,
        proof=given.auth,
        endpoint=given.subscription.endpoint,
        p256dh=given.subscription.keys.p256dh,
        auth=given.subscription.keys.auth,
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        now=clock.now(),
    )
    return _answer(200, "") if done else _answer(403, "unproven")


def _is_genuine(given: Subscribing) -> bool:
    """Whether the shop's server vouches for the user, where it has said that it does for all."""
    secrets = settings.SOJOURN_USER_SECRETS
    return not (secrets and given.user_id) or is_user(secrets, given.user_id, token=given.user_hash)


def _is_renewal(given: Renewing) -> bool:
    proof = _decoded(given.auth) == KEY_BYTES["auth"]
    return proof and webpush.origin(given.old) is not None and _is_browser(given.subscription)


def _device(given: Subscribing) -> dict[str, str]:
    """Where it is reached, and by which adapter."""
    if given.app is not None:
        return {"kind": KINDS[given.app.platform], "endpoint": given.app.token}
    if given.subscription is None:
        raise AssertionError("_read lets nothing through that has neither")
    keys = given.subscription.keys
    return {
        "kind": "webpush",
        "endpoint": given.subscription.endpoint,
        "p256dh": keys.p256dh,
        "auth": keys.auth,
    }


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
    given = _decode(request, Subscribing)
    if isinstance(given, str):
        return given
    if not (given.user_id or given.anonymous_id):
        return "no_customer"
    if not (_is_app(given.app) if given.app else _is_browser(given.subscription)):
        return "invalid_subscription"
    return "nul" if "\0" in given.user_id + given.anonymous_id else given


def _decode(request: HttpRequest, kind: type[Body]) -> Body | str:
    """The body, or the code of why it is none."""
    try:
        return msgspec.json.decode(request.read(MAX_BYTES + 1), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, UnreadablePostError, RecursionError):
        return "too_large" if _declared(request) > MAX_BYTES else "invalid_subscription"


def _is_app(app: App) -> bool:
    return TOKEN.fullmatch(app.token) is not None


def _is_browser(subscription: Subscription | None) -> bool:
    if subscription is None:
        return False
    keys = msgspec.to_builtins(subscription.keys)
    whole = all(_decoded(keys[name]) == size for name, size in KEY_BYTES.items())
    return whole and webpush.origin(subscription.endpoint) is not None


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
    "unsigned": "Send userHash: the HMAC-SHA256 of the userId with SOJOURN_USER_SECRET, in hex.",
    "unproven": "This subscription is not known, or this is not its secret.",
    "invalid_renewal": "Send {old, auth, subscription}: the endpoint and the secret that were,"
    " and the browser's new subscription.",
    "invalid_subscription": "Send {writeKey, userId} with the browser's subscription"
    " or an app {token, platform}.",
}


def _answer(status: int, code: str) -> HttpResponse:
    body: dict[str, Any] = {"code": code, "message": REMEDIES[code]} if code else {"success": True}
    encoded = msgspec.json.encode(body)
    return HttpResponse(encoded, status=status, content_type="application/json", headers=CORS)


def served(text: str, **values: Any) -> HttpResponse:
    """A script that any page may load, with what stands for its marks."""
    for mark, value in values.items():
        text = text.replace(mark, msgspec.json.encode(value).decode())
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=300"
    response["Service-Worker-Allowed"] = "/"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@lru_cache(maxsize=8)
def _lean(name: str) -> str:
    return lean(source(name))


@lru_cache(maxsize=8)
def source(name: str) -> str:
    path = settings.BASE_DIR / "templates" / "public" / name
    return str(path.read_text(encoding="utf-8"))
