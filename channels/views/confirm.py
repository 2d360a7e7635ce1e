"""The page where a customer confirms what they agreed to. GET asks and changes nothing."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.operations import track
from channels.queries import confirm as asked
from channels.queries import public
from channels.views.pages import page
from profiles.queries import clock
from profiles.tasks import ring

LONGEST = 500


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET /confirm/<token> asks, POST says yes; repeatable, and never against a newer word."""
    found = public.signer().read("confirm", token)
    question = asked.question(found) if found else None
    if found is None or question is None:
        return page(request, "gone", {}, status=404)
    if request.method == "POST":
        agent = str(request.META.get("HTTP_USER_AGENT", ""))[:LONGEST]
        track.confirm(question, ip=_ip(request), user_agent=agent, now=clock.now())
        ring("match")
        question = asked.question(found) or question
    return page(request, "confirm", {"question": question}, locale=question.locale)


def _ip(request: HttpRequest) -> str:
    """Whoever called us; behind a proxy of ours, whoever called that."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            return str(forwarded)[:LONGEST]
    return str(request.META.get("REMOTE_ADDR", ""))
