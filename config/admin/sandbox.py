"""The sandbox's pages: what would have been sent, and the test clock."""

from django.http import HttpRequest, HttpResponse


def page(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def move_clock(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError
