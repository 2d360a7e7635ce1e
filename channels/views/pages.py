"""What all public answers share: language, strict content policy, nothing cached or indexed."""

import secrets
from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import add_never_cache_headers

STRICT = (
    "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
MAIL = (
    "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline' https:;"
    " font-src https:; base-uri 'none'; frame-ancestors 'none';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
    " allow-top-navigation-by-user-activation"
)
"""A mail in the browser: pictures and styles, and a sandbox without scripts or our origin."""


def page(
    request: HttpRequest, name: str, context: dict[str, Any], *, locale: str = "", status: int = 200
) -> HttpResponse:
    """A page of `templates/public`, in the customer's language or else the browser's."""
    nonce = secrets.token_urlsafe(16)
    with speaking(request, locale):
        given = {**context, "nonce": nonce, "language": translation.get_language()}
        body = render_to_string(f"public/{name}.html", given)
    return guarded(HttpResponse(body, status=status), STRICT.format(nonce=nonce))


def guarded(response: HttpResponse, policy: str) -> HttpResponse:
    """The answer with its content policy; not cached, not indexed, telling nobody where it was."""
    add_never_cache_headers(response)
    response["Content-Security-Policy"] = policy
    response["Referrer-Policy"] = "no-referrer"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def speaking(request: HttpRequest, locale: str) -> AbstractContextManager[None]:
    """The language of a page: `locale` if we speak it, else what the browser asks for."""
    try:
        language = translation.get_supported_language_variant(locale.replace("_", "-").lower())
    except LookupError:
        language = translation.get_language_from_request(request) or settings.LANGUAGE_CODE
    return translation.override(language)
