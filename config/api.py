"""The management API: every house's routes under one roof, keys, scopes, one shape of error."""

import re
from typing import Any

from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from config import acting
from profiles.core.answers import Refused
from profiles.core.problems import Problem
from profiles.queries import clock
from profiles.queries.api_keys import KeyHolder, authenticate

SCOPES = (
    ("POST", re.compile(r"/journeys/[^/]+/(publish|pause|resume|stop)$"), "publish"),
    ("GET", re.compile(r"/customers/[^/]+/export$"), "privacy"),
    ("DELETE", re.compile(r"/customers/[^/]+$"), "privacy"),
    ("POST", re.compile(r"/(check|plan|proof|simulate|preview)$"), "read"),
    ("GET", re.compile(""), "read"),
    ("", re.compile(""), "write"),
)
"""Method ("" = any), path and the scope that it takes: the first row that fits."""

ROUTERS = (
    ("", "config.privacy_api.router"),
    ("", "profiles.views.segments.router"),
    ("", "journeys.views.api.router"),
    ("", "channels.views.api.router"),
    ("", "channels.views.brakes.router"),
    ("", "channels.views.previews.router"),
    ("", "channels.views.templates.router"),
    ("", "config.dry_run_api.router"),
    ("", "config.pressure_api.router"),
    ("/sandbox", "config.sandbox.router"),
)
"""Prefix and router of every part of the API."""

CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "invalid",
    429: "too_fast",
}


def scope_of(method: str, path: str) -> str:
    """The scope that a request needs."""
    return next(
        scope for wanted, where, scope in SCOPES if wanted in ("", method) and where.search(path)
    )


class KeyAuth(HttpBearer):
    """`Authorization: Bearer KEY`, with a key of kind `api` that has the scope."""

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder | None:
        holder = authenticate(token, now=clock.now())
        if holder is None:
            return None
        scope = scope_of(request.method or "", request.path)
        if holder.kind != "api" or scope not in holder.scopes:
            message = _("This key may not do that: it takes a management key with the scope %s.")
            raise Refused("forbidden", message % scope, status=403)
        if scope != "read":
            acting.key(request, holder.name)
        return holder


api = NinjaAPI(
    title="Sojourn",
    version="1",
    description="Campaigns, customers and messages.",
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url=None,
    auth=KeyAuth(),
)


def _answer(
    request: HttpRequest,
    status: int,
    code: str,
    message: str,
    problems: list[Problem],
    /,
    **facts: Any,
) -> HttpResponse:
    listed = [{"path": p.path, "code": p.code, "message": p.message} for p in problems]
    body = {"code": code, "message": message, "problems": listed, **facts}
    return api.create_response(request, body, status=status)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return _answer(request, error.status, error.code, error.message, error.problems, **error.facts)


@api.exception_handler(AuthenticationError)
def _unauthorized(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    message = _("Send a valid key: Authorization: Bearer KEY.")
    response = _answer(request, 401, "unauthorized", message, [])
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [_problem(found) for found in error.errors]
    message = _("The request is not as it should be: see problems.")
    return _answer(request, 422, "invalid", message, problems)


def _problem(found: dict[str, Any]) -> Problem:
    """Leaves out what only ninja knows: `body.payload.limit` is the caller's `limit`."""
    place = [str(part) for part in found["loc"][1:] if "(" not in str(part)]
    place = place[1:] if found["loc"][0] == "body" and len(found["loc"]) > 1 else place
    return Problem(".".join(place), found["type"], found["msg"])


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = error.status_code
    return _answer(request, status, CODES.get(status, "error"), error.message, [])


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return _answer(request, 404, "not_found", _("There is nothing here."), [])


@api.exception_handler(DataError)
@api.exception_handler(UnicodeEncodeError)
def _unstorable(request: HttpRequest, _error: Exception) -> HttpResponse:
    """U+0000, half an emoji, a number beyond all bounds: JSON, but nothing to keep."""
    message = _("The request holds a character or a number that cannot be stored.")
    return _answer(request, 422, "invalid", message, [])


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _unavailable(request: HttpRequest, _error: Exception) -> HttpResponse:
    connection.close()
    message = _("The database does not answer: try again soon.")
    response = _answer(request, 503, "unavailable", message, [])
    response["Retry-After"] = "2"
    return response


_elsewhere = Router()


@_elsewhere.api_operation(
    ["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:path}", include_in_schema=False, auth=None
)
def _nowhere(request: HttpRequest, path: str) -> None:
    raise Refused("not_found", _("There is no such route: see openapi.json."), status=404)


for prefix, router in ROUTERS:
    api.add_router(prefix, router)
api.add_router("", _elsewhere)
