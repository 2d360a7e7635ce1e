"""The web entry.

Events, callbacks and tracked links run without the admin's middleware; everything else with it.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

BARE_PREFIXES = (
    "/v1/",
    "/sourceConfig/",
    "/callbacks/",
    "/o/",
    "/c/",
    "/u/",
    "/p/",
    "/view/",
    "/confirm/",
    "/push/",
    "/inbox/",
    "/healthz",
    "/readyz",
)


class Bare(WSGIHandler):
    """Django's request handling with an empty middleware chain."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(
            self._get_response  # type: ignore[attr-defined]  # the stubs leave it out
        )


django.setup(set_prefix=False)
_bare, _full = Bare(), WSGIHandler()
get_resolver().url_patterns  # noqa: B018  (imports every view now, not in the first request)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path: str = environ.get("PATH_INFO", "")
    handler = _bare if path.startswith(BARE_PREFIXES) else _full
    response: Iterable[bytes] = handler(environ, start_response)
    return response
