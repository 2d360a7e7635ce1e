"""The event API: the calls of Segment's and RudderStack's clients, which work unchanged.

Every answer is JSON, carries CORS fields, and says 200 only after the commit.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from profiles.core import wire
from profiles.core.events import Incoming
from profiles.core.wire import Rejected, WireError
from profiles.operations.gather import gather
from profiles.operations.ingest import Warned
from profiles.operations.throttle import Allowance, spend
from profiles.queries import clock
from profiles.queries.api_keys import KeyHolder, authenticate
from profiles.tasks import ring
from profiles.views.body import read_body, read_key

log = logging.getLogger(__name__)

SUCCESS = b'{"success": true}'
BUSY_SECONDS = "2"
PREFLIGHT_SECONDS = "86400"

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def endpoint(method: str) -> Callable[[View[P]], View[P]]:
    """Answers preflights, refuses other methods, turns errors into JSON and adds CORS fields."""

    def decorate(view: View[P]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "OPTIONS":
                return _preflight(request)
            if request.method != method:
                response = _error("method_not_allowed", f"Use {method} here.", 405)
                response["Allow"] = f"{method}, OPTIONS"
                return _with_cors(request, response)
            return _with_cors(request, _guarded(view, request, *args, **kwargs))

        return answer

    return decorate


def _guarded(
    view: View[P], request: HttpRequest, *args: P.args, **kwargs: P.kwargs
) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except WireError as error:
        return _error(error.code, error.message, error.status)
    except (OperationalError, InterfaceError) as error:
        log.warning("events are turned away: %s", error)
        connection.close()
        response = _error("unavailable", _("The database does not answer: try again soon."), 503)
        response["Retry-After"] = BUSY_SECONDS
        return response


@endpoint("POST")
def one(request: HttpRequest, kind: str) -> HttpResponse:
    """POST /v1/{identify,track,page,screen,group,alias}: one call."""
    call = wire.single(read_body(request))
    now = clock.now()
    holder = _require(read_key(request, call.write_key), now)
    incoming = wire.accept(call, kind, sent_at=None, now=now)
    return _take([incoming], [0], [], holder, now)


@endpoint("POST")
def batch(request: HttpRequest) -> HttpResponse:
    """POST /v1/batch: the good ones are taken in, the others come back in `rejected`."""
    envelope = wire.envelope(read_body(request))
    now = clock.now()
    holder = _require(read_key(request, envelope.write_key), now)
    sent_at = wire.instant(envelope.sent_at, "sentAt")
    taken: list[Incoming] = []
    indexes: list[int] = []
    rejected: list[Rejected] = []
    for index, call in wire.calls(envelope.batch or [], rejected):
        try:
            taken.append(wire.accept(call, wire.kind_of(call), sent_at=sent_at, now=now))
            indexes.append(index)
        except WireError as error:
            rejected.append(Rejected(index, error))
    return _take(taken, indexes, sorted(rejected), holder, now)


@endpoint("GET")
def settings_of(request: HttpRequest, key: str) -> HttpResponse:
    """GET /v1/projects/<key>/settings: what Segment's browser client asks first."""
    _require(key, clock.now())
    return _json(
        {
            "integrations": {"Segment.io": {"apiKey": key, "apiHost": f"{request.get_host()}/v1"}},
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}, "identify": {}},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
        }
    )


@endpoint("GET")
def source_config(request: HttpRequest) -> HttpResponse:
    """GET /sourceConfig/: what RudderStack's browser client asks first."""
    key = read_key(request)
    holder = _require(key, clock.now())
    unwatched = {"enabled": False}
    return _json(
        {
            "source": {
                "id": str(holder.id),
                "name": holder.name,
                "writeKey": key,
                "config": {"statsCollection": {"errors": unwatched, "metrics": unwatched}},
                "enabled": True,
                "destinations": [],
                "workspaceId": "sojourn",
                "connections": [],
                "dataplanes": {},
            },
            "updatedAt": "2026-01-01T00:00:00.000Z",
        }
    )


@endpoint("POST")
def unknown(_request: HttpRequest, path: str) -> HttpResponse:
    """Any other path below /v1/."""
    return _error("unknown_path", f"There is no /v1/{path}: send calls to /v1/batch.", 404)


def _require(key: str, now: dt.datetime) -> KeyHolder:
    if not key:
        raise WireError("missing_key", "Send your write key as the user of Basic auth.", status=401)
    holder = authenticate(key, now=now)
    if holder is None:
        raise WireError("invalid_key", "This write key is unknown or withdrawn.", status=401)
    if holder.kind != "write":
        raise WireError("wrong_key", "This key manages: events need a write key.", status=403)
    return holder


def _take(
    calls: Sequence[Incoming],
    indexes: Sequence[int],
    rejected: Sequence[Rejected],
    holder: KeyHolder,
    now: dt.datetime,
) -> HttpResponse:
    allowance = _allowance(holder, len(calls) + len(rejected))
    if allowance is not None and not allowance.allowed:
        response = _error("too_fast", f"At most {allowance.limit} events a second: wait.", 429)
        return _with_fields(response, allowance.headers)
    warnings: Sequence[Warned] = ()
    if calls:
        warnings = gather(calls, source=holder.name, now=now, committed=lambda: ring("match"))
    response = _taken(rejected, warnings, indexes)
    return _with_fields(response, allowance.headers if allowance else {})


def _allowance(holder: KeyHolder, events: int) -> Allowance | None:
    rate: int = getattr(settings, "SOJOURN_INGEST_RATE", 0)
    return spend(holder.id, events, rate=rate) if rate > 0 else None


def _taken(
    rejected: Sequence[Rejected], warnings: Sequence[Warned], indexes: Sequence[int]
) -> HttpResponse:
    if not rejected and not warnings:
        return HttpResponse(SUCCESS, content_type="application/json")
    answer: dict[str, Any] = {"success": True}
    if rejected:
        answer["rejected"] = [
            _complaint(index, error.code, error.field, f"Item {index}: {error.message}")
            for index, error in rejected
        ]
    if warnings:
        answer["warnings"] = [
            _complaint(indexes[index], problem.code, f"traits.{problem.name}", problem.message)
            for index, problem in warnings
        ]
    return _json(answer)


def _complaint(index: int, code: str, field: str, message: str) -> dict[str, Any]:
    return {"index": index, "code": code, "field": field, "message": message}


def _json(answer: Any, status: int = 200) -> HttpResponse:
    body = msgspec.json.encode(answer)
    return HttpResponse(body, status=status, content_type="application/json")


def _error(code: str, message: str, status: int) -> HttpResponse:
    return _json({"code": code, "message": message}, status)


def _with_fields(response: HttpResponse, fields: dict[str, str]) -> HttpResponse:
    for name, value in fields.items():
        response[name] = value
    return response


def _with_cors(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Any page may send events; no cookie is ever read here."""
    response["Content-Length"] = str(len(response.content))
    origin = request.META.get("HTTP_ORIGIN")
    if origin:
        exposed = "Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Expose-Headers"] = exposed
        response["Vary"] = "Origin"
    return response


def _preflight(request: HttpRequest) -> HttpResponse:
    asked = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "authorization, content-type")
    fields = {
        "Access-Control-Allow-Origin": request.META.get("HTTP_ORIGIN", "*"),
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": asked,
        "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        "Vary": "Origin, Access-Control-Request-Headers",
    }
    return _with_fields(HttpResponse(status=204), fields)
