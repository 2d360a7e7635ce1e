"""Middleware: whatever a request changes is known to be changed by whoever sent it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from profiles.operations.audit import act, acting

SAFE = ("GET", "HEAD", "OPTIONS")


class Acting:
    """People of the admin; the API names its keys itself, and is forgotten here afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/") and request.method not in SAFE:
            with acting(admin(request)):
                return self.get_response(request)
        response = self.get_response(request)
        if getattr(request, "acts", False):
            act("")
        return response


def admin(request: HttpRequest) -> str:
    """How the audit log names who is logged in."""
    return f"admin:{request.user.get_username()}" if request.user.is_authenticated else ""


def key(request: HttpRequest, name: str) -> None:
    """From here to the end of the request the key acts."""
    act(f"key:{name}")
    request.acts = True  # type: ignore[attr-defined]
